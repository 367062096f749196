/** Primitives that loop inside a kernel: reductions, cumulative operations, contractions, convolutions and scans. */
import { sizeOf, type Shape } from '../../program/aval';
import type { Row } from '../../program/program';
import type { EmitterTable, KernelContext } from './context';
import { contractionElement } from './contract';
import { addIndex, clampIndex, scaleIndex, unflatten, type Index } from './indexing';
import { walkAlong } from './strides';
import { sums } from './sums';
import type { Atom } from './writer';

/** The operand's index for a position among the reduced axes. */
function reducedIndex(k: KernelContext, kept: Index, axes: readonly number[], shape: Shape, position: Atom): Index {
  const digits = unflatten(
    k.w,
    position,
    axes.map((axis) => shape[axis]),
  );
  let next = 0;
  return shape.map((_, axis) => (axes.includes(axis) ? digits[axes.indexOf(axis)] : kept[next++]));
}

/** Σ term(position) over `length` positions. */
function sum(k: KernelContext, length: number, term: (position: Atom) => Atom): Atom {
  return sums(k.w, length, { count: 1, at: (position) => [term(position())] })[0];
}

type Combine = (k: KernelContext, total: Atom, value: Atom) => string;

function fold(initial: string, combine: Combine) {
  return (k: KernelContext, row: Row, index: Index): Atom => {
    const [operand] = k.program.operands(row);
    const { axes } = k.program.params<'reduceMax'>(row);
    const { shape } = k.aval(operand);
    const total = k.w.variable(initial);
    k.w.loop(sizeOf(axes.map((axis) => shape[axis])), [total], (position) => {
      const value = k.value(operand, reducedIndex(k, index, axes, shape, position));
      k.w.statement(combine(k, total, value));
    });
    return total;
  };
}

const larger: Combine = (k, total, value) => extremeOf(k, 'glMax', total, value);
const smaller: Combine = (k, total, value) => extremeOf(k, 'glMin', total, value);
function extremeOf(k: KernelContext, name: string, total: Atom, value: Atom): string {
  k.w.use([name]);
  return `${total} = ${name}(${value}, ${total});`;
}
const product: Combine = (_, total, value) => `${total} = ${total} * ${value};`;
const plus: Combine = (_, total, value) => `${total} = ${total} + ${value};`;

const maximum = fold('-inf', larger);
const minimum = fold('inf', smaller);

/** Position of the first extreme along an axis, or of the first NaN. */
function extremePosition(operator: '>' | '<', initial: string) {
  return (k: KernelContext, row: Row, index: Index): Atom => {
    const [operand] = k.program.operands(row);
    const { axis } = k.program.params<'argmax'>(row);
    const { shape } = k.aval(operand);
    const best = k.w.variable(initial);
    const place = k.w.variable('0');
    const lost = k.w.variable('0');
    k.w.loop(shape[axis], [best, place, lost], (position) => {
      const full = [...index.slice(0, axis), position, ...index.slice(axis)];
      const value = k.value(operand, full);
      k.w.use(['glIsNaN']);
      k.w.statement(`if (${value} ${operator} ${best}) { ${best} = ${value}; ${place} = ${position}; }`);
      const isFirst = `glIsNaN(${value}) > 0.5 && ${lost} < 0.5`;
      k.w.statement(`if (${isFirst}) { ${lost} = 1.0; ${place} = ${position}; ${best} = ${best} + ${value}; }`);
    });
    return place;
  };
}

function cumulative(initial: string, combine: Combine) {
  return (k: KernelContext, row: Row, index: Index): Atom => {
    const [operand] = k.program.operands(row);
    const { axis, reverse } = k.program.params<'cumsum'>(row);
    const extent = k.aval(operand).shape[axis];
    const total = k.w.variable(initial);
    // The bound is fixed: WebGL wants it so; positions beyond are skipped.
    k.w.loop(extent, [total], (position) => {
      const value = k.value(
        operand,
        index.map((atom, at) => (at === axis ? position : atom)),
      );
      const reached = reverse ? `${position} >= ${index[axis]}` : `${position} <= ${index[axis]}`;
      k.w.statement(`if (${reached}) { ${combine(k, total, value)} }`);
    });
    return total;
  };
}

