/** The phases of a request. The runner says when one starts; the client's patience depends on it. */

export type Phase = 'waiting' | 'loading' | 'running' | 'computing';

const PREFIX = 'phase:';

/** The text of the progress message that announces a phase. */
export function phaseMessage(phase: Phase): string {
  return PREFIX + phase;
}

export function phaseOf(message: string): Phase | undefined {
  return message.startsWith(PREFIX) ? (message.slice(PREFIX.length) as Phase) : undefined;
}

/** Milliseconds that modules have to be read, rewritten and run: the first time, libraries of megabytes are among them. */
export const loadingLimit = (timeLimit: number): number => Math.max(timeLimit, 30_000);

/** What is said where loading did not end in time. */
export function loadingTimeOut(timeLimit: number): { message: string; hint: string } {
  return {
    message: `Loading the module, and what it imports, took more than ${loadingLimit(timeLimit) / 1000} s.`,
    hint: 'Import from smaller modules. The setting gradlens.timeLimit gives it more time.',
  };
}

/** Milliseconds after which the client ends the process, from the time limit of user code. The runner's own limits come first. */
export const PHASE_LIMITS: Record<Exclude<Phase, 'waiting'>, (timeLimit: number) => number> = {
  loading: (timeLimit) => loadingLimit(timeLimit) + 10_000,
  running: (timeLimit) => timeLimit + 1000,
  computing: (timeLimit) => Math.max(5 * timeLimit, 60_000),
};
