/** The time limit of synchronous code: V8 stops it wherever it is, and the last loop mark says where that was. */
import vm from 'node:vm';
import { siteTable } from './modules/siteTable';
import { RunnerError } from './modules/errors';
import { state } from './recording/state';

const holder = globalThis as unknown as Record<symbol, (() => unknown) | undefined>;
const trampoline = new vm.Script('globalThis[Symbol.for("gradlens.call")]()');

/** Runs `body`; @throws RunnerError `time-out` after `milliseconds`, with the line of the loop that was running. */
export function withTimeLimit<T>(milliseconds: number, body: () => T): T {
  const key = Symbol.for('gradlens.call');
  const outer = holder[key];
  let result: { value: T } | undefined;
  holder[key] = () => {
    result = { value: body() };
  };
  try {
    trampoline.runInThisContext({ timeout: Math.max(1, Math.ceil(milliseconds)), displayErrors: false });
  } catch (error) {
    if ((error as { code?: string } | null)?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw timeOut(milliseconds);
    throw error;
  } finally {
    holder[key] = outer;
  }
  return (result as { value: T }).value;
}

export function timeOut(milliseconds: number): RunnerError {
  const site = siteTable.site(state.site);
  const where = site ? `, in the loop at line ${site.line}` : '';
  return new RunnerError(
    'time-out',
    `Stopped after ${(milliseconds / 1000).toString()} s${where}.`,
    site ? { file: site.file, line: site.line, column: site.column } : {},
    'Does the loop end? The setting gradlens.timeLimit gives it more time.',
  );
}
