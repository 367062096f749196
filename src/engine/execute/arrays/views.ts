/** Operations that only look at an array in another way, composed into strides: no temporaries for them. */
import { stridesOf } from '../../primitives/arrays';
import { OPCODES } from '../../primitives/opcodes';
import type { Shape } from '../../program/aval';
import type { Program, Row } from '../../program/program';

/** Element (i₀, i₁, …) stands at offset + Σ i_d · strides[d] of the row-major array of `leaf`. */
export interface View {
  readonly leaf: Row;
  readonly offset: number;
  readonly strides: readonly number[];
}

/** Do the strides walk a row-major array of this shape in order? Axes of extent 1 do not count. */
export function isFlat(strides: readonly number[], shape: Shape): boolean {
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] === 1) continue;
    if (strides[axis] !== step) return false;
    step *= shape[axis];
  }
  return true;
}

/** The same element everywhere. */
export function isUniform(strides: readonly number[], shape: Shape): boolean {
  return strides.every((stride, axis) => stride === 0 || shape[axis] === 1);
}

/** Views of all rows of a program, made when asked for. */
export class Views {
  private readonly known = new Map<Row, View>();

  constructor(private readonly program: Program) {}

  of(row: Row): View {
    let view = this.known.get(row);
    if (!view) this.known.set(row, (view = this.make(row)));
    return view;
  }

  private leaf(row: Row): View {
    return { leaf: row, offset: 0, strides: stridesOf(this.program.aval(row).shape) };
  }

  private make(row: Row): View {
    const { program } = this;
    const { shape } = program.hasSeveralResults(row) ? { shape: [] } : program.aval(row);
    switch (program.opcode(row)) {
      case OPCODES.stopGradient:
        return this.of(program.operand(row, 0));
      case OPCODES.convert:
        return program.aval(program.operand(row, 0)).dtype === program.aval(row).dtype
          ? this.of(program.operand(row, 0))
          : this.leaf(row);
      case OPCODES.broadcastInDim: {
        const operand = program.operand(row, 0);
        const of = this.of(operand);
        const extents = program.aval(operand).shape;
        const strides = shape.map(() => 0);
        program.params<'broadcastInDim'>(row).broadcastDimensions.forEach((axis, index) => {
          if (extents[index] === shape[axis]) strides[axis] = of.strides[index];
        });
        return { leaf: of.leaf, offset: of.offset, strides };
      }
      case OPCODES.transpose: {
        const of = this.of(program.operand(row, 0));
        const { permutation } = program.params<'transpose'>(row);
        return { leaf: of.leaf, offset: of.offset, strides: permutation.map((axis) => of.strides[axis]) };
      }
      case OPCODES.reverse: {
        const of = this.of(program.operand(row, 0));
        const strides = [...of.strides];
        let { offset } = of;
        for (const axis of program.params<'reverse'>(row).axes) {
          offset += (shape[axis] - 1) * strides[axis];
          strides[axis] = -strides[axis];
        }
        return { leaf: of.leaf, offset, strides };
      }
      case OPCODES.slice: {
        const of = this.of(program.operand(row, 0));
        const { start, strides: steps } = program.params<'slice'>(row);
        let { offset } = of;
        start.forEach((first, axis) => (offset += first * of.strides[axis]));
        return { leaf: of.leaf, offset, strides: of.strides.map((stride, axis) => stride * steps[axis]) };
      }
      case OPCODES.reshape:
        return this.reshaped(row, shape);
      default:
        return program.hasSeveralResults(row) ? { leaf: row, offset: 0, strides: [] } : this.leaf(row);
    }
  }

  /** A reshape is a view where the operand is in order, or where only axes of extent 1 come and go; else it is a copy. */
  private reshaped(row: Row, shape: Shape): View {
    const operand = this.program.operand(row, 0);
    const of = this.of(operand);
    const from = this.program.aval(operand).shape;
    if (isUniform(of.strides, from)) return { leaf: of.leaf, offset: of.offset, strides: shape.map(() => 0) };
    if (isFlat(of.strides, from)) return { leaf: of.leaf, offset: of.offset, strides: stridesOf(shape) };
    const proper = from.flatMap((extent, axis) => (extent === 1 ? [] : [{ extent, stride: of.strides[axis] }]));
    const wanted = shape.filter((extent) => extent !== 1);
    if (proper.length === wanted.length && wanted.every((extent, index) => proper[index].extent === extent)) {
      let next = 0;
      return {
        leaf: of.leaf,
        offset: of.offset,
        strides: shape.map((extent) => (extent === 1 ? 0 : proper[next++].stride)),
      };
    }
    return this.leaf(row);
  }
}

/** One stride for several axes walked as one, or undefined where there is none. */
export function mergeAxes(axes: readonly { readonly extent: number; readonly stride: number }[]): number | undefined {
  let stride = 0;
  let span: number | undefined;
  for (let index = axes.length - 1; index >= 0; index--) {
    const axis = axes[index];
    if (axis.extent === 1) continue;
    if (span === undefined) stride = axis.stride;
    else if (axis.stride !== span) return undefined;
    span = axis.stride * axis.extent;
  }
  return stride;
}
