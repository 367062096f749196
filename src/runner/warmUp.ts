/**
 * What the first keys would otherwise pay for: a process that has just started runs its own code slowly until it has run it often.
 * While nobody asks, it inspects a function of its own, whose text is another one each time, as while somebody types.
 */
import type { Context } from './requests/common';
import { inspect } from './requests/inspect';

/** A name that no file of the user's has. */
const FILE = '/gradlens/warm-up.ts';
/** After so many times half of a second has gone, and most of what there is to win is won. */
const TIMES = 12;

const textOf = (turn: number): string => `/** @at Array.from({ length: 600 }, (_, i) => Math.sin(i)), 0.5 */
export function warmUp(x: number[], shift: number): number {
  const scale = 1.${turn};
  let sum = 0;
  for (let i = 0; i < x.length - 1; i++) {
    const near = x[i + 1] - x[i] * x[i];
    sum += near > 0 ? scale * near ** 2 : Math.abs(near) / (1 + shift);
  }
  return Math.log1p(sum) + Math.exp(-sum / 1000);
}
`;

/** The steps of getting warm. Each takes some 10 milliseconds, the first ones more; what the user's files gave stays as it is. */
export class WarmUp {
  private turn = 0;

  constructor(private readonly context: Context) {}

  get isDone(): boolean {
    // A setting that sends derivatives elsewhere would be obeyed here, too.
    return this.turn >= TIMES || this.context.session.configuration.backend === 'gpu';
  }

  async step(): Promise<void> {
    if (this.isDone) return;
    const { session } = this.context;
    this.turn++;
    try {
      this.put(textOf(this.turn));
      session.list(FILE);
      await inspect(this.context, { file: FILE, fn: 'warmUp' });
    } catch {
      // What is slow stays slow.
      this.turn = TIMES;
    }
    if (this.isDone) this.put(null);
  }

  private put(text: string | null): void {
    const { files } = this.context.session;
    files.setOverlay(FILE, text);
    for (const recording of [true, false]) this.context.session.realm(recording).invalidate(FILE);
  }
}
