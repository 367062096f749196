/** What a program of arrays computes, without its views: nodes that read arrays through strides and write one array each. */
import { gatherStrided } from '../../primitives/arrays';
import { OPCODES, OPCODE_NAMES } from '../../primitives/opcodes';
import type { PrimitiveName } from '../../primitives/params';
import { allocate, sizeOf, type ArrayValue, type Aval, type DType, type Shape } from '../../program/aval';
import { primitive } from '../../primitives/table';
import type { Program, Row } from '../../program/program';
import { isTest, tapeArity } from '../scalar/operations';
import { isFlat, isUniform, mergeAxes, Views, type View } from './views';

/** A node's operand: the array that it reads and how its own index space walks over it. */
export interface Access {
  /** Index of the value read. */
  readonly value: number;
  readonly offset: number;
  readonly strides: readonly number[];
}

export interface Value {
  readonly aval: Aval;
  readonly size: number;
  /** Number of a literal. */
  readonly literal?: number;
  readonly input?: number;
  /** Known once and for all. */
  readonly constant?: ArrayValue;
}

type NodeKind = 'elementwise' | 'reduce' | 'dot' | 'other' | 'guard';

/** What runs in generated code: float64 or float32 arithmetic; 'other' only by the primitives' own evaluation. */
export type Lane = 'float64' | 'float32';

export interface ArrayNode {
  readonly kind: NodeKind;
  readonly row: Row;
  readonly opcode: number;
  /** The index space: the operand's shape for reductions. */
  readonly domain: Shape;
  readonly operands: readonly Access[];
  /** Values that it writes. */
  readonly results: readonly number[];
  /** reduce: axes of the domain. */
  readonly axes?: readonly number[];
  readonly lane: Lane;
  readonly dot?: Contraction;
}

/** A batched product of matrices in strides: C[b, m, n] = Σₖ A[b, m, k] B[b, k, n], C in order. */
export interface Contraction {
  readonly batch: readonly { readonly extent: number; readonly a: number; readonly b: number }[];
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: { readonly row: number; readonly inner: number };
  readonly b: { readonly inner: number; readonly column: number };
}

export interface ArrayGraph {
  readonly program: Program;
  readonly values: readonly Value[];
  readonly nodes: readonly ArrayNode[];
  /** For each output the value that holds it, in order. */
  readonly outputs: readonly number[];
}

/** Stands for copying, in a node. */
export const COPY = OPCODES.stopGradient;
const REDUCTIONS = new Set<number>([OPCODES.reduceSum, OPCODES.reduceProd, OPCODES.reduceMax, OPCODES.reduceMin]);

function isElementwise(opcode: number): boolean {
  return tapeArity[opcode] > 0 && opcode !== OPCODES.input && opcode !== OPCODES.literal && opcode !== OPCODES.guard;
}

/** Generated code knows floats and booleans. */
function isKnown(dtype: DType): boolean {
  return dtype === 'float64' || dtype === 'float32' || dtype === 'bool';
}

export class GraphBuilder {
  private readonly values: Value[] = [];
  private readonly nodes: ArrayNode[] = [];
  private readonly views: Views;
  /** Value of every row that is not a view; −1 for none. */
  private readonly valueOf: Int32Array;
  /** The node of a comparison, to repeat it where its result is read: masks are cheaper to make than to keep. */
  private readonly tests = new Map<number, ArrayNode>();

  constructor(private readonly program: Program) {
    this.views = new Views(program);
    this.valueOf = new Int32Array(program.size).fill(-1);
  }

  build(): ArrayGraph {
    const { program } = this;
    const needed = neededRows(program);
    program.inputs.forEach((row, index) => this.define(row, program.aval(row), { input: index }));
    for (let row = 0; row < program.size; row++) if (needed[row]) this.row(row);
    const outputs = Array.from(program.outputs, (row) => this.whole(row));
    return { program, values: this.values, nodes: this.nodes, outputs };
  }

  private define(row: Row, aval: Aval, more: Partial<Value> = {}): number {
    const index = this.values.push({ aval, size: sizeOf(aval.shape), ...more }) - 1;
    if (row >= 0) this.valueOf[row] = index;
    return index;
  }

  private access(view: View): Access {
    return { value: this.valueOf[view.leaf], offset: view.offset, strides: view.strides };
  }

  private operand(row: Row): Access {
    return this.access(this.views.of(row));
  }

  /** The value that holds a row's array in order: a copy where the row is another look at one. */
  private whole(row: Row): number {
    const view = this.views.of(row);
    const aval = this.program.aval(row);
    const value = this.valueOf[view.leaf];
    const held = this.values[value];
    if (
      held.literal === undefined &&
      view.offset === 0 &&
      isFlat(view.strides, aval.shape) &&
      held.size === sizeOf(aval.shape)
    ) {
      return value;
    }
    return this.copy(this.access(view), aval, aval.shape, row);
  }

