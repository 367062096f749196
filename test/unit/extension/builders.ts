import type { Finding, FunctionInfo, Inspection, LineValue, SourceRange } from '../../../src/runner/protocol';

export const range = (line: number, column: number, endLine: number, endColumn: number): SourceRange => ({
  line,
  column,
  endLine,
  endColumn,
});

/** `function name(x: number[]): number` on the lines given. */
export function makeFunction(
  name: string,
  line = 1,
  endLine = line + 2,
  more: Partial<FunctionInfo> = {},
): FunctionInfo {
  return {
    name,
    range: range(line, 1, endLine, 2),
    nameRange: range(line, 10, line, 10 + name.length),
    parameters: [
      {
        name: 'x',
        type: 'number[]',
        range: range(line, 11 + name.length, line, 22 + name.length),
        optional: false,
        differentiable: true,
      },
    ],
    returnType: 'number',
    exported: true,
    differentiable: true,
    points: [{ source: 'random', expression: '[1, 2]' }],
    wrt: [0],
    checked: false,
    ...more,
  };
}

export function makeLine(line: number, value: number, adjoint: number, more: Partial<LineValue> = {}): LineValue {
  return {
    file: '/w/a.ts',
    line,
    value,
    count: 1,
    min: value,
    max: value,
    adjoint,
    hasAdjoint: true,
    values: Float64Array.of(value),
    adjoints: Float64Array.of(adjoint),
    errorShare: 0,
    guards: [],
    ...more,
  };
}

/** The inspection of a scalar function of two inputs. */
export function makeInspection(more: Partial<Inspection> = {}): Inspection {
  return {
    point: { source: 'random', expression: '[1, 2]' },
    args: [[1, 2]],
    wrt: [0],
    value: 24.2,
    scalar: true,
    inputs: [{ path: 'x', shape: [2], offset: 0, size: 2, argument: 0 }],
    outputs: [{ path: '', shape: [], offset: 0, size: 1 }],
    inputValues: Float64Array.of(1, 2),
    outputValues: Float64Array.of(24.2),
    matrix: { kind: 'dense', rows: 1, columns: 2, values: Float64Array.of(-215.6, -88) },
    lines: [],
    findings: [],
    operations: 12,
    strategy: 'reverse',
    backend: 'interpret',
    timing: { load: 1, trace: 1, transform: 1, compile: 0, run: 1, total: 4 },
    console: [],
    dependencies: [],
    ...more,
  };
}

export function makeFinding(line: number, more: Partial<Finding> = {}): Finding {
  return {
    code: 'nan-born',
    message: 'A NaN is born here.',
    location: { file: '/w/a.ts', ...range(line, 1, line, 5) },
    ...more,
  };
}
