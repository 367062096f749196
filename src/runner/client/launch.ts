/** Starts the runner process with as few rights as the runtime lets it have. Knows nothing of VS Code. */
import { fork, type ChildProcess } from 'node:child_process';

export interface LaunchOptions {
  /** The bundled runner (dist/runner.js). */
  runnerPath: string;
  /** Megabytes of heap. */
  memoryLimit: number;
  /** Node's permission model: reading files and the supervising thread are all that stays. */
  restrict: boolean;
  /** A debugger may attach: what the surroundings ask of Node (its inspector above all) goes along. */
  debuggable?: boolean;
}

/** Node's own name for the permission model, by version; undefined where it has none. */
function permissionFlag(version: string = process.versions.node): string | undefined {
  const [major, minor] = version.split('.').map(Number);
  if (major > 23 || (major === 23 && minor >= 5) || (major === 22 && minor >= 13)) return '--permission';
  return major >= 20 ? '--experimental-permission' : undefined;
}

/** Traced numbers die young: a larger nursery only takes memory. */
export const SMALL_NURSERY = '--max-semi-space-size=4';

export function launch({ runnerPath, memoryLimit, restrict, debuggable = false }: LaunchOptions): ChildProcess {
  const permission = restrict ? permissionFlag() : undefined;
  const execArgv = [
    '--no-warnings',
    SMALL_NURSERY,
    `--max-old-space-size=${Math.max(64, Math.round(memoryLimit))}`,
    ...(permission ? [permission, '--allow-fs-read=*', '--allow-worker'] : []),
  ];
  // In VS Code the executable is Electron, which is Node when told so. Nothing of the parent's own settings goes along.
  const env: NodeJS.ProcessEnv = { ...process.env, ELECTRON_RUN_AS_NODE: '1' };
  if (!debuggable) delete env.NODE_OPTIONS;
  return fork(runnerPath, [], {
    execArgv,
    env,
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
}