  /** A node that copies what an access sees. */
  private copy(operand: Access, aval: Aval, domain: Shape, row: Row): number {
    const fixed = this.fixed(operand.value);
    if (fixed)
      return this.define(-1, aval, {
        constant: {
          ...aval,
          data: gatherStrided(fixed.data, aval.dtype, domain, operand.strides, operand.offset).data,
        },
      });
    const result = this.define(-1, aval);
    this.push({ kind: 'elementwise', row, opcode: COPY, domain, operands: [operand], results: [result] });
    return result;
  }

  private push(node: Omit<ArrayNode, 'lane'>): void {
    const dtypes = [
      ...node.operands.map(({ value }) => this.values[value]),
      ...node.results.map((value) => this.values[value]),
    ]
      .filter(({ literal }) => literal === undefined)
      .map(({ aval }) => aval.dtype);
    const lane: Lane = dtypes.includes('float32') && !dtypes.includes('float64') ? 'float32' : 'float64';
    let { kind } = node;
    if (kind !== 'other' && !dtypes.every(isKnown)) kind = 'other';
    // Booleans alone have no lane: they go with float64.
    this.nodes.push({ ...node, kind, lane });
  }

  private row(row: Row): void {
    const { program } = this;
    const opcode = program.opcode(row);
    switch (opcode) {
      case OPCODES.input:
        return;
      case OPCODES.literal:
        this.define(row, program.aval(row), { literal: program.literal(row) });
        return;
      case OPCODES.constant:
        this.define(row, program.aval(row), { constant: program.constant(row) });
        return;
      case OPCODES.project:
        return;
      case OPCODES.guard: {
        const operand = this.operand(program.operand(row, 0));
        this.valueOf[row] = operand.value;
        this.push({ kind: 'guard', row, opcode, domain: [], operands: [operand], results: [] });
        return;
      }
      case OPCODES.dotGeneral:
        this.dot(row);
        return;
      default:
    }
    const several = program.hasSeveralResults(row);
    if (!several && this.views.of(row).leaf !== row) return;
    if (opcode === OPCODES.reshape) {
      const operand = program.operand(row, 0);
      this.valueOf[row] = this.copy(this.operand(operand), program.aval(row), program.aval(operand).shape, row);
      return;
    }
    if (opcode === OPCODES.convert) {
      const { literal } = this.values[this.operand(program.operand(row, 0)).value];
      const { dtype, shape } = program.aval(row);
      if (literal !== undefined && shape.length === 0 && isKnown(dtype)) {
        this.define(row, program.aval(row), {
          literal: allocate(dtype, 1).fill(dtype === 'bool' ? Number(literal !== 0) : literal)[0],
        });
        return;
      }
    }
    const known =
      !several &&
      isKnown(program.aval(row).dtype) &&
      Array.from(program.operands(row)).every((operand) => isKnown(program.aval(operand).dtype));
    if (known && isElementwise(opcode)) {
      const { shape } = program.aval(row);
      const operands = Array.from(program.operands(row), (operand) => this.testedAgain(this.operand(operand), shape));
      const result = this.define(row, program.aval(row));
      this.push({ kind: 'elementwise', row, opcode, domain: shape, operands, results: [result] });
      const node = this.nodes[this.nodes.length - 1];
      if (
        isTest[opcode] &&
        opcode !== OPCODES.and &&
        opcode !== OPCODES.or &&
        opcode !== OPCODES.xor &&
        opcode !== OPCODES.not
      ) {
        this.tests.set(result, node);
      }
      return;
    }
    if (known && REDUCTIONS.has(opcode)) {
      const operand = program.operand(row, 0);
      const { axes } = program.params<'reduceSum'>(row);
      const result = this.define(row, program.aval(row));
      const domain = program.aval(operand).shape;
      this.push({ kind: 'reduce', row, opcode, domain, operands: [this.operand(operand)], results: [result], axes });
      return;
    }
    this.other(row, several);
  }

  /** A comparison's result read in order: the comparison itself, once more, next to its reader. */
  private testedAgain(operand: Access, domain: Shape): Access {
    const test = this.tests.get(operand.value);
    if (!test || operand.offset !== 0 || !isFlat(operand.strides, domain)) return operand;
    if (
      sizeOf(test.domain) !== sizeOf(domain) ||
      test.operands.some(({ strides }) => !isUniform(strides, test.domain) && !isFlat(strides, test.domain))
    ) {
      return operand;
    }
    const result = this.define(-1, this.values[test.results[0]].aval);
    this.nodes.push({ ...test, results: [result] });
    return { ...operand, value: result };
  }

