/** Functions of arrays, family by family, with generic arguments: for derivatives, batching and compilation. */
import { linalg, nn, np, special, stopGradient, type ArrayLike, type NdArray } from '../../../../../src/engine/index';

const A = np.array([
  [0.3, -1.2, 0.7],
  [1.1, 0.4, -0.6],
]);
const B = np.array([
  [0.5, 1.3],
  [-0.8, 0.9],
  [1.7, -0.4],
]);
const V = np.array([0.9, -0.35, 1.45]);
const P = np.array([
  [0.4, 1.6, 2.2],
  [0.8, 1.1, 0.3],
]);
const C = np
  .linspace(-1, 1.3, 24)
  .reshape(2, 3, 4)
  .add(np.sin(np.arange(24).reshape(2, 3, 4)));

export type Case = readonly [name: string, f: (...args: NdArray[]) => ArrayLike, ...args: ArrayLike[]];

export const arrayCases: readonly Case[] = [
  ['exp, expm1, exp2', (x) => np.exp(x).add(np.expm1(x)).mul(np.exp2(x)), A],
  ['log, log1p, log2, log10', (x) => np.log(x).add(np.log1p(x)).mul(np.log2(x)).sub(np.log10(x)), P],
  ['sqrt, cbrt, square, reciprocal', (x) => np.sqrt(x).add(np.cbrt(x)).mul(np.square(x)).div(np.reciprocal(x)), P],
  ['trigonometry', (x) => np.sin(x).mul(np.cos(x)).add(np.tan(x)).sub(np.arctan(x)), A],
  ['inverse trigonometry', (x) => np.arcsin(x).mul(np.arccos(x)).add(np.arctanh(x)), A.div(2)],
  ['hyperbolic', (x) => np.sinh(x).mul(np.cosh(x)).add(np.tanh(x)).sub(np.arcsinh(x)), A],
  ['sinc near and far from 0', (x) => np.sinc(x), [0, 0.01, 0.3, -1.7]],
  ['abs, sign', (x) => np.abs(x).mul(np.sign(x)).mul(x), A],
  ['arithmetic that broadcasts', (x, y) => x.mul(y).add(x.div(y)).sub(y), A, V],
  ['power of an array', (x, y) => np.power(x, y), P, V],
  ['whole and other powers', (x) => np.power(x, 3).add(np.power(x, -2)).add(np.power(x, 0.7)), P],
  ['mod and fmod', (x, y) => np.mod(x, y).mul(x).add(np.fmod(x, y)), P, [0.7, -0.9, 0.45]],
  [
    'maximum, minimum, clip',
    (x, y) =>
      np
        .maximum(x, y)
        .mul(np.minimum(x, y))
        .add(np.clip(x, -0.5, 0.5)),
    A,
    V,
  ],
  ['arctan2, hypot', (x, y) => np.arctan2(x, y).mul(np.hypot(x, y)), A, V],
  ['logaddexp, also of equal numbers', (x, y) => np.logaddexp(x, y), [0.5, 1, -2], [0.5, 3, -2]],
  ['where', (x) => np.where(np.greater(x, 0), np.sin(x), np.cos(x)), A],
  ['sum and mean over axes', (x) => x.sum(0).mul(x.mean(1).sum()), A],
  [
    'prod, with a zero',
    (x) => x.prod(1),
    [
      [0.5, 0, 2],
      [1.5, -1, 3],
    ],
  ],
  ['max and min', (x) => x.max(1).mul(x.min(1)), A],
  ['var and std', (x) => np.var(x, 0).add(np.std(x, { axis: 1, ddof: 1 }).sum()), A],
  ['cumsum and cumprod', (x) => np.cumsum(x, 1).mul(np.cumprod(x, 0)), A],
  ['cummax', (x) => np.cummax(x, 1), A],
  ['median and quantile', (x) => np.median(x, 1).add(np.quantile(x, 0.3, 1)), A],
  ['average with weights', (x, w) => np.average(x, { axis: 1, weights: np.square(w) }), A, V],
  ['cov and corrcoef', (x) => np.cov(x).add(np.corrcoef(x)), A],
  ['nan-reductions', (x) => np.nanmean(np.where(np.greater(x, 1), NaN, x), 1).mul(np.nanvar(x, 1)), A],
  ['sort', (x) => np.sort(x, 1).mul(np.arange(3)), A],
  ['take', (x) => np.take(x, np.int32([2, 0, 0]), 1), A],
  ['takeAlongAxis', (x) => np.takeAlongAxis(x, np.argsort(x, 1), 1).mul(V), A],
  ['slices', (x) => x.slice(':', '::-1', '1::2').mul(x.slice(1, null, 0, '0:2')), C],
  ['index arrays', (x) => x.slice([0, 1, 0], ':', [1, 3, 1]).mul(x.slice(0, [2, 0, 1], '0:3')), C],
  ['at().set and at().add', (x, y) => x.at(':', 1).set(y).at(0, [0, 0, 2]).add(y.slice(0)).mul(x), A, [0.6, -1.1]],
  ['at().multiply, strided', (x, y) => x.at(0, '::2').multiply(y).at('::-1', 0).divide(2), A, [0.6, -1.1]],
  [
    'masks',
    (x) =>
      x
        .at(np.greater(x, 0))
        .set(np.square(2))
        .mul(x)
        .add(x.slice([true, false]).sum()),
    A,
  ],
  [
    'reshape, transpose, moveaxis',
    (x) =>
      np
        .moveaxis(x, 0, 2)
        .reshape(6, 4)
        .T.mul(x.transpose(2, 0, 1).reshape(4, 6)),
    C,
  ],
  ['flip, roll, tile, repeat', (x) => np.tile(np.flip(x, 1), [2, 1]).mul(np.repeat(np.roll(x, 1, 1), 2, 0)), A],
  [
    'pad',
    (x) =>
      np
        .pad(
          x,
          [
            [1, 0],
            [2, 2],
          ],
          { mode: 'reflect' },
        )
        .sum(0)
        .mul(
          np
            .pad(x, [
              [0, 0],
              [2, 2],
            ])
            .sum(0),
        ),
    A,
  ],
  ['concatenate, stack, split', (x, y) => np.split(np.concatenate([x, np.stack([y, y])], 1), 2, 1)[1].mul(x), A, V],
  ['tril and triu', (x) => np.tril(x).add(np.triu(x, 1).mul(2)), A],
  ['diag, trace', (x) => np.diag(np.diagonal(x)).add(np.trace(x.matmul(B))), A],
  [
    'dot, matmul, inner, outer',
    (x, y) =>
      x
        .matmul(y)
        .add(np.inner(x, x))
        .add(np.outer(x.slice(0), y.slice(':', 0)).sum()),
    A,
    B,
  ],
  [
    'batched matmul',
    (x, y) => np.matmul(x, np.swapaxes(x, 1, 2)).add(np.matmul(x.slice('0:1'), y)),
    C,
    np.ones([4, 3]),
  ],
  [
    'tensordot, vdot, kron',
    (x, y) =>
      np
        .kron(x, y)
        .sum(1)
        .mul(np.vdot(x, y.T))
        .add(np.tensordot(x, y, 2)),
    A,
    B.T,
  ],
  ['cross', (x, y) => np.cross(x, y), A, V],
  ['einsum', (x, y) => np.einsum('ij,jk,kl->il', x, y, x).add(np.einsum('ij,ij->', x, x)), A, B],
  [
    'einsum of diagonals',
    (x) => np.einsum('iij->ji', x).mul(np.einsum('iij->j', x).reshape(3, 1)),
    C.slice(':', '0:2', '0:3'),
  ],
  [
    'linspace and interp',
    (x, y) => np.interp(np.linspace(-0.4, 1.9, 5), [0, 0.5, 1.5], x).mul(np.linspace(y, 2, 5)),
    V,
    0.3,
  ],
  ['interp by all its arguments', (x, xp, fp) => np.interp(x, xp, fp), [0.2, 0.9, 1.4], [0, 0.5, 1.5], [1, -1, 2]],
  [
    'diff, gradient, trapezoid',
    (x) =>
      np
        .diff(x)
        .mul(np.trapezoid(x))
        .add(np.array(np.gradient(x) as NdArray).slice('1:')),
    V,
  ],
  ['convolve and correlate', (x, y) => np.convolve(x, y).mul(np.correlate(x, y, 'full')), V, [0.4, -1, 0.3, 2]],
  ['polyval', (x, y) => np.polyval(x, y), V, A],
  ['vander, meshgrid', (x) => np.vander(x).mul(np.meshgrid([x, x])[0]), V],
  [
    'traced numbers in nested arrays',
    (x) =>
      np.array([
        [x.slice(0), 1],
        [2, x.slice(1).mul(x.slice(2))],
      ]),
    V,
  ],
  ['isclose and comparisons have no derivative', (x) => np.isclose(x, 1).astype('float64').add(x), A],
  ['stopGradient', (x) => stopGradient(np.zerosLike(x)).add(np.square(x)), A],
];

