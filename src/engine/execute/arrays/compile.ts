/** A program of arrays compiled: generated code for what it knows, the primitives' own evaluation for the rest. */
import { gatherStrided } from '../../primitives/arrays';
import { OPCODES } from '../../primitives/opcodes';
import { primitive } from '../../primitives/table';
import { GuardError } from '../../errors';
import { allocate, sameShape, type ArrayData, type ArrayValue, type Aval, type DType } from '../../program/aval';
import type { Program } from '../../program/program';
import { Arena } from '../arena';
import { interpret } from '../interpret';
import { scalarFunction, tapeArity } from '../scalar/operations';
import { F64, I32, OP } from '../wasm/instructions';
import { ModuleWriter } from '../wasm/module';
import { withoutCalls } from './flatten';
import { GroupKernel } from './kernel';
import { importName } from '../roll/scalarCode';
import { needsImport, type Library } from './lanes';
import { isSmall, scratchBytes, sharedProduct, writeLarge } from './largeProduct';
import { DOUBLE, SINGLE, type Precision } from './precision';
import { writeSmall } from './smallProduct';
import { COPY, GraphBuilder, nameOf, type ArrayGraph, type ArrayNode, type Contraction } from './nodes';
import { schedule, type Schedule, type Step } from './schedule';
import { accessKey, BYTES } from './streams';
import { ConstantTable, VectorMath } from './vectorMath';
import { importShared, isWorthSharing, productName, sharedImports } from './threads';
import { lent, type SharedWork } from '../threads';

const PAGE = 65536;
/** Constants of vector code stand first; address 0 stays free. */
const CONSTANTS_AT = 64;
const MOST_CONSTANTS = 256;
const START = CONSTANTS_AT + 8 * MOST_CONSTANTS;

export interface CompiledArrays {
  run(inputs: readonly ArrayValue[]): ArrayValue[];
  readonly codeBytes: number;
  readonly memoryBytes: number;
  readonly steps: number;
}

interface Placement {
  /** Address of every value that generated code reads or writes, −1 for none. */
  readonly addresses: Float64Array;
  readonly scratch: number;
  readonly bytes: number;
}

function place(graph: ArrayGraph, plan: Schedule, threads: number): Placement {
  const { values } = graph;
  const { steps, stepOf, lastRead } = plan;
  const addresses = new Float64Array(values.length).fill(-1);
  let next = START;
  const align = (bytes: number) => (bytes + 15) & ~15;
  const bytesOf = (value: number) => align(values[value].size * BYTES[values[value].aval.dtype]);
  const read = readByCode(graph, plan);
  // Inputs and constants stay where they are for good.
  for (let value = 0; value < values.length; value++) {
    const { input, constant } = values[value];
    if ((input === undefined && constant === undefined) || read[value] === 0) continue;
    addresses[value] = next;
    next += bytesOf(value);
  }
  let scratch = 0;
  for (const step of steps) {
    if (step.kind !== 'dot' || !step.node.dot || isSmall(step.node.dot)) continue;
    const precision = step.node.lane === 'float64' ? DOUBLE : SINGLE;
    scratch = Math.max(scratch, scratchBytes(step.node.dot, precision) * (threads + 1) + 16 * threads);
  }
  const scratchAt = next;
  next += align(scratch);
  const arena = new Arena(next, steps.length + 1);
  steps.forEach((step, at) => {
    if (at > 0) arena.expire(at - 1);
    const handed = new Set<number>();
    // What only this loop still reads, at the place where it writes, and has read by then, is overwritten.
    const inPlace = (node: ArrayNode, result: number) =>
      node.kind !== 'elementwise' || step.kind !== 'group'
        ? undefined
        : node.operands.find(
            ({ value }) =>
              lastRead[value] === at &&
              stepOf[value] >= 0 &&
              stepOf[value] < at &&
              addresses[value] >= 0 &&
              !handed.has(value) &&
              values[value].aval.dtype === values[result].aval.dtype &&
              values[value].size === values[result].size &&
              step.nodes.every((reader) =>
                reader.operands.every(
                  (operand) => operand.value !== value || accessKey(reader, operand) === `${value}:0:f`,
                ),
              ),
          )?.value;
    for (const node of step.kind === 'group' ? step.nodes : [step.node]) {
      for (const value of node.results) {
        if (addresses[value] >= 0 || stepOf[value] !== at) continue;
        if (step.kind === 'other' ? read[value] === 0 : lastRead[value] < 0) continue;
        const last = Math.max(lastRead[value], at);
        const over = inPlace(node, value);
        if (over !== undefined) handed.add(over);
        addresses[value] =
          over === undefined ? arena.take(bytesOf(value), last) : arena.hand(addresses[over], at, last);
      }
    }
  });
  return { addresses, scratch: scratchAt, bytes: arena.end + 64 };
}

