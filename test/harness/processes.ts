/**
 * Child processes and temporary folders that never outlive the run: every child leads a process group of its own, which is
 * ended as a whole after success, failure, Ctrl-C, and when the process that started us dies.
 */
import { type ChildProcess, spawn, spawnSync, type SpawnOptions } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const children = new Set<ChildProcess>();
const folders = new Set<string>();
const endings = new Set<() => Promise<void>>();
const windows = process.platform === 'win32';

/** Starts a command as the leader of its own process group. */
export function start(command: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
  guard();
  const child = spawn(command, args, { ...options, detached: !windows });
  children.add(child);
  return child;
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): boolean {
  if (child.pid === undefined) return false;
  try {
    if (windows) spawnSync('taskkill', ['/pid', String(child.pid), '/T', '/F']);
    else process.kill(-child.pid, signal);
    return true;
  } catch {
    return false; // no process of that group is left
  }
}

/** Ends a child and all its descendants: asks first, insists after five seconds. */
export async function stop(child: ChildProcess): Promise<void> {
  signalGroup(child, 'SIGTERM');
  const deadline = Date.now() + 5000;
  while (!windows && alive(child) && Date.now() < deadline) await delay(50);
  signalGroup(child, 'SIGKILL');
  children.delete(child);
}

function alive(child: ChildProcess): boolean {
  if (child.pid === undefined) return false;
  try {
    process.kill(-child.pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Sockets lie in these folders, and a socket's path may have little more than 100 characters: macOS's own is too long. */
const temporary = process.platform === 'darwin' ? '/tmp' : tmpdir();

/** A new empty folder that is removed at the end, in the system's temporary folder unless said otherwise. */
export function temporaryFolder(name: string, parent: string = temporary): string {
  guard();
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, `gradlens-${name}-`));
  folders.add(folder);
  return folder;
}

/** Has something else ended with the run, before the children are: a browser, say. */
export function atEnd(ending: () => Promise<void>): void {
  guard();
  endings.add(ending);
}

/** Forgets nothing: ends every child, then removes every folder. */
export async function cleanUp(): Promise<void> {
  await Promise.allSettled([...endings].map((ending) => ending()));
  endings.clear();
  await Promise.all([...children].map(stop));
  removeFolders();
}

function removeFolders(): void {
  for (const folder of folders) {
    try {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
      folders.delete(folder);
    } catch {
      // A dying process may still hold a file; the exit handler tries once more.
    }
  }
}

let guarded = false;

/** From the first child or folder on: whatever ends this process ends them. */
function guard(): void {
  if (guarded) return;
  guarded = true;
  // A signal may come several times: from the terminal, from npm and from the runner of all suites.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
  process.on('exit', () => {
    for (const child of children) signalGroup(child, 'SIGKILL');
    removeFolders();
  });
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) interrupt();
  }, 1000).unref();
}

let interrupted = false;

function interrupt(): void {
  if (interrupted) return;
  interrupted = true;
  void cleanUp().finally(() => process.exit(130));
}

export function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
