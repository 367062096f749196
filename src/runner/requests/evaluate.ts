/** `evaluate`: one operation of one function at one point, in the user's own structure. */
import { RunnerError } from '../modules/errors';
import { gradientLinear, jacobianPart, linearOf, type Progress } from '../derivatives';
import type {
  Data,
  DenseMatrix,
  EvaluateParams,
  Evaluation,
  Finding,
  Location,
  Matrix,
  MatrixPart,
  Operation,
} from '../protocol';
import type { Recorded } from '../record';
import { build, buildFrom, flatten, sizeOf, type Layout } from '../values/layout';
import { nonFiniteFindings } from './findings';
import { lostNearby } from './nearby';
import { float32Finding } from './float32';
import { findingOf, recordTarget, type Context, type RecordedTarget } from './common';
import { colored } from './strategy';
import { wayOf, type Way } from './ways';

interface Outcome {
  result: Data;
  matrix?: Matrix;
  strategy: string;
}

export async function evaluate(context: Context, params: EvaluateParams): Promise<Evaluation> {
  const start = performance.now();
  const target = await recordTarget(context, params);
  const { recorded, timing } = target;
  const began = performance.now();
  const progress = (done: number, total: number): void =>
    context.progress(done, total, `${params.op} of ${target.found.name}`);
  const { part } = params;
  const way = wayOf(context, part ? 'interpret' : params.backend, recorded, progress);
  const { result, matrix, strategy } = part
    ? partOf(part, params, target, progress)
    : await compute(way, params, target);
  timing.run = performance.now() - began;
  timing.total = performance.now() - start;
  const warnings = [...warningsOf(target, params), ...notFinite(target, params, matrix?.values ?? result)];
  // What else was lost is looked for once, not with every part.
  if (params.op !== 'value' && warnings.length === 0 && !part) {
    const order = params.op === 'hessian' || params.op === 'hvp' ? 2 : 1;
    warnings.push(...lostNearby(context, params, target, { file: params.file, ...target.found.nameRange }, order));
  }
  const inexact = way.float32 && float32Finding(way.float32, { file: params.file, ...target.found.nameRange });
  if (inexact) warnings.push(inexact);
  return {
    value: buildFrom(recorded.outputLayout, recorded.outputValues),
    result,
    ...(matrix ? { matrix } : {}),
    inputs: recorded.inputLeaves,
    outputs: recorded.outputLeaves,
    warnings,
    operations: recorded.operations,
    timing,
    backend: params.op === 'value' ? 'interpret' : way.backend,
    strategy,
    ...(way.float32 ? { float32: way.float32 } : {}),
    ...(way.notice ? { notice: way.notice } : {}),
  };
}

/** What the user should know about any evaluation. */
export function warningsOf({ recorded, found }: RecordedTarget, target: { file: string; fn: string }): Finding[] {
  return recorded.reports.map((report) => findingOf(report, target, found.nameRange));
}

/** Why a result is NaN or infinite. */
function notFinite({ recorded, found }: RecordedTarget, { file, op }: EvaluateParams, result: unknown): Finding[] {
  if (recorded.outputValues.every(Number.isFinite) && allFinite(result)) return [];
  const fallback: Location = { file, ...found.nameRange };
  const births = nonFiniteFindings(recorded, fallback);
  if (births.length > 0) return births;
  const message = `The result of \`${op}\` is not finite, though the value and the first derivatives are.`;
  return [{ code: 'nan-born', message, location: fallback }];
}

function allFinite(result: unknown): boolean {
  if (typeof result === 'number') return Number.isFinite(result);
  if (ArrayBuffer.isView(result)) return (result as Float64Array).every(Number.isFinite);
  if (typeof result !== 'object' || result === null) return true;
  return Object.values(result).every(allFinite);
}

