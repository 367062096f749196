/** A value of a function that is being traced: a row of its recorder. */
import type { ArrayValue, Aval } from '../program/aval';
import type { Row } from '../program/program';
import { NdArray } from './ndarray';
import type { Recorder } from './recorder';

export class Tracer extends NdArray {
  constructor(
    readonly recorder: Recorder,
    readonly row: Row,
  ) {
    super();
  }

  get aval(): Aval {
    return this.recorder.aval(this.row);
  }

  get concrete(): ArrayValue {
    return this.recorder.valueAt(this.row);
  }
}