export const LOOPS: EmitterTable = {
  reduceSum: (k, row, index) => {
    const [operand] = k.program.operands(row);
    const { axes } = k.program.params<'reduceSum'>(row);
    const { shape } = k.aval(operand);
    const length = sizeOf(axes.map((axis) => shape[axis]));
    const walk = walkAlong(k, operand, axes, [reducedIndex(k, index, axes, shape, '0')]);
    if (!walk) return sum(k, length, (position) => k.value(operand, reducedIndex(k, index, axes, shape, position)));
    const { read, advance, pointers: moving } = walk;
    return sums(k.w, length, { count: 1, at: (_, step) => [read(0, step)], moving, advance })[0];
  },
  reduceProd: fold('1', product),
  reduceMax: maximum,
  reduceMin: minimum,
  reduceAnd: fold('1', smaller),
  reduceOr: fold('0', larger),
  reduceLogSumExp: (k, row, index) => {
    const [operand] = k.program.operands(row);
    const { axes } = k.program.params<'reduceLogSumExp'>(row);
    const { shape } = k.aval(operand);
    const top = k.w.define(`${maximum(k, row, index)} + 0`);
    // An infinite maximum would give NaN as inf − inf; it is the result.
    const shift = k.w.define(`${top} > 3.4e38 ? 0 : ${top} < -3.4e38 ? 0 : ${top}`);
    k.w.use(['glExp', 'glLog']);
    const total = sum(k, sizeOf(axes.map((axis) => shape[axis])), (position) => {
      const value = k.value(operand, reducedIndex(k, index, axes, shape, position));
      return k.w.define(`glExp(${k.w.define(`${value} - ${shift}`)}, inf)`);
    });
    const logarithm = k.w.define(`glLog(${total}, nan, inf)`);
    return k.w.define(`${shift} + ${logarithm}`);
  },
  argmax: extremePosition('>', '-inf'),
  argmin: extremePosition('<', 'inf'),
  cumsum: cumulative('0', plus),
  cumprod: cumulative('1', product),
  cummax: cumulative('-inf', larger),
  cummin: cumulative('inf', smaller),

  dotGeneral: contractionElement,

  conv: (k, row, index) => {
    const [operand, kernel] = k.program.operands(row);
    const params = k.program.params<'conv'>(row);
    const { featureGroupCount, batchGroupCount } = params;
    const size = k.aval(operand).shape;
    const window = k.aval(kernel).shape;
    const groups = featureGroupCount * batchGroupCount;
    const [n, feature, ...place] = index;
    const group = groups === 1 ? '0' : k.w.define(`Math.floor((${feature} + 0.5) / ${window[0] / groups})`);
    const examples = k.aval(row).shape[0];
    const example = batchGroupCount === 1 ? n : addIndex(k.w, scaleIndex(k.w, group, examples), n);
    return sum(k, sizeOf(window.slice(1)), (position) => {
      const [channel, ...offsets] = unflatten(k.w, position, window.slice(1));
      const inFeature = featureGroupCount === 1 ? channel : addIndex(k.w, scaleIndex(k.w, group, window[1]), channel);
      let inside = '1';
      const source = place.map((atom, axis) => {
        const raw = k.w.define(
          `${atom} * ${params.strides[axis]} + ${offsets[axis]} * ${params.rhsDilation[axis]} - ${params.padding[axis][0]}`,
        );
        const dilation = params.lhsDilation[axis];
        const at = dilation === 1 ? raw : k.w.define(`Math.floor((${raw} + 0.5) / ${dilation})`);
        const exact = dilation === 1 ? '1' : k.w.define(`${at} * ${dilation} === ${raw} ? 1 : 0`);
        const within = k.w.define(`${at} >= 0 && ${at} < ${size[axis + 2]} ? 1 : 0`);
        for (const flag of [exact, within])
          if (flag !== '1') inside = inside === '1' ? flag : k.w.define(`${inside} * ${flag}`);
        return clampIndex(k.w, at, size[axis + 2]);
      });
      const x = k.value(operand, [example, inFeature, ...source]);
      const y = k.value(kernel, [feature, channel, ...offsets]);
      // What lies outside is 0, which times NaN or infinity is NaN.
      const padded = inside === '1' ? x : k.w.define(`${inside} > 0.5 ? ${x} : 0`);
      return k.w.define(`${padded} * ${y}`);
    });
  },
};
