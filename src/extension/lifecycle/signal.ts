import { type Disposable, toDisposable } from './disposables';

/** An event of the parts that know nothing of VS Code, so that they are tested on plain Node. */
export class Signal<T> implements Disposable {
  private readonly listeners = new Set<(value: T) => void>();

  /** Calls `listener` with every value until the result is disposed. */
  on(listener: (value: T) => void): Disposable {
    // A wrapper of its own, so that a function that is registered twice is two listeners.
    const entry = (value: T): void => listener(value);
    this.listeners.add(entry);
    return toDisposable(() => this.listeners.delete(entry));
  }

  fire(value: T): void {
    for (const listener of [...this.listeners]) listener(value);
  }

  get listenerCount(): number {
    return this.listeners.size;
  }

  dispose(): void {
    this.listeners.clear();
  }
}
