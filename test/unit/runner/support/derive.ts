/** Records TypeScript text in this process: value, Jacobian and reports, without a runner. */
import '../../../../src/engine';
import { jacobianOf, linearOf } from '../../../../src/runner/derivatives';
import { ownGpu } from '../../../../src/runner/gpu/remoteGpu';
import type { Data, Finding } from '../../../../src/runner/protocol';
import { recordTarget, type Context, type RecordedTarget } from '../../../../src/runner/requests/common';
import { warningsOf } from '../../../../src/runner/requests/evaluate';
import { Session } from '../../../../src/runner/session';
import { numbersOf, plainFunction } from '../../../../src/runner/plain';

export const session = new Session();

export function contextFor(of: Session = session): Context {
  return { session: of, timeLimit: 20_000, progress: () => undefined, phase: () => undefined, gpu: ownGpu };
}

export interface Derived {
  value: number[];
  /** Row-major. */
  jacobian: number[];
  /** Codes of the warnings with their lines. */
  warnings: { code: string; line: number; message: string }[];
  findings: Finding[];
  target: RecordedTarget;
}

let count = 0;

/** Derivatives of `fn` (default `f`) in the text at the arguments. */
export async function derive(text: string, args: readonly unknown[], fn = 'f', wrt?: number[]): Promise<Derived> {
  const file = `/virtual/test${++count}.ts`;
  session.overlay(file, text);
  return deriveFile(file, args, fn, wrt);
}

export async function deriveFile(
  file: string,
  args: readonly unknown[] | undefined,
  fn = 'f',
  wrt?: number[],
): Promise<Derived> {
  const target = await recordTarget(contextFor(), {
    file,
    fn,
    ...(args ? { args: args as Data[] } : {}),
    ...(wrt ? { wrt } : {}),
  });
  const { recorded } = target;
  const { matrix } = jacobianOf(linearOf(recorded), 'reverse');
  const forward = jacobianOf(linearOf(recorded), 'forward').matrix;
  assertSame(matrix.values, forward.values);
  const findings = warningsOf(target, { file, fn });
  return {
    value: Array.from(recorded.outputValues),
    jacobian: Array.from(matrix.values),
    warnings: findings.map(({ code, location, message }) => ({ code, line: location.line, message })),
    findings,
    target,
  };
}

/** Forward and reverse mode agree, NaN and infinities included. */
function assertSame(a: Float64Array, b: Float64Array): void {
  a.forEach((value, index) => {
    const other = b[index];
    if (Object.is(value, other) || value === other) return;
    if (Math.abs(value - other) <= 1e-9 * Math.max(Math.abs(value), Math.abs(other), 1e-3)) return;
    throw new Error(`Reverse mode gives ${value}, forward mode ${other} (component ${index}).`);
  });
}

/** The native value of the same function. */
export function nativeValue(file: string, args: readonly unknown[], fn = 'f', wrt: number[] = [0]): Float64Array {
  const plain = plainFunction(session, { file, fn, args: args as Data[] }, wrt);
  return Float64Array.from(numbersOf(plain.call()));
}