/** 1 for each value that generated code reads. */
function readByCode(graph: ArrayGraph, plan: Schedule): Uint8Array {
  const read = new Uint8Array(graph.values.length);
  for (const step of plan.steps) {
    if (step.kind === 'other') continue;
    for (const node of step.kind === 'group' ? step.nodes : [step.node])
      for (const { value } of node.operands) read[value] = 1;
  }
  return read;
}

/** @returns undefined for programs that hold nothing for generated code to do */
export function compileArrays(program: Program): CompiledArrays | undefined {
  for (const aval of program.columns.avals) if (aval.shape.includes(0)) return undefined;
  const graph = new GraphBuilder(withoutCalls(program)).build();
  const plan = schedule(graph);
  if (!plan.steps.some((step) => step.kind !== 'other')) return undefined;
  const isShared = plan.steps.some((step) => step.kind === 'dot' && step.node.dot && isWorthSharing(step.node.dot));
  const threads = isShared ? lent.threads : undefined;
  const placement = place(graph, plan, threads?.count ?? 0);
  const module = new ModuleWriter();
  const outside = threads ? importShared(module) : undefined;
  const imports = new Map<number, number>();
  for (const { opcode, kind } of graph.nodes) {
    if (kind !== 'elementwise' || imports.has(opcode) || !needsImport(opcode)) continue;
    const params = new Array<typeof F64>(tapeArity[opcode]).fill(F64);
    imports.set(opcode, module.import(importName(opcode), params, [F64]));
  }
  const constants = new ConstantTable(CONSTANTS_AT, MOST_CONSTANTS);
  const library: Library = {
    imported: (opcode) => imports.get(opcode) as number,
    math: new VectorMath(module, constants),
  };
  const runs = writeSteps(graph, plan, placement, module, library, outside);
  const pages = Math.ceil(placement.bytes / PAGE);
  const bytes = module.encode(threads ? pages : undefined);
  const memory = new WebAssembly.Memory(
    threads ? { initial: pages, maximum: pages, shared: true } : { initial: pages },
  );
  constants.fill(memory.buffer);
  const compiled = new WebAssembly.Module(bytes);
  const work = threads?.lend(compiled, memory);
  const env: Record<string, WebAssembly.ImportValue> = {
    memory,
    ...(work ? sharedImports(work, () => exports) : {}),
  };
  for (const opcode of imports.keys()) env[importName(opcode)] = scalarFunction(opcode);
  const { exports } = new WebAssembly.Instance(compiled, { env });
  return new Runner(graph, plan, placement, runs, memory.buffer, exports, bytes.length, work).executable();
}

/** Consecutive steps of generated code, as the name of an exported function, or a node to evaluate. */
type Run = { readonly name: string } | { readonly node: ArrayNode };

function writeSteps(
  graph: ArrayGraph,
  plan: Schedule,
  placement: Placement,
  module: ModuleWriter,
  library: Library,
  outside: ReadonlyMap<Precision, number> | undefined,
): Run[] {
  const products = new Map<Precision, number>();
  const productFor = (precision: Precision, c: Contraction): number => {
    let index = products.get(precision);
    if (index === undefined)
      products.set(precision, (index = sharedProduct(module, precision, outside && productName(precision))));
    return (isWorthSharing(c) ? outside?.get(precision) : undefined) ?? index;
  };
  const runs: Run[] = [];
  let open: number[] = [];
  const close = () => {
    if (open.length === 0) return;
    const name = `run${runs.length}`;
    const f = module.function([], [I32], name);
    const status = f.local(I32);
    for (const index of open) f.call(index).tee(status).if().get(status).op(OP.return).end();
    f.i32(0);
    runs.push({ name });
    open = [];
  };
  const addressOf = (value: number) => placement.addresses[value];
  plan.steps.forEach((step: Step, at) => {
    if (step.kind !== 'group') {
      const { node } = step;
      if (step.kind === 'other') {
        close();
        runs.push({ node });
        return;
      }
      const precision = node.lane === 'float64' ? DOUBLE : SINGLE;
      const c = node.dot as NonNullable<ArrayNode['dot']>;
      const [a, b] = node.operands.map(({ value, offset }) => addressOf(value) + offset * precision.bytes);
      const product = isSmall(c) ? -1 : productFor(precision, c);
      const f = module.function([], [I32]);
      if (product < 0) writeSmall(f, c, precision, a, b, addressOf(node.results[0]));
      else writeLarge(f, c, precision, a, b, addressOf(node.results[0]), placement.scratch, product);
      f.i32(0);
      open.push(f.index);
      return;
    }
    const f = module.function([], [I32]);
    new GroupKernel(graph, plan, at, step, addressOf, f, library).write();
    open.push(f.index);
  });
  close();
  return runs;
}

class Runner {
  private readonly views: (ArrayData | undefined)[];
  private readonly held: (ArrayValue | undefined)[];
  private readonly calls: (() => void)[] = [];