const S = np.array([
  [3, 0.5, -0.4],
  [0.2, 2, 0.7],
  [-0.3, 0.6, 4],
]);
const symmetric = (x: NdArray): NdArray => x.add(x.mT);
const definite = (x: NdArray): NdArray => x.matmul(x.mT).add(np.eye(x.shape[0]));
const S4 = np.sin(np.arange(16).reshape(4, 4)).add(np.eye(4).mul(3));

export const linearCases: readonly Case[] = [
  ['solve', (a, b) => linalg.solve(a, b), S, V],
  ['solve of stacks', (a, b) => linalg.solve(a, b), np.stack([S, S.T]), B],
  ['one matrix for many right-hand sides', (a, b) => linalg.solve(a, b), S, np.stack([B, B.mul(2)])],
  ['inv', (a) => linalg.inv(a), S4],
  ['det of 2×2 and 3×3', (a) => linalg.det(a).add(linalg.det(a.slice('0:2', '0:2'))), S],
  [
    'det of a singular 3×3',
    (a) => linalg.det(a),
    [
      [1, 2, 3],
      [2, 4, 6],
      [1, 0, 1],
    ],
  ],
  ['det of 4×4', (a) => linalg.det(a), S4],
  ['slogdet', (a) => linalg.slogdet(a)[1], S4],
  ['cholesky', (a) => linalg.cholesky(definite(a)), S],
  ['qr', (a) => linalg.qr(a)[0].mul(2).sum(1).add(linalg.qr(a)[1].sum()), B],
  ['lu', (a) => linalg.lu(a)[1].add(linalg.lu(a)[2]), S4],
  ['eigh', (a) => linalg.eigh(symmetric(a))[0].add(np.square(linalg.eigh(symmetric(a))[1]).slice(0)), S],
  ['svd', (a) => linalg.svd(a, { fullMatrices: false })[1].mul(linalg.svdvals(a).sum()), B],
  [
    'svd put together again',
    (a) => {
      const [u, s, vt] = linalg.svd(a, { fullMatrices: false });
      return u.mul(np.sqrt(s)).matmul(vt);
    },
    B,
  ],
  ['pinv', (a) => linalg.pinv(a), B],
  ['pinv of equal singular values', (a) => linalg.pinv(a), np.eye(3, 2)],
  ['pinv of a wide matrix', (a) => linalg.pinv(a), B.T],
  ['lstsq with orthogonal columns', (a, b) => linalg.lstsq(a, b)[0].mul(linalg.lstsq(a, b)[1]), np.eye(3, 2), V],
  ['lstsq', (a, b) => linalg.lstsq(a, b)[0], B, V],
  [
    'triangular systems',
    (a, b) => linalg.solveTriangular(a, b, { lower: true }).add(linalg.solveTriangular(a, b, { transpose: true })),
    S,
    V,
  ],
  [
    'norms of vectors',
    (x) =>
      np.stack([linalg.norm(x), linalg.norm(x, 3), linalg.norm(x, 1), linalg.norm(x, Infinity), linalg.norm(x, 1.5)]),
    V,
  ],
  [
    'norms of matrices',
    (x) =>
      np.stack([
        linalg.norm(x, 'fro'),
        linalg.norm(x, 'nuc'),
        linalg.norm(x, 2),
        linalg.norm(x, 1),
        linalg.norm(x, -Infinity),
      ]),
    B,
  ],
  [
    'matrixPower, multiDot',
    (a) =>
      linalg
        .matrixPower(a, 3)
        .add(linalg.matrixPower(a, -1))
        .add(linalg.multiDot([a, a, a])),
    S,
  ],
  ['expm', (a) => linalg.expm(a), S.div(3)],
  ['expm with squarings', (a) => linalg.expm(a).div(100), S.mul(3)],
];

