/** Einstein summation: in which order to contract the operands. */

/** Contract the terms at these two places; the result goes to the end of the list, the others keep their order. */
export type ContractionStep = readonly [number, number];

/** Above this many operands the order is greedy; up to it the cheapest is found (3ⁿ pairs of subsets). */
const EXHAUSTIVE = 7;

type Sizes = ReadonlyMap<string, number>;

function product(labels: Iterable<string>, sizes: Sizes): number {
  let size = 1;
  for (const label of labels) size *= sizes.get(label) ?? 1;
  return size;
}

/** Labels of `left` and `right` that something outside the pair still needs. */
function keptLabels(left: readonly string[], right: readonly string[], needed: ReadonlySet<string>): string[] {
  return [...new Set([...left, ...right])].filter((label) => needed.has(label));
}

/** The order of pairwise contractions with the fewest multiplications (for many operands: nearly). */
export function planContractions(
  inputs: readonly (readonly string[])[],
  output: readonly string[],
  sizes: Sizes,
): ContractionStep[] {
  if (inputs.length < 3) return inputs.length === 2 ? [[0, 1]] : [];
  return inputs.length <= EXHAUSTIVE ? cheapest(inputs, output, sizes) : greedy(inputs, output, sizes);
}

interface Best {
  readonly cost: number;
  readonly labels: readonly string[];
  /** The two subsets, as bit masks; undefined for a single operand. */
  readonly parts?: readonly [number, number];
}

/** Dynamic programming over subsets of the operands. */
function cheapest(inputs: readonly (readonly string[])[], output: readonly string[], sizes: Sizes): ContractionStep[] {
  const full = (1 << inputs.length) - 1;
  const best = new Array<Best | undefined>(full + 1);
  const outside = (mask: number): Set<string> => {
    const labels = new Set(output);
    inputs.forEach((input, index) => {
      if (!(mask & (1 << index))) input.forEach((label) => labels.add(label));
    });
    return labels;
  };
  for (let mask = 1; mask <= full; mask++) {
    if ((mask & (mask - 1)) === 0) {
      best[mask] = { cost: 0, labels: inputs[31 - Math.clz32(mask)] };
      continue;
    }
    const needed = outside(mask);
    for (let left = (mask - 1) & mask; left > 0; left = (left - 1) & mask) {
      const right = mask & ~left;
      if (left < right) continue;
      const [a, b] = [best[left] as Best, best[right] as Best];
      const cost = a.cost + b.cost + product(new Set([...a.labels, ...b.labels]), sizes);
      if (cost < (best[mask]?.cost ?? Infinity))
        best[mask] = { cost, labels: keptLabels(a.labels, b.labels, needed), parts: [left, right] };
    }
  }
  return stepsOf(best, full, inputs.length);
}

function stepsOf(best: readonly (Best | undefined)[], full: number, count: number): ContractionStep[] {
  const steps: ContractionStep[] = [];
  const list = Array.from({ length: count }, (_, index) => 1 << index);
  const visit = (mask: number): void => {
    const parts = best[mask]?.parts;
    if (!parts) return;
    parts.forEach(visit);
    const [i, j] = parts.map((part) => list.indexOf(part)).sort((x, y) => x - y);
    steps.push([i, j]);
    list.splice(j, 1);
    list.splice(i, 1);
    list.push(mask);
  };
  visit(full);
  return steps;
}

/** Always the pair whose result is smallest beside what it replaces. */
function greedy(inputs: readonly (readonly string[])[], output: readonly string[], sizes: Sizes): ContractionStep[] {
  const steps: ContractionStep[] = [];
  const list = inputs.map((input) => [...input]);
  while (list.length > 1) {
    let choice: ContractionStep = [0, 1];
    let score = Infinity;
    let labels: string[] = [];
    for (let i = 0; i < list.length; i++) {
      for (let j = i + 1; j < list.length; j++) {
        const needed = new Set([...output, ...list.flatMap((other, k) => (k === i || k === j ? [] : other))]);
        const kept = keptLabels(list[i], list[j], needed);
        const now = product(kept, sizes) - product(list[i], sizes) - product(list[j], sizes);
        if (now < score) [choice, score, labels] = [[i, j], now, kept];
      }
    }
    steps.push(choice);
    list.splice(choice[1], 1);
    list.splice(choice[0], 1);
    list.push(labels);
  }
  return steps;
}