  constructor(
    private readonly graph: ArrayGraph,
    plan: Schedule,
    private readonly placement: Placement,
    runs: readonly Run[],
    buffer: ArrayBuffer,
    exports: WebAssembly.Exports,
    private readonly codeBytes: number,
    private readonly work: SharedWork | undefined,
  ) {
    const { values } = graph;
    this.views = values.map(({ aval, size }, value) => {
      const address = placement.addresses[value];
      return address < 0 ? undefined : viewOn(aval.dtype, buffer, address, size);
    });
    this.held = new Array<ArrayValue | undefined>(values.length);
    values.forEach(({ constant, literal, aval }, value) => {
      if (constant !== undefined) {
        this.held[value] = constant;
        this.views[value]?.set(constant.data as never);
      } else if (literal !== undefined) {
        const data = allocate(aval.dtype, 1);
        data[0] = literal;
        this.held[value] = { ...aval, data };
      }
    });
    for (const run of runs) {
      if ('name' in run) {
        const code = exports[run.name] as () => number;
        this.calls.push(() => {
          const failed = code();
          if (failed !== 0) this.fail();
        });
      } else this.calls.push(() => this.evaluate(run.node));
    }
    this.steps = plan.steps.length;
    this.outputAvals = graph.program.outputAvals;
  }

  private readonly steps: number;
  private readonly outputAvals: readonly Aval[];

  /** Reshapes are views: a value is seen in the shape of whoever asks. */
  private shaped(value: ArrayValue, { shape }: Aval): ArrayValue {
    return value.shape === shape || sameShape(value.shape, shape)
      ? value
      : { shape, dtype: value.dtype, data: value.data };
  }

  executable(): CompiledArrays {
    return {
      run: (inputs) => this.run(inputs),
      codeBytes: this.codeBytes,
      memoryBytes: this.placement.bytes,
      steps: this.steps,
    };
  }

  private run(inputs: readonly ArrayValue[]): ArrayValue[] {
    // A run that was ended from outside may have left threads at work.
    this.work?.finish();
    for (let index = 0; index < inputs.length; index++) {
      // Inputs are the first values, in order.
      this.held[index] = inputs[index];
      const view = this.views[index];
      if (view) view.set(inputs[index].data as never);
    }
    for (const call of this.calls) call();
    return this.graph.outputs.map((value, index) => this.shaped(this.read(value, true), this.outputAvals[index]));
  }

  /** A value as an array of its own. */
  private read(value: number, isOutput: boolean): ArrayValue {
    const held = this.held[value];
    if (held && (!isOutput || this.graph.values[value].input === undefined)) return held;
    const { aval } = this.graph.values[value];
    const data = (this.views[value] ?? (held as ArrayValue).data).slice();
    return { shape: aval.shape, dtype: aval.dtype, data };
  }

  /** Evaluates a node by its primitive's own rule. */
  private evaluate(node: ArrayNode): void {
    const { program } = this.graph;
    if (node.opcode === COPY) {
      const [value] = node.results;
      const { aval } = this.graph.values[value];
      const [{ value: from, strides, offset }] = node.operands;
      const { data } = gatherStrided(this.read(from, false).data, aval.dtype, node.domain, strides, offset);
      this.held[value] = { ...aval, data };
      this.views[value]?.set(data as never);
      return;
    }
    const operands = node.operands.map(({ value }, index) =>
      this.shaped(this.read(value, false), program.aval(program.operand(node.row, index))),
    );
    if (node.opcode === OPCODES.guard) {
      const { expected } = program.params<'guard'>(node.row);
      const [actual] = operands[0].data;
      if (actual !== expected && !Object.is(actual, expected))
        throw new GuardError(node.row, expected, actual, program.position(node.row));
      return;
    }
    const out = primitive(nameOf(node.opcode)).evaluate(operands, program.params(node.row) as never);
    const results = (Array.isArray(out) ? out : [out]) as ArrayValue[];
    node.results.forEach((value, index) => {
      this.held[value] = results[index];
      this.views[value]?.set(results[index].data as never);
    });
  }

  /** Which guard, and what it met, is found by the reference. */
  private fail(): never {
    const { program } = this.graph;
    interpret(
      program,
      program.inputAvals.map((_, index) => this.held[index] as ArrayValue),
    );
    throw new Error('A guard failed in compiled code that holds in the interpreter.');
  }
}

function viewOn(dtype: DType, buffer: ArrayBuffer, at: number, size: number): ArrayData {
  switch (dtype) {
    case 'float64':
      return new Float64Array(buffer, at, size);
    case 'float32':
      return new Float32Array(buffer, at, size);
    case 'int32':
      return new Int32Array(buffer, at, size);
    case 'uint32':
      return new Uint32Array(buffer, at, size);
    case 'bool':
      return new Uint8Array(buffer, at, size);
  }
}
