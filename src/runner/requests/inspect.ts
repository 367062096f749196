/** `inspect`: everything live about one function at one point. */
import type { RowDerivatives } from '../../engine/execute/adjoints';
import { NumberList } from '../../engine/program/numberList';
import type { Data, Finding, InspectParams, Inspection, Location, Matrix } from '../protocol';
import { compressedJacobian } from '../compressed';
import { gather } from '../derivatives';
import { slotsOf, type Recorded } from '../record';
import { buildFrom, layoutOf } from '../values/layout';
import { recordTarget, type Context } from './common';
import { impurity } from './purity';
import { row, warningsOf } from './evaluate';
import { findingsOf } from './findings';
import { float32Finding } from './float32';
import { lineValues } from './lines';
import { lostNearby } from './nearby';
import { colored } from './strategy';
import { summarize } from './summary';
import { unstableOf } from './unstable';
import { wayOf, type Way } from './ways';

const DEFAULT_MAX_ENTRIES = 4_000_000;

export async function inspect(context: Context, params: InspectParams): Promise<Inspection> {
  const start = performance.now();
  const { session } = context;
  const target = await recordTarget(context, params);
  const { recorded, found, wrt, timing, args } = target;
  const began = performance.now();
  const scalar = recorded.outputValues.length === 1;
  const adjoints = adjointsOf(recorded, params);
  const rows = recorded.outputValues.length;
  const columns = recorded.inputValues.length;
  const maxEntries = params.maxEntries ?? DEFAULT_MAX_ENTRIES;
  let matrix: Matrix | undefined;
  let matrixReason: string | undefined;
  let strategy = 'reverse';
  const way = wayOf(context, undefined, recorded, (done, total) =>
    context.progress(done, total, `Jacobian of ${found.name}`),
  );
  // The adjoints of the lines hold the gradient already.
  const onTape = way.backend === 'interpret';
  const sparse = scalar ? undefined : compressedJacobian(recorded);
  if (columns === 0) matrixReason = 'The arguments hold no floating-point numbers.';
  else if (sparse) {
    matrix = sparse;
    strategy = colored('compressed', sparse.colors);
    // A gradient is there already, from the sweep that gave the lines their adjoints.
  } else if (!scalar && rows * columns > maxEntries)
    matrixReason = `${rows} × ${columns} entries are more than ${maxEntries}.`;
  else if (scalar && params.cotangent === undefined && onTape)
    matrix = row(gather(recorded.linearized, slotsOf(recorded.program, recorded.program.inputs), adjoints, columns));
  else {
    const result = await way.jacobian(undefined);
    ({ matrix } = result);
    strategy = result.direction;
  }
  const fallback: Location = { file: params.file, ...found.nameRange };
  const gradient = matrix && scalar ? matrix.values : undefined;
  const reported = warningsOf(target, params);
  const impure = impurity(context, params, target, fallback);
  const findings: Finding[] = [
    ...reported,
    ...findingsOf(recorded, adjoints, fallback, gradient),
    ...impure,
    ...(reported.length + impure.length === 0 ? lostNearby(context, params, target, fallback) : []),
    ...unstableOf(session, recorded, params.file, found.range),
    ...marked(way, fallback),
  ];
  const lines = lineValues(recorded, adjoints);
  timing.run = performance.now() - began;
  timing.total = performance.now() - start;
  return {
    point: {
      ...session.pointOf(found, params),
      // An instance that was moved has no text of its own.
      ...(target.moved ? { cut: true as const } : {}),
    },
    args: args.map(asData),
    wrt,
    value: buildFrom(recorded.outputLayout, recorded.outputValues),
    scalar,
    inputs: recorded.inputLeaves,
    outputs: recorded.outputLeaves,
    inputValues: recorded.inputValues,
    outputValues: recorded.outputValues,
    ...(matrix ? { matrix, summary: summarize(matrix, way.float32?.error) } : {}),
    ...(matrixReason === undefined ? {} : { matrixReason }),
    lines,
    findings,
    operations: recorded.operations,
    strategy,
    backend: way.backend,
    ...(way.float32 ? { float32: way.float32 } : {}),
    ...(way.notice ? { notice: way.notice } : {}),
    timing,
    console: session.console.map(({ level, text, location }) => ({
      level,
      text,
      ...(location ? { location: { ...location, endLine: location.line, endColumn: location.column + 1 } } : {}),
    })),
    dependencies: target.realm.dependencies(params.file),
  };
}

/** A mark where the float32 derivative is off by more than the tolerance. */
function marked({ float32 }: Way, location: Location): Finding[] {
  const finding = float32 && float32Finding(float32, location);
  return finding ? [finding] : [];
}

/** Adjoints of all rows from the chosen output, or from a whole cotangent. */
function adjointsOf(
  { linearized, outputs, outputValues }: Recorded,
  { output = 0, cotangent }: InspectParams,
): RowDerivatives {
  const weights = cotangent ?? Float64Array.from(outputValues, (_, index) => (index === output ? 1 : 0));
  const seeds = outputs.flatMap(({ row, offset, size }) => {
    const values = Array.from({ length: size }, (_, index) => weights[offset + index]);
    return values.some((value) => value !== 0) ? [{ row, values }] : [];
  });
  return linearized.reverse(seeds);
}

export function asData(value: unknown): Data {
  const list = new NumberList();
  const layout = layoutOf(value, (element) => {
    if (typeof element === 'number') list.push(element);
    else for (const number of element.concrete.data) list.push(number);
  });
  return buildFrom(layout, list.numbers);
}
