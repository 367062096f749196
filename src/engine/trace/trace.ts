/** Running a function on tracers: what every transform of a function begins with. */
import { GradLensError } from '../errors';
import type { ArrayValue, Aval } from '../program/aval';
import type { Program } from '../program/program';
import { flattenInto, type Structure } from '../tree/structure';
import { kindOf, toKind, toNdArray, type Leaf, type LeafKind } from '../tree/leaves';
import type { NdArray } from './ndarray';
import { Recorder, type Tracer } from './recorder';

/** An input of a trace: its type, a sample value for control flow, and what it is in the user's code. */
export interface TraceInput {
  readonly aval: Aval;
  sample(): ArrayValue;
  readonly kind: LeafKind;
}

export interface Traced {
  /** (...inputs, ...captured) → leaves of the result */
  readonly program: Program;
  /** Tracers of outer traces that the function used: operands of the program behind the inputs. */
  readonly captured: readonly Tracer[];
  readonly output: Structure;
  readonly outputKinds: readonly LeafKind[];
}

/** The leaf of an argument as an input of a trace. */
export function traceInput(leaf: Leaf, array: NdArray = toNdArray(leaf)): TraceInput {
  return { aval: array.aval, sample: () => array.concrete, kind: kindOf(leaf) };
}

/** Traces `f` on the inputs. The first error of the function ends the trace and is thrown on. */
export function traceFunction(f: (arguments_: Tracer[]) => unknown, inputs: readonly TraceInput[]): Traced {
  const recorder = new Recorder();
  try {
    const tracers = inputs.map(({ aval, sample, kind }) =>
      toKind(
        recorder.argumentOf(aval, () => sample()),
        kind,
      ),
    );
    const result = f(tracers as Tracer[]);
    if (result instanceof Promise) {
      throw new GradLensError('async-function', 'A function that returns a promise cannot be differentiated.');
    }
    const leaves: Leaf[] = [];
    const output = flattenInto(result, leaves);
    const outputKinds = leaves.map(kindOf);
    return { program: recorder.close(leaves.map(toNdArray)), captured: recorder.captured, output, outputKinds };
  } finally {
    recorder.abandon();
  }
}
