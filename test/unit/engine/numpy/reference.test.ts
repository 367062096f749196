/** Values of the array API against numpy's, function by function (fixtures/numpy.json). */
import { readFileSync } from 'node:fs';
import { linalg, np, type NdArray } from '../../../../src/engine/index';
import { assertClose } from './support/close';

type Encoded = number | boolean | string;
interface Reference {
  readonly inputs: Record<string, { shape: number[]; dtype: NdArray['dtype']; data: Encoded[] }>;
  readonly cases: readonly [expression: string, expected: { shape: number[]; data: Encoded[] }][];
}

const { inputs, cases } = JSON.parse(
  readFileSync(new URL('fixtures/numpy.json', import.meta.url), 'utf8'),
) as Reference;

/** NaN and infinities are strings in the file. */
const decode = (data: readonly Encoded[]): number[] => data.map(Number);

describe('np against numpy', () => {
  const names = ['np', 'linalg', ...Object.keys(inputs)];
  const values = [
    np,
    linalg,
    ...Object.values(inputs).map(({ shape, dtype, data }) => np.array(decode(data), dtype).reshape(shape)),
  ];
  const families = new Map<string, (typeof cases)[number][]>();
  for (const one of cases) {
    const family = /^(?:np|linalg)\.(\w+)/.exec(one[0])?.[1] ?? 'methods';
    families.set(family, [...(families.get(family) ?? []), one]);
  }
  for (const [family, list] of families) {
    it(`${family} (${list.length})`, () => {
      for (const [expression, { shape, data }] of list) {
        const actual = (new Function(...names, `return ${expression};`) as (...args: unknown[]) => NdArray)(...values);
        assertClose(actual, np.array(decode(data)).reshape(shape), 1e-9, expression);
      }
    });
  }
});
