/** Einstein summation by pairwise contractions. */
import type { Shape } from '../program/aval';
import { bind } from '../trace/bind';
import { ConcreteArray, type NdArray } from '../trace/ndarray';
import { argumentError } from './arguments';
import { placeIn } from './broadcast';
import { asArray, convertType } from './convert';
import { parseEinsum, type EinsumSpec } from './einsumParse';
import { planContractions } from './einsumPlan';
import { resultType } from './promote';
import { permute, squeeze } from './shape';
import type { ArrayLike } from './types';

/** An operand with the labels of its axes, each at most once. */
interface Term {
  readonly array: NdArray;
  readonly labels: readonly string[];
}

/**
 * Sum of products by subscripts: `einsum('ij,jk->ik', a, b)`. Repeated labels in one operand take the diagonal, labels not in
 * the output are summed, `...` stands for the axes not named. Diagonals and sums over one operand come first; then pairs are
 * contracted, in the order with the fewest multiplications.
 * @throws GradLensError (code `bad-subscripts`) naming the operand, the label and the sizes that do not fit
 */
export function einsum(subscripts: string, ...operands: readonly ArrayLike[]): NdArray {
  if (operands.length === 0) throw argumentError('np.einsum', 'needs at least one operand');
  const arrays = operands.map((operand, index) => asArray(operand, 'np.einsum', `operand ${index}`));
  const strong = arrays.filter((_, index) => typeof operands[index] !== 'number').map((array) => array.dtype);
  const common = resultType(strong, strong.length < arrays.length);
  const dtype = common === 'bool' ? 'int32' : common;
  const { inputs, output, sizes } = specOf(
    subscripts,
    arrays.map((array) => array.shape),
  );
  const terms = arrays.map((array, index) =>
    withoutOnes(takeDiagonals({ array: convertType(array, dtype), labels: inputs[index] }), sizes),
  );
  let list = terms.map((term, index) => sumOut(term, neededBeside(terms, [index], output)));
  for (const [i, j] of planContractions(
    list.map(({ labels }) => labels),
    output,
    sizes,
  )) {
    const needed = neededBeside(list, [i, j], output);
    const last = list.length === 2;
    list = [
      ...list.filter((_, index) => index !== i && index !== j),
      contractPair(list[i], list[j], needed, last ? output : undefined),
    ];
  }
  return arrange(list[0], output, sizes, arrays);
}

/** What was read last, by subscripts and shapes: the same sums come again and again. */
const known = new Map<string, EinsumSpec>();
const KNOWN_LIMIT = 200;

function specOf(subscripts: string, shapes: readonly Shape[]): EinsumSpec {
  const key = `${subscripts}|${shapes.join('|')}`;
  let spec = known.get(key);
  if (!spec) {
    spec = parseEinsum(subscripts, shapes);
    if (known.size >= KNOWN_LIMIT) known.clear();
    known.set(key, spec);
  }
  return spec;
}

/** Labels that the output or a term other than those at `places` has. */
function neededBeside(list: readonly Term[], places: readonly number[], output: readonly string[]): Set<string> {
  const needed = new Set(output);
  list.forEach(({ labels }, index) => {
    if (!places.includes(index)) labels.forEach((label) => needed.add(label));
  });
  return needed;
}

/** One axis a label: repeated labels take the diagonal, by one gather each. */
function takeDiagonals(term: Term): Term {
  const repeated = term.labels.find((label, axis) => term.labels.indexOf(label) !== axis);
  if (repeated === undefined) return term;
  const axes = term.labels.flatMap((label, axis) => (label === repeated ? [axis] : []));
  const extent = Math.max(...axes.map((axis) => term.array.shape[axis]));
  const places = Int32Array.from({ length: extent * axes.length }, (_, at) =>
    Math.min(Math.floor(at / axes.length), term.array.shape[axes[at % axes.length]] - 1),
  );
  const indices = new ConcreteArray(places, [extent, axes.length], 'int32');
  const array = bind('gather', [term.array, indices], { axes, batchDims: 0 });
  return takeDiagonals({ array, labels: [repeated, ...term.labels.filter((label) => label !== repeated)] });
}

