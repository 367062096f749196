/** What a project that uses the npm package contains: a program, what it computes, and code that only has to type-check. */

/** Needs grad, linalg, np and random in scope; leaves JSON in `result`. */
export const program = `
const x = np.array([[1, 2], [3, 4]]);
const gradient = grad((y) => np.sum(np.tanh(y).mul(y)))(x);
const draw = random.uniform(random.key(0), [3]);
let message = '';
try {
  np.add([1, 2], [1, 2, 3]);
} catch (error) {
  message = error.name + ' ' + error.message;
}
const result = JSON.stringify([np.round(gradient, 4), np.round(draw, 4), linalg.det(x).round(6), message]);
`;

export const expected = [
  [
    [1.1816, 1.1053],
    [1.0247, 1.0047],
  ],
  [0.9477, 0.9786, 0.3323].map(Math.fround),
  -2,
  'ShapeError np.add: x and y do not broadcast to one shape (got f64[2], f64[3]).',
];

/** Needs np and linalg in scope and the reference file as argument; leaves the expressions that differ in `failures`. */
export const references = `
const { inputs, cases } = JSON.parse(require('node:fs').readFileSync(process.argv[2], 'utf8'));
const names = ['np', 'linalg', ...Object.keys(inputs)];
const arrays = Object.values(inputs).map(({ shape, dtype, data }) => np.array(data.map(Number), dtype).reshape(shape));
const failures = cases.filter(([expression, { shape, data }]) => {
  const actual = np.array(new Function(...names, 'return ' + expression)(np, linalg, ...arrays));
  const wanted = np.array(data.map(Number)).reshape(shape);
  const same = String(actual.shape) === String(wanted.shape) && np.allclose(actual, wanted, { rtol: 1e-9, atol: 1e-9, equalNan: true }).item();
  return !same;
}).map(([expression]) => expression);
`;

export const typed = `
import { grad, jacrev, linalg, np, random, vmap, type NdArray } from 'gradlens';

const loss = (w: NdArray, options: { readonly scale: number }): NdArray => np.sum(w.square()).mul(options.scale);
const gradient: NdArray = grad(loss)(np.ones([2]), { scale: 2 });
const both: [NdArray, { scale: number }] = grad(loss, [0, 1])(np.ones([2]), { scale: 2 });
const slope: number = grad((x: number) => x * x)(3);
const rows: NdArray = vmap((x: NdArray) => linalg.norm(x))(gradient.reshape(2, 1));
const jacobian: NdArray = jacrev((x: NdArray) => np.sin(x))(rows);
const [first, ...others]: NdArray[] = [...random.split(random.key(0), 3)];
const cut: NdArray = jacobian.slice(0, '1:', null).at([0]).set(5).astype('float32').T;
export { both, cut, first, others, slope };

// @ts-expect-error a text is no array
np.sin('x');
// @ts-expect-error there is no such type
np.zeros([2], 'float16');
// @ts-expect-error an array is no number
const wrong: number = np.sum([1, 2]);
export { wrong };
`;

/** Compiler options of the project. */
export const options = {
  strict: true,
  noEmit: true,
  target: 'ES2022',
  lib: ['ES2022'],
  types: [],
  module: 'NodeNext',
  moduleResolution: 'NodeNext',
};
