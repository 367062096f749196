/** What several requests share: recording at a target, warnings as findings. */
import { GradLensError } from '../../engine/errors';
import { exitState } from '../modules/sandbox';
import { RunnerError } from '../modules/errors';
import { PendingModule } from '../modules/pending';
import { siteTable } from '../modules/siteTable';
import { userFrame } from '../modules/stack';
import type { Finding, Location, ProfileRow, Target, Timing } from '../protocol';
import { loadingLimit, loadingTimeOut, type Phase } from '../client/phases';
import type { GpuRunner } from '../gpu/remoteGpu';
import { timeOut, withTimeLimit } from '../limits';
import { isPromise, record, type Recorded } from '../record';
import { state, type Report } from '../recording/state';
import type { Prepared, Session } from '../session';
import { describe, sizeOf } from '../values/layout';
import { restoreAll } from '../values/substitute';

export interface Context {
  session: Session;
  /** Milliseconds for user code. */
  timeLimit: number;
  progress: (done: number, total: number, message: string, rows?: ProfileRow[]) => void;
  /** Where programs run when a GPU is asked for. */
  gpu: GpuRunner;
  /** Tells the client what it waits for. */
  phase: (phase: Phase) => void;
}

export interface RecordedTarget extends Prepared {
  recorded: Recorded;
  wrt: number[];
  timing: Timing;
  impure: boolean;
}

/** Indices of the arguments to differentiate: as asked, as the function says, or whatever holds numbers. */
function wrtOf({ found, args }: Prepared, target: Target): number[] {
  const chosen = target.wrt ?? found.wrt;
  const numeric = (index: number) => sizeOf(describe(args[index]).layout) > 0;
  if (!target.wrt && chosen.length === 0) return args.map((_, index) => index).filter(numeric);
  if (!target.wrt) return chosen.filter((index) => index < args.length && numeric(index));
  for (const index of chosen) {
    const name = found.parameters[index]?.name;
    if (index < 0 || index >= args.length) {
      throw new RunnerError(
        'bad-arguments',
        `There is no argument ${index} to differentiate by: \`${found.name}\` was given ${args.length}.`,
        {},
        'Indices start at 0.',
      );
    }
    if (!numeric(index)) {
      throw new RunnerError(
        'not-differentiable',
        `Argument ${index}${name ? ` (\`${name}\`)` : ''} has no floating-point numbers in it.`,
        {},
        'Choose others with --wrt or @wrt.',
      );
    }
  }
  return chosen;
}

/** Runs the target's function once on traced numbers. Stale traced values in module state: once more with fresh modules. */
export async function recordTarget(context: Context, target: Target): Promise<RecordedTarget> {
  const { session, timeLimit } = context;
  restoreAll();
  session.console = [];
  exitState.pending = undefined;
  for (let attempt = 0; ; attempt++) {
    try {
      return await recordOnce(target, attempt > 0);
    } catch (error) {
      if (error instanceof GradLensError && error.code === 'leaked-tracer' && attempt === 0) {
        session.realm(true).reset();
        continue;
      }
      if (error instanceof RunnerError && error.code === 'time-out') session.resetInstances();
      if (exitState.pending) throw exitState.pending;
      throw error;
    }
  }

  async function recordOnce(of: Target, impure: boolean): Promise<RecordedTarget> {
    const start = performance.now();
    const prepared = loadedInTime(timeLimit, () => session.prepare(of, true));
    const loaded = performance.now();
    const wrt = wrtOf(prepared, of);
    const names = prepared.found.parameters.map(({ name }) => name);
    context.phase('running');
    const running = withTimeLimit(timeLimit, () => record(prepared.fn, prepared.args, wrt, names));
    const recorded = isPromise(running) ? await settled(running, timeLimit, () => lateResult(timeLimit)) : running;
    context.phase('computing');
    if (exitState.pending) throw exitState.pending;
    const timing: Timing = {
      load: loaded - start,
      trace: performance.now() - loaded,
      transform: 0,
      compile: 0,
      run: 0,
      total: 0,
    };
    return { ...prepared, recorded, wrt, timing, impure };
  }
}

/** @throws RunnerError `time-out`, which names loading where no loop of a module was running */
function loadedInTime<T>(timeLimit: number, load: () => T): T {
  // The last loop that was marked is of an earlier run.
  state.site = 0;
  try {
    return withTimeLimit(loadingLimit(timeLimit), load);
  } catch (error) {
    if (!(error instanceof RunnerError) || error.code !== 'time-out' || error.place.line !== undefined) throw error;
    const { message, hint } = loadingTimeOut(timeLimit);
    throw new RunnerError('time-out', message, {}, hint);
  }
}

function lateResult(milliseconds: number): RunnerError {
  return new RunnerError(
    'time-out',
    'The promise that the function returned did not settle in time.',
    timeOut(milliseconds).place,
    'Does something resolve it?',
  );
}

/** A promise that does not settle in time is an error. */
async function settled<T>(promise: Promise<T>, milliseconds: number, late: () => RunnerError): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), milliseconds);
  });
  try {
    return await Promise.race([promise, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * What a request gives; where a module awaits something itself, the request is started again once the module is there.
 *
 * @throws RunnerError `time-out` where that takes longer than loading may
 */
export async function withModules<T>(
  { session, timeLimit }: Pick<Context, 'session' | 'timeLimit'>,
  file: string | undefined,
  request: () => Promise<T> | T,
  limit = loadingLimit(timeLimit),
): Promise<T> {
  try {
    return await request();
  } catch (error) {
    if (!(error instanceof PendingModule) || file === undefined) throw error;
  }
  const late = () =>
    new RunnerError(
      'time-out',
      'What the module awaits, or a module that it imports, did not come in time.',
      { file },
      'Does something resolve it?',
    );
  await settled(session.settle(file), limit, late);
  return await request();
}

export function locationOf(site: number): Location | undefined {
  const found = siteTable.site(site);
  if (!found) return undefined;
  const { file, line, column, endLine, endColumn } = found;
  return { file, line, column, endLine, endColumn };
}

export function findingOf(report: Report, target: Target, fallback: { line: number; column: number }): Finding {
  const place = locationOf(report.site) ??
    placeOf(report.stack) ?? { file: target.file, ...fallback, endLine: fallback.line, endColumn: fallback.column + 1 };
  return {
    code: report.code,
    message: report.message,
    location: place,
    ...(report.hint === undefined ? {} : { hint: report.hint }),
  };
}

function placeOf(stack: string | undefined): Location | undefined {
  const frame = userFrame(stack);
  return frame && { ...frame, endLine: frame.line, endColumn: frame.column + 1 };
}

/** A number for a message, to so many significant digits. */
export function shortNumber(value: number, digits = 6): string {
  return Object.is(value, -0) ? '-0' : String(Number(value.toPrecision(digits)));
}