const activations = [
  'sigmoid',
  'softplus',
  'elu',
  'celu',
  'selu',
  'gelu',
  'silu',
  'mish',
  'logSigmoid',
  'softSign',
  'relu',
  'leakyRelu',
  'relu6',
  'hardTanh',
  'hardSigmoid',
  'hardSwish',
  'softmax',
  'logSoftmax',
  'standardize',
  'logsumexp',
] as const;

export const functionCases: readonly Case[] = [
  ...activations.map((name): Case => [name, (x) => nn[name](x), A]),
  ['gelu, exact', (x) => nn.gelu(x, { approximate: false }), A],
  ['glu', (x) => nn.glu(x, 0), A],
  ['logsumexp with factors', (x, b) => nn.logsumexp(x, { axis: 1, b }), A, P],
  [
    'erf, erfc, erfinv, ndtr',
    (x) => special.erf(x).add(special.erfc(x)).mul(special.erfinv(x)).add(special.ndtr(x)),
    A.div(2),
  ],
  [
    'gamma functions',
    (x) => special.gammaln(x).mul(special.digamma(x)).add(special.polygamma(1, x)).add(special.betaln(x, 2)),
    P,
  ],
  ['logit, expit', (x) => special.logit(x).mul(special.expit(x)), P.div(3)],
  ['xlogy, xlog1py, entr', (x) => special.xlogy(x, x).add(special.xlog1py(x, x)).add(special.entr(x)), P],
];
