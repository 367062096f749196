/** `profile`: every way to compute the same, timed. */
import type { Profile, ProfileParams, ProfileRow } from '../protocol';
import { linearOf, predictJacobian } from '../derivatives';
import { plainFunction } from '../plain';
import type { Recorded } from '../record';
import { mayBeFloat32, reasonOf, workOf } from './auto';
import { backendRows } from './backendRows';
import { recordTarget, type Context } from './common';
import { contendersFor, type Contender } from './contenders';
import { emptyRow, mayTake, measure, tooLong } from './measure';
import { matrixProgramOf } from './programs';
import { colored } from './strategy';

const DEFAULT_BUDGET = 3000;
/** Milliseconds that a strategy has at least, and the backends together. */
const LEAST = 5;
const LEAST_BACKENDS = 60;

export async function profile(context: Context, params: ProfileParams): Promise<Profile> {
  const start = performance.now();
  const target = await recordTarget(context, params);
  const { recorded, timing } = target;
  const plain = plainFunction(context.session, params, recorded.wrt);
  const known = contendersFor(recorded, plain);
  const contenders = known.filter(
    ({ group }) => !params.groups || params.groups.includes(group) || group === 'function',
  );
  const budget = params.budget ?? DEFAULT_BUDGET;
  const began = performance.now();
  const rows: ProfileRow[] = [];
  const taken = new Map<string, number>();
  const took = (id: string): number =>
    taken.get(id) ?? known.find((contender) => contender.id === id)?.expect(took) ?? 0;
  let base = NaN;
  for (const [index, contender] of contenders.entries()) {
    const left = budget - (performance.now() - began);
    const expected = contender.expect(took);
    const share = Math.max(LEAST, left / (contenders.length - index));
    const row = contender.refused
      ? { ...emptyRow(contender), unavailable: contender.refused }
      : mayTake(expected, left)
        ? timed(contender, share)
        : { ...emptyRow(contender), ...tooLong(expected) };
    taken.set(contender.id, Number.isFinite(row.median) ? row.compile + row.median : expected);
    if (contender.id === 'value') base = row.median;
    row.ratio = row.median / base;
    rows.push(row);
    context.progress(index + 1, contenders.length, contender.label, rows.slice());
  }
  if (!params.groups || params.groups.includes('backend')) {
    const expected = took(recorded.outputValues.length <= recorded.inputValues.length ? 'jacrev' : 'jacfwd');
    for (const row of await backendRows(recorded, Math.max(LEAST_BACKENDS, budget / 5), expected))
      rows.push({ ...row, ratio: row.median / base });
  }
  const gpuChoice = await gpuChoiceOf(context, recorded, rows);
  timing.total = performance.now() - start;
  const crossover = crossoverOf(rows);
  return {
    rows,
    ...(crossover ? { crossover } : {}),
    advice: adviceOf(rows, recorded.inputValues.length, recorded.outputValues.length),
    ...(gpuChoice === undefined ? {} : { gpuChoice }),
    timing,
  };
}

function timed(contender: Contender, budget: number): ProfileRow {
  const row = emptyRow(contender);
  try {
    const began = performance.now();
    const ready = contender.prepare();
    row.compile = performance.now() - began;
    Object.assign(row, measure(ready.run, budget));
    if (ready.tier) row.backend = ready.tier();
    Object.assign(row, ready.cost());
    const threads = ready.threads?.() ?? 0;
    if (threads > 0) row.threads = threads + 1;
    row.label = colored(row.label, ready.colors?.());
  } catch (error) {
    row.unavailable = `unavailable: ${error instanceof Error ? error.message : String(error)}`;
  }
  return row;
}

/**
 * From how many inputs on reverse mode is cheaper for all outputs: where the measured times of k tangents at once, as a
 * function of k, reach that of all cotangents at once. Undefined where they do not within what was measured.
 */
export function crossoverOf(rows: readonly ProfileRow[]): Profile['crossover'] {
  const reverse = rows.find(({ id }) => id === 'jacrev')?.median ?? NaN;
  const forward = rows
    .filter(({ id, median }) => id.startsWith('scaling-forward-') && median > 0)
    .map(({ size = 1, median }) => ({ size, median }));
  const above = forward.findIndex(({ median }) => median >= reverse);
  if (above < 0) return undefined;
  const [low, high] = [forward[above - 1], forward[above]] as const;
  // Between two sizes the time is taken for a power of the size: a straight line in the chart.
  const share = low === undefined ? 1 : Math.log(reverse / low.median) / Math.log(high.median / low.median);
  const size = low === undefined ? high.size : low.size * (high.size / low.size) ** share;
  const from = Math.ceil(size);
  return {
    size,
    message: `All outputs in reverse cost as much as ${size.toFixed(1)} JVPs here: reverse mode pays from ${from} input${from === 1 ? '' : 's'} on.`,
  };
}

function adviceOf(rows: readonly ProfileRow[], n: number, m: number): string {
  const best = rows
    .filter(({ group, median }) => group === 'jacobian' && Number.isFinite(median))
    .sort((a, b) => a.median - b.median)[0] as ProfileRow | undefined;
  const way = m <= n ? 'reverse' : 'forward';
  const chosen = `\`auto\` takes ${way} mode: ${m} output${m === 1 ? '' : 's'}, ${n} input${n === 1 ? '' : 's'}.`;
  return best ? `${chosen} The fastest measured was ${best.label}.` : chosen;
}

/** What the model of the GPU's costs says of the matrix, against the tape; where that was not measured, as `auto` predicts it. */
async function gpuChoiceOf(
  { gpu, session }: Context,
  recorded: Recorded,
  rows: readonly ProfileRow[],
): Promise<string | undefined> {
  const columns = recorded.inputValues.length;
  const outputs = recorded.outputValues.length;
  if (columns === 0) return undefined;
  const direction = outputs <= columns ? 'reverse' : 'forward';
  const tape = rows.find(({ id }) => id === (direction === 'reverse' ? 'jacrev-loop' : 'jacfwd-loop'));
  const measured = tape !== undefined && Number.isFinite(tape.median);
  const costs = await gpu.costs(true);
  return reasonOf(
    {
      milliseconds: measured ? tape.median : predictJacobian(linearOf(recorded), direction),
      backend: tape?.backend ?? 'interpret',
      predicted: !measured,
    },
    costs,
    costs ? workOf(() => matrixProgramOf(recorded, 'jacobian'), costs.backend) : '',
    session.configuration.clientGpu && mayBeFloat32(outputs, columns),
  );
}
