/** A value of a function that is being traced: a row of its recorder. */
import { GradLensError, LeakedTracerError } from '../errors';
import { printAval, type ArrayValue, type Aval } from '../program/aval';
import type { Row } from '../program/program';
import { NdArray } from './ndarray';
import type { Recorder } from './recorder';

/** Some code outside the engine turned a traced value into a plain number: its derivative would be lost. */
export class DerivativeLostError extends GradLensError {
  constructor(aval: Aval) {
    super(
      'derivative-lost',
      `A traced value (${printAval(aval)}) was converted to a plain number: its derivative would be lost.`,
      'Use np functions or methods of the array instead of operators and Math, or `.item()` where only control flow depends on it.',
    );
  }
}

export class Tracer extends NdArray {
  constructor(
    readonly recorder: Recorder,
    readonly row: Row,
    /** True for what is a plain number in the user's code: such a result leaves the engine as a number, not as an array. */
    readonly isNumber = false,
  ) {
    super();
  }

  get aval(): Aval {
    return this.recorder.aval(this.row);
  }

  get concrete(): ArrayValue {
    return this.recorder.valueAt(this.row);
  }

  /**
   * The number or boolean of a one-element array, for control flow: what the function does next depends on it, so a guard is
   * recorded. @throws LeakedTracerError, ShapeError
   */
  item(): number | boolean {
    if (this.recorder.isClosed) throw new LeakedTracerError();
    this.requireOneElement();
    const value = this.recorder.guard(this.row);
    return this.dtype === 'bool' ? value !== 0 : value;
  }

  /** A description for text; @throws DerivativeLostError for anything else. */
  override [Symbol.toPrimitive](hint: string): string {
    if (hint === 'string') return this.toString();
    throw new DerivativeLostError(this.aval);
  }

  override toString(): string {
    return `Traced<${printAval(this.aval)}>`;
  }
}
