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

/** Milliseconds after which the client ends the process, from the time limit of user code. The runner's own limits come first. */
export const PHASE_LIMITS: Record<Exclude<Phase, 'waiting'>, (timeLimit: number) => number> = {
  loading: (timeLimit) => Math.max(timeLimit, 20_000),
  running: (timeLimit) => timeLimit + 1000,
  computing: (timeLimit) => Math.max(5 * timeLimit, 60_000),
};
