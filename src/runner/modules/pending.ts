/** Modules with an `await` of their own: they are there only some time after they were asked for. */
import { RunnerError } from './errors';

/** Thrown by whoever needs the module at once. */
export class PendingModule extends RunnerError {
  constructor(
    file: string,
    /** Rejected with what the module throws. */
    readonly settled: Promise<void>,
  ) {
    super('module-pending', `The module ${file} is still waiting for something.`, { file });
  }
}

/** What `make` gives, tried again each time that a module it needs has come to its end. */
export async function onceLoaded<T>(make: () => T): Promise<T> {
  for (;;) {
    try {
      return make();
    } catch (error) {
      await end(error);
    }
  }
}

/** A module that itself found another pending has ended too: it is run again. @throws whatever else it was */
async function end(pending: unknown): Promise<void> {
  if (!(pending instanceof PendingModule)) throw pending;
  await pending.settled.catch(end);
}
