import { type Disposable, DisposableStore } from './disposables';

/** Makes things one after the other, each part in a turn of the event loop of its own; they end together. */
export function inTurns(parts: readonly (() => readonly Disposable[])[]): Disposable {
  const store = new DisposableStore();
  let turn: NodeJS.Immediate | undefined;
  const goOn = (at: number): void => {
    const part = parts[at];
    if (part === undefined) return;
    turn = setImmediate(() => {
      part().forEach((item) => store.add(item));
      goOn(at + 1);
    });
  };
  goOn(0);
  store.add({ dispose: () => clearImmediate(turn) });
  return store;
}
