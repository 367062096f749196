/** Lifetimes: everything that listens is registered with a store, and goes with it. */
export interface Disposable {
  dispose(): void;
}

/** Owns disposables; what is added after the end ends at once. */
export class DisposableStore implements Disposable {
  private readonly items = new Set<Disposable>();
  private disposed = false;

  /** Keeps `item` until the store ends. */
  add<T extends Disposable>(item: T): T {
    if (this.disposed) item.dispose();
    else this.items.add(item);
    return item;
  }

  /** Ends `item` before the store does. */
  delete(item: Disposable): void {
    if (this.items.delete(item)) item.dispose();
  }

  get size(): number {
    return this.items.size;
  }

  /** Ends everything, the newest first. */
  dispose(): void {
    this.disposed = true;
    const items = [...this.items].reverse();
    this.items.clear();
    for (const item of items) item.dispose();
  }
}

/** A disposable from a function that runs once. */
export function toDisposable(end: () => void): Disposable {
  let done = false;
  return {
    dispose: () => {
      if (done) return;
      done = true;
      end();
    },
  };
}