  /** Evaluated by the primitive's own rule, on whole arrays. */
  private other(row: Row, several: boolean): void {
    const { program } = this;
    const operands = Array.from(program.operands(row), (operand): Access => {
      const value = this.wholeOf(operand);
      return { value, offset: 0, strides: [] };
    });
    const fixed = operands.map(({ value }, index) => {
      const known = this.fixed(value);
      return known && { shape: program.aval(program.operand(row, index)).shape, dtype: known.dtype, data: known.data };
    });
    if (fixed.every((value) => value !== undefined) && !several) {
      const result = primitive(program.name(row)).evaluate(
        fixed as ArrayValue[],
        program.params(row) as never,
      ) as ArrayValue;
      this.define(row, program.aval(row), { constant: result });
      return;
    }
    const results = several
      ? program.tuple(row).map((aval, index) => this.define(row + 1 + index, aval))
      : [this.define(row, program.aval(row))];
    this.push({ kind: 'other', row, opcode: program.opcode(row), domain: [], operands, results });
  }

  /** A value that is known before the program runs. */
  private fixed(value: number): ArrayValue | undefined {
    const { aval, literal, constant } = this.values[value];
    if (literal === undefined) return constant;
    return { ...aval, data: allocate(aval.dtype, 1).fill(literal) };
  }

  private wholeOf(row: Row): number {
    return this.program.opcode(row) === OPCODES.literal ? this.operand(row).value : this.whole(row);
  }

  private dot(row: Row): void {
    const { program } = this;
    const [left, right] = program.operands(row);
    const aval = program.aval(row);
    if (!isKnown(aval.dtype) || aval.dtype === 'bool') {
      this.other(row, false);
      return;
    }
    const { lhsBatch, lhsContract, rhsBatch, rhsContract } = program.params<'dotGeneral'>(row);
    const lhs = this.sides(left, lhsBatch, lhsContract, 'free first');
    const rhs = this.sides(right, rhsBatch, rhsContract, 'contracted first');
    const result = this.define(row, aval);
    const contraction: Contraction = {
      batch: lhs.batch.map(({ extent, stride }, index) => ({ extent, a: stride, b: rhs.batch[index].stride })),
      m: lhs.free.extent,
      n: rhs.free.extent,
      k: lhs.contracted.extent,
      a: { row: lhs.free.stride, inner: lhs.contracted.stride },
      b: { inner: rhs.contracted.stride, column: rhs.free.stride },
    };
    const operands = [lhs.access, rhs.access];
    this.push({
      kind: 'dot',
      row,
      opcode: OPCODES.dotGeneral,
      domain: aval.shape,
      operands,
      results: [result],
      dot: contraction,
    });
  }

  /** An operand of a contraction as [batch, free, contracted] with one stride for all free and one for all contracted axes. */
  private sides(row: Row, batchAxes: readonly number[], contractAxes: readonly number[], order: string) {
    const { shape } = this.program.aval(row);
    let access = this.operand(row);
    const held = this.values[access.value];
    const freeAxes = shape
      .map((_, axis) => axis)
      .filter((axis) => !batchAxes.includes(axis) && !contractAxes.includes(axis));
    const pick = (axes: readonly number[]) =>
      axes.map((axis) => ({ extent: shape[axis], stride: access.strides[axis] }));
    const extent = (axes: readonly number[]) => axes.reduce((product, axis) => product * shape[axis], 1);
    let free = mergeAxes(pick(freeAxes));
    let contracted = mergeAxes(pick(contractAxes));
    if (free === undefined || contracted === undefined || held.literal !== undefined) {
      // No single stride: a copy in the order wanted.
      const axes = [
        ...batchAxes,
        ...(order === 'free first' ? [...freeAxes, ...contractAxes] : [...contractAxes, ...freeAxes]),
      ];
      const copied = axes.map((axis) => shape[axis]);
      const aval: Aval = { shape: copied, dtype: this.program.aval(row).dtype };
      const value = this.copy({ ...access, strides: axes.map((axis) => access.strides[axis]) }, aval, copied, row);
      const strides = new Array<number>(shape.length).fill(0);
      let step = 1;
      for (const axis of [...axes].reverse()) {
        strides[axis] = step;
        step *= shape[axis];
      }
      access = { value, offset: 0, strides };
      free = mergeAxes(pick(freeAxes)) as number;
      contracted = mergeAxes(pick(contractAxes)) as number;
    }
    return {
      access,
      batch: pick(batchAxes),
      free: { extent: extent(freeAxes), stride: free },
      contracted: { extent: extent(contractAxes), stride: contracted },
    };
  }
}

function neededRows(program: Program): Uint8Array {
  const { opcodes, operandStarts, operands, outputs } = program.columns;
  const needed = new Uint8Array(program.size);
  for (const row of outputs) needed[row] = 1;
  for (let row = program.size - 1; row >= 0; row--) {
    if (opcodes[row] === OPCODES.guard) needed[row] = 1;
    if (!needed[row]) continue;
    for (let at = operandStarts[row]; at < operandStarts[row + 1]; at++) needed[operands[at]] = 1;
  }
  return needed;
}

/** Structured primitives carry programs: they are evaluated by their own rules. */
export function nameOf(opcode: number): PrimitiveName {
  return OPCODE_NAMES[opcode] as PrimitiveName;
}