async function compute(way: Way, params: EvaluateParams, target: RecordedTarget): Promise<Outcome> {
  const { recorded, wrt, found } = target;
  const { inputLayouts, outputLayout, outputValues } = recorded;
  const { structured = true } = params;
  const many = wrt.length !== 1 && params.wrt?.length !== 1;
  const scalarOnly = (op: Operation): void => {
    if (outputValues.length === 1) return;
    throw new RunnerError(
      'not-scalar',
      `\`${op}\` needs a function that returns one number; \`${found.name}\` returns ${outputValues.length}.`,
      { file: params.file, line: found.nameRange.line, column: found.nameRange.column },
      'Ask for the Jacobian, or sum the outputs.',
    );
  };
  const needInputs = (): void => {
    if (recorded.inputValues.length > 0) return;
    throw new RunnerError(
      'not-differentiable',
      `\`${found.name}\` has no floating-point numbers in its arguments to differentiate by.`,
      {},
      'Give some, or choose the arguments with --wrt.',
    );
  };
  switch (params.op) {
    case 'value':
      return { result: buildFrom(outputLayout, outputValues), strategy: 'value' };
    case 'grad': {
      scalarOnly('grad');
      needInputs();
      const values = await way.pullBack([1]);
      return { result: perArgument(inputLayouts, values, many), matrix: row(values), strategy: 'reverse' };
    }
    case 'jvp': {
      const tangent = vectorFor(recorded, params.tangent, 'tangent', many);
      return { result: buildFrom(outputLayout, await way.pushForward(tangent)), strategy: 'forward' };
    }
    case 'vjp': {
      const cotangent = cotangentFor(recorded, params.cotangent);
      return { result: perArgument(inputLayouts, await way.pullBack(cotangent), many), strategy: 'reverse' };
    }
    case 'jacobian':
    case 'jacfwd':
    case 'jacrev': {
      needInputs();
      const asked = params.op === 'jacobian' ? undefined : params.op === 'jacfwd' ? 'forward' : 'reverse';
      const { matrix, direction } = await way.jacobian(asked);
      const result = structured ? nest(outputLayout, inputLayouts, matrix, many) : null;
      return { result, matrix, strategy: direction };
    }
    case 'hessian': {
      scalarOnly('hessian');
      needInputs();
      const { matrix, strategy, colors } = await way.hessian();
      const result = structured ? nestHessian(inputLayouts, matrix, many) : null;
      return { result, matrix, strategy: colored(strategy, colors) };
    }
    case 'hvp': {
      scalarOnly('hvp');
      const vector = vectorFor(recorded, params.vector ?? params.tangent, 'vector', many);
      const { product, strategy } = await way.hessianProduct(vector);
      return { result: perArgument(inputLayouts, product, many), strategy };
    }
  }
}

/** Some rows or columns of a matrix, whose parts are asked for one after the other. */
function partOf(
  { by, from, to }: MatrixPart,
  { op }: EvaluateParams,
  { recorded }: RecordedTarget,
  progress: Progress,
): Outcome {
  const linear = op === 'hessian' ? gradientLinear(recorded) : linearOf(recorded);
  const count = by === 'rows' ? linear.outputSize : linear.inputSize;
  const matrix = jacobianPart(linear, { by, from: Math.max(0, from), to: Math.min(count, to) }, progress);
  return { result: null, matrix, strategy: by === 'rows' ? 'reverse' : 'forward' };
}

/** A gradient as the one row of a matrix. */
export function row(values: Float64Array): DenseMatrix {
  return { kind: 'dense', rows: 1, columns: values.length, values };
}

/** For one argument its own structure, for several a list of them. */
function perArgument(layouts: readonly Layout[], values: Float64Array, many: boolean): Data {
  let offset = 0;
  const parts = layouts.map((layout) => {
    const part = buildFrom(layout, values, offset);
    offset += sizeOf(layout);
    return part;
  });
  return many ? parts : parts[0];
}

/** Output structure over input structure. */
function nest(output: Layout, inputs: readonly Layout[], matrix: DenseMatrix, many: boolean): Data {
  const { values, columns } = matrix;
  const parts: Data[] = [];
  let offset = 0;
  for (const input of inputs) {
    const start = offset;
    parts.push(build(output, (index) => buildFrom(input, values, index * columns + start)));
    offset += sizeOf(input);
  }
  return many ? parts : parts[0];
}

/** One block a pair of arguments. */
function nestHessian(inputs: readonly Layout[], matrix: DenseMatrix, many: boolean): Data {
  const { values, columns } = matrix;
  const offsets: number[] = [];
  inputs.reduce((sum, input) => {
    offsets.push(sum);
    return sum + sizeOf(input);
  }, 0);
  const blocks = inputs.map((outer, i) =>
    inputs.map((inner, j) =>
      build(outer, (index) => buildFrom(inner, values, (offsets[i] + index) * columns + offsets[j])),
    ),
  );
  return many ? blocks : blocks[0][0];
}

/** A tangent or vector in the structure of the arguments; ones where none was given. */
function vectorFor(recorded: Recorded, data: Data | undefined, name: string, many: boolean): number[] {
  const { inputLayouts, inputValues } = recorded;
  if (data === undefined || data === null) return Array.from(inputValues, () => 1);
  const parts = many ? (Array.isArray(data) ? data : []) : [data];
  const flat = inputLayouts.map((layout, index) => (index < parts.length ? flatten(layout, parts[index]) : undefined));
  if (parts.length !== inputLayouts.length || flat.includes(undefined)) {
    throw new RunnerError(
      'bad-arguments',
      `The ${name} does not have the structure of ${many ? 'the arguments' : 'the argument'} that it belongs to.`,
      {},
      many
        ? 'Give a list with one entry an argument.'
        : `It needs ${inputValues.length} number${inputValues.length === 1 ? '' : 's'} in the argument's structure.`,
    );
  }
  return flat.flat() as number[];
}

function cotangentFor(recorded: Recorded, data: Data | undefined): number[] {
  const { outputLayout, outputValues } = recorded;
  if (data === undefined || data === null) return Array.from(outputValues, () => 1);
  const flat = flatten(outputLayout, data);
  if (!flat) {
    throw new RunnerError(
      'bad-arguments',
      'The cotangent does not have the structure of the result.',
      {},
      `It needs ${outputValues.length} number${outputValues.length === 1 ? '' : 's'} in the result's structure.`,
    );
  }
  return flat;
}
