/** Errors of the engine. All are for people: what was asked, of what, and what to do. */
import { printAval, type Aval } from './program/aval';
import type { SourcePosition } from './program/positions';

/**
 * Base of all errors that the engine throws on purpose. `position` is the user's line where it is known. Each class writes its
 * name out, as the published engine is minified.
 */
export class GradLensError extends Error {
  override name = 'GradLensError';

  constructor(
    /** Stable and kebab-case, for programs. */
    readonly code: string,
    message: string,
    readonly hint?: string,
    readonly position?: SourcePosition,
  ) {
    super(message);
  }
}

/** Operands do not fit a primitive or a function: names it and every shape. */
export class ShapeError extends GradLensError {
  override name = 'ShapeError';

  constructor(where: string, problem: string, avals: readonly Aval[] = []) {
    const shapes = avals.length > 0 ? ` (got ${avals.map(printAval).join(', ')})` : '';
    super('shape-mismatch', `${where}: ${problem}${shapes}.`);
  }
}

/** Two pytrees that should have one structure do not. */
export class TreeError extends GradLensError {
  override name = 'TreeError';

  constructor(where: string, what: string, expected: string, actual: string) {
    super('tree-mismatch', `${where}: the structure of ${what} is ${actual}, but should be ${expected}.`);
  }
}

/** Something else that the caller gave is wrong: the message names the function, the argument and what was found. */
export class ArgumentError extends GradLensError {
  override name = 'ArgumentError';

  constructor(where: string, problem: string, hint?: string) {
    super('bad-argument', `${where}: ${problem}`, hint);
  }
}

/** Reverse mode met an operation that has no transposition. */
export class NotLinearError extends GradLensError {
  override name = 'NotLinearError';

  constructor(name: string, position?: SourcePosition) {
    super(
      'no-reverse-mode',
      `Reverse-mode differentiation does not work through \`${name}\`.`,
      name === 'while'
        ? 'Use a loop with a fixed number of steps (scan, fori with constant bounds), or forward mode (jvp, jacfwd).'
        : undefined,
      position,
    );
  }
}

/** A compiled or batched program met inputs for which control flow goes another way. */
export class GuardError extends GradLensError {
  override name = 'GuardError';

  constructor(
    readonly row: number,
    expected: number,
    actual: number,
    position?: SourcePosition,
  ) {
    super(
      'guard-failed',
      `Control flow goes another way here: expected ${expected}, got ${actual}.`,
      undefined,
      position,
    );
  }
}

/** A tracer was used after the function that it belongs to had returned. */
export class LeakedTracerError extends GradLensError {
  override name = 'LeakedTracerError';

  constructor() {
    super(
      'leaked-tracer',
      'A traced value was used after the function that was being differentiated had returned.',
      'Return the value from the function (or with hasAux) instead of storing it outside.',
    );
  }
}

/** Some code outside the engine turned a traced value into a plain number: its derivative would be lost. */
export class DerivativeLostError extends GradLensError {
  override name = 'DerivativeLostError';

  constructor(aval: Aval) {
    super(
      'derivative-lost',
      `A traced value (${printAval(aval)}) was converted to a plain number: its derivative would be lost.`,
      'Use np functions or methods of the array instead of operators and Math, or `.item()` where only control flow depends on it.',
    );
  }
}
