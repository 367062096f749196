/** Waiting by looking again: nothing in a live editor is there at once, and a machine of a CI may be several times slower. */
import { delay } from './processes';

export const patience = 60_000;

/** Milliseconds: most of what is waited for is there in a moment, and what is not costs time to look at. */
const FIRST_PAUSE = 10;
const LONGEST_PAUSE = 100;

/** Calls `probe` until it gives something other than undefined, null or false; errors count as "not yet". */
export async function poll<T>(
  what: string,
  probe: () => T | Promise<T>,
  limit: number = patience,
): Promise<Exclude<T, undefined | null | false>> {
  let failure: unknown;
  let pause = FIRST_PAUSE;
  for (const deadline = Date.now() + limit; ; await delay(pause), pause = Math.min(LONGEST_PAUSE, 1.5 * pause)) {
    try {
      const value = await probe();
      if (value !== undefined && value !== null && value !== false) {
        return value as Exclude<T, undefined | null | false>;
      }
      failure = undefined;
    } catch (error) {
      failure = error;
    }
    if (Date.now() > deadline) break;
  }
  throw new Error(`Not within ${limit / 1000} s: ${what}${failure instanceof Error ? ` (${failure.message})` : ''}`);
}
