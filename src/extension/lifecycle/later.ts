import { type Disposable, toDisposable } from './disposables';

/** Runs `run` after so many milliseconds; after none as soon as what is being done now has ended, without a timer's millisecond. */
export function later(milliseconds: number, run: () => void): Disposable {
  if (milliseconds > 0) {
    const timer = setTimeout(run, milliseconds);
    return toDisposable(() => clearTimeout(timer));
  }
  const turn = setImmediate(run);
  return toDisposable(() => clearImmediate(turn));
}
