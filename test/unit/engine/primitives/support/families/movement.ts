/** Cases of what moves elements: reshapes, slices, gather, scatter. */
import type { ArrayValue } from '../../../../../../src/engine/program/aval';
import type { Case, Cases, Random } from '../caseTypes';
import { integers, LINEAR, matrix } from '../operands';
import { array, scalar, uniform } from '../values';

const int = (value: number) => scalar(value, 'int32');

const scatterCases = (updates: (random: Random, shape: number[]) => ArrayValue): readonly Case<'scatterAdd'>[] => [
  {
    // rows 0, 2 and one outside
    params: { axes: [0], batchDims: 0 },
    operands: (random) => [matrix(random), array([3, 1], [0, 2, 7], 'int32'), updates(random, [3, 4])],
    linear: [[0], [2], [0, 2]],
  },
  {
    // single elements, one place twice
    params: { axes: [1, 0], batchDims: 0 },
    operands: (random) => [
      matrix(random),
      array([2, 2, 2], [0, 0, 3, 2, 0, 0, -1, 1], 'int32'),
      updates(random, [2, 2]),
    ],
    linear: [[0], [2], [0, 2]],
  },
  {
    params: { axes: [2], batchDims: 1 },
    operands: (random) => [uniform(random, [2, 2, 3]), integers(random, [2, 2, 1], 0, 3), updates(random, [2, 2, 2])],
    linear: [[0], [2], [0, 2]],
  },
];

export const movementCases = {
  reshape: [
    { params: { shape: [2, 6] }, operands: (random) => [matrix(random)], ...LINEAR },
    { params: { shape: [] }, operands: (random) => [uniform(random, [1, 1])], ...LINEAR },
  ],
  transpose: [
    { params: { permutation: [1, 0] }, operands: (random) => [matrix(random)], ...LINEAR },
    { params: { permutation: [2, 0, 1] }, operands: (random) => [uniform(random, [2, 3, 4])], ...LINEAR },
  ],
  broadcastInDim: [
    { params: { shape: [2, 3], broadcastDimensions: [] }, operands: (random) => [uniform(random, [])], ...LINEAR },
    {
      params: { shape: [4, 2, 3], broadcastDimensions: [0, 2] },
      operands: (random) => [uniform(random, [4, 1])],
      ...LINEAR,
    },
    { params: { shape: [2, 3], broadcastDimensions: [1] }, operands: (random) => [uniform(random, [3])], ...LINEAR },
    {
      params: { shape: [1, 3], broadcastDimensions: [0, 1] },
      operands: (random) => [uniform(random, [1, 3])],
      ...LINEAR,
    },
  ],
  concatenate: [
    {
      params: { axis: 0 },
      operands: (random) => [uniform(random, [2, 3]), uniform(random, [1, 3])],
      linear: [[0], [1], [0, 1]],
    },
    {
      params: { axis: 1 },
      operands: (random) => [uniform(random, [2, 1]), uniform(random, [2, 0]), uniform(random, [2, 2])],
      linear: [[0], [2], [0, 1, 2]],
    },
  ],
  slice: [
    { params: { start: [1, 0], limit: [3, 4], strides: [1, 2] }, operands: (random) => [matrix(random)], ...LINEAR },
    { params: { start: [0, 1], limit: [3, 3], strides: [2, 3] }, operands: (random) => [matrix(random)], ...LINEAR },
  ],
  pad: [
    {
      params: { low: [1, 0], high: [0, 2], interior: [1, 0] },
      operands: (random) => [uniform(random, [2, 3]), uniform(random, [])],
      linear: [[0], [1], [0, 1]],
    },
    {
      params: { low: [-1, 2], high: [1, -2], interior: [0, 2] },
      operands: (random) => [uniform(random, [3, 3]), uniform(random, [])],
      linear: [[0], [1], [0, 1]],
    },
    {
      params: { low: [-3], high: [-2], interior: [1] },
      operands: (random) => [uniform(random, [5]), uniform(random, [])],
      linear: [[0], [1], [0, 1]],
    },
  ],
  reverse: [
    { params: { axes: [1] }, operands: (random) => [matrix(random)], ...LINEAR },
    { params: { axes: [0, 1] }, operands: (random) => [matrix(random)], ...LINEAR },
  ],
  iota: [{ params: { shape: [2, 3], axis: 1, dtype: 'float64' }, operands: () => [] }],

  gather: [
    {
      params: { axes: [0], batchDims: 0 },
      operands: (random) => [matrix(random), array([4, 1], [2, 0, 2, 9], 'int32')],
      ...LINEAR,
    },
    {
      params: { axes: [1, 0], batchDims: 0 },
      operands: (random) => [matrix(random), array([2, 2, 2], [0, 0, 3, 2, 1, -4, 1, 1], 'int32')],
      ...LINEAR,
    },
    {
      params: { axes: [1], batchDims: 0 },
      operands: (random) => [uniform(random, [2, 3, 2]), integers(random, [1], 0, 3)],
      ...LINEAR,
    },
    {
      params: { axes: [2], batchDims: 1 },
      operands: (random) => [uniform(random, [2, 2, 3]), integers(random, [2, 2, 1], 0, 3)],
      ...LINEAR,
    },
    {
      params: { axes: [1], batchDims: 1 },
      operands: (random) => [uniform(random, [2, 3]), integers(random, [2, 2, 1], 0, 3)],
      ...LINEAR,
    },
  ],
  scatterAdd: scatterCases((random, shape) => uniform(random, shape)),
  scatterSet: scatterCases((random, shape) => uniform(random, shape)),
  dynamicSlice: [
    {
      params: { sizes: [2, 3] },
      operands: (random) => [matrix(random), integers(random, [], -1, 3), integers(random, [], 0, 4)],
      ...LINEAR,
    },
    { params: { sizes: [2] }, operands: (random) => [uniform(random, [5]), int(1)], ...LINEAR },
  ],
  dynamicUpdateSlice: [
    {
      params: undefined,
      operands: (random) => [
        matrix(random),
        uniform(random, [2, 3]),
        integers(random, [], -1, 3),
        integers(random, [], 0, 4),
      ],
      linear: [[0], [1], [0, 1]],
    },
  ],
} satisfies Partial<Cases>;