/** Drops axes of size one under a label that is larger elsewhere. */
function withoutOnes({ array, labels }: Term, sizes: ReadonlyMap<string, number>): Term {
  const axes = labels.flatMap((label, axis) => (array.shape[axis] === 1 && sizes.get(label) !== 1 ? [axis] : []));
  if (axes.length === 0) return { array, labels };
  return { array: squeeze(array, axes), labels: labels.filter((_, axis) => !axes.includes(axis)) };
}

/** Sums over the labels that nothing else needs. */
function sumOut({ array, labels }: Term, needed: ReadonlySet<string>): Term {
  const axes = labels.flatMap((label, axis) => (needed.has(label) ? [] : [axis]));
  if (axes.length === 0) return { array, labels };
  return { array: bind('reduceSum', [array], { axes }), labels: labels.filter((label) => needed.has(label)) };
}

/** Shared labels are summed where nothing needs them, else batch axes. Without a sum and with batch axes it is a product. */
function contractPair(x: Term, y: Term, needed: ReadonlySet<string>, output?: readonly string[]): Term {
  const shared = x.labels.filter((label) => y.labels.includes(label));
  const summed = shared.filter((label) => !needed.has(label));
  const batch = shared.filter((label) => needed.has(label));
  const free = (term: Term): string[] => term.labels.filter((label) => !shared.includes(label));
  if (summed.length === 0 && (batch.length > 0 || x.labels.length === 0 || y.labels.length === 0))
    return multiplyPair(x, y, output);
  // With the operands exchanged the result may have the axes in the output's order.
  const exchanged = output?.join() === [...batch, ...free(y), ...free(x)].join() && free(x).length > 0;
  const [left, right] = exchanged ? [y, x] : [x, y];
  const axesIn = (term: Term, labels: readonly string[]): number[] => labels.map((label) => term.labels.indexOf(label));
  const array = bind('dotGeneral', [left.array, right.array], {
    lhsContract: axesIn(left, summed),
    rhsContract: axesIn(right, summed),
    lhsBatch: axesIn(left, batch),
    rhsBatch: axesIn(right, batch),
  });
  return { array, labels: [...batch, ...free(left), ...free(right)] };
}

/** An elementwise product in the order of the output, or of the longer operand. */
function multiplyPair(x: Term, y: Term, output?: readonly string[]): Term {
  const [long, short] = x.labels.length >= y.labels.length ? [x, y] : [y, x];
  const labels =
    output && output.length === new Set([...x.labels, ...y.labels]).size
      ? output
      : [...long.labels, ...short.labels.filter((label) => !long.labels.includes(label))];
  const extent = (label: string): number => {
    const of = x.labels.includes(label) ? x : y;
    return of.array.shape[of.labels.indexOf(label)];
  };
  const shape = labels.map(extent);
  const [left, right] = [x, y].map((term) => spread(term, labels, shape, [x.array, y.array]));
  return { array: bind('mul', [left, right], undefined), labels };
}

/** A term transposed and repeated so that its axes are those of `labels`. */
function spread(term: Term, labels: readonly string[], shape: readonly number[], with_: readonly NdArray[]): NdArray {
  const order = labels.filter((label) => term.labels.includes(label));
  const array = permute(
    term.array,
    order.map((label) => term.labels.indexOf(label)),
  );
  return order.length === labels.length
    ? array
    : placeIn(
        array,
        shape,
        order.map((label) => labels.indexOf(label)),
        with_,
      );
}

/** The last term in the output's order; labels whose size is larger than the term has are repeated. */
function arrange(
  term: Term,
  output: readonly string[],
  sizes: ReadonlyMap<string, number>,
  arrays: readonly NdArray[],
): NdArray {
  return spread(
    term,
    output,
    output.map((label) => sizes.get(label) as number),
    arrays,
  );
}
