/**
 * How dependence goes through each linear primitive: for every element of the results, the inputs that it may depend on. Exact up
 * to values for all that moves, maps, sums and multiplies; all of a matrix in linear algebra.
 */
import type { PrimitiveName } from '../../primitives/params';
import type { ParamsOf } from '../../program/program';
import { contracted, convolved, matrixwise } from './contractions';
import { product, same, selected, united } from './elementwise';
import { dynamicallySliced, dynamicallyUpdated, gathered, moved, scattered } from './movement';
import type { PatternRule } from './pattern';
import { reduced, running } from './reductions';

/**
 * Rules of the primitives that linear programs consist of (those with a transposition). The ones that hold programs are in
 * dependence.ts.
 */
export const patternRules: { readonly [P in PrimitiveName]?: PatternRule<ParamsOf<P>> } = {
  neg: same,
  convert: same,
  add: united,
  sub: united,
  mul: product,
  div: same,
  select: selected,

  reduceSum: reduced,
  cumsum: running,

  reshape: same,
  transpose: moved('transpose'),
  broadcastInDim: moved('broadcastInDim'),
  concatenate: moved('concatenate'),
  slice: moved('slice'),
  pad: moved('pad'),
  reverse: moved('reverse'),

  gather: gathered,
  scatterAdd: scattered(true),
  scatterSet: scattered(false),
  dynamicSlice: dynamicallySliced,
  dynamicUpdateSlice: dynamicallyUpdated,

  dotGeneral: contracted,
  conv: convolved,
  triangularSolve: matrixwise,
};
