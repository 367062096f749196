/** Writes WebAssembly modules: functions over one imported memory and imported scalar functions. */
import { Bytes } from './bytes';
import { OP, SATURATING, SIMD, VOID, type ValueType } from './instructions';

export interface Signature {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** The body of one function; locals are declared as they are asked for. */
export class FunctionWriter {
  /** Where instructions go; generators set it aside to write a loop's body before what must stand ahead of it. */
  code = new Bytes();
  private readonly localTypes: ValueType[] = [];

  constructor(
    readonly index: number,
    readonly type: number,
    private readonly parameters: number,
  ) {}

  local(type: ValueType): number {
    this.localTypes.push(type);
    return this.parameters + this.localTypes.length - 1;
  }

  op(...codes: number[]): this {
    for (const code of codes) this.code.byte(code);
    return this;
  }

  get(local: number): this {
    this.code.byte(OP.localGet).u32(local);
    return this;
  }

  set(local: number): this {
    this.code.byte(OP.localSet).u32(local);
    return this;
  }

  tee(local: number): this {
    this.code.byte(OP.localTee).u32(local);
    return this;
  }

  i32(value: number): this {
    this.code.byte(OP.i32Const).s32(value);
    return this;
  }

  i64(value: bigint): this {
    this.code.byte(OP.i64Const).s64(value);
    return this;
  }

  f64(value: number): this {
    this.code.byte(OP.f64Const).f64(value);
    return this;
  }

  f32(value: number): this {
    this.code.byte(OP.f32Const).f32(value);
    return this;
  }

  call(index: number): this {
    this.code.byte(OP.call).u32(index);
    return this;
  }

  /** A load or store; `align` is the power of two. */
  memory(code: number, align: number, offset: number): this {
    this.code.byte(code).u32(align).u32(offset);
    return this;
  }

  loadF64(offset: number): this {
    return this.memory(OP.f64Load, 3, offset);
  }

  storeF64(offset: number): this {
    return this.memory(OP.f64Store, 3, offset);
  }

  loadI32(offset: number): this {
    return this.memory(OP.i32Load, 2, offset);
  }

  simd(code: number): this {
    this.code.byte(0xfd).u32(code);
    return this;
  }

  simdMemory(code: number, offset: number): this {
    this.code
      .byte(0xfd)
      .u32(code)
      .u32(code === SIMD.load64Splat ? 3 : code === SIMD.load32Splat ? 2 : 0)
      .u32(offset);
    return this;
  }

  simdLane(code: number, lane: number): this {
    this.code.byte(0xfd).u32(code).byte(lane);
    return this;
  }

  truncateToI32(): this {
    this.code.byte(0xfc).u32(SATURATING.i32F64S);
    return this;
  }

  block(type: number = VOID): this {
    return this.op(OP.block, type);
  }

  loop(): this {
    return this.op(OP.loop, VOID);
  }

  if(type: number = VOID): this {
    return this.op(OP.if, type);
  }

  else(): this {
    return this.op(OP.else);
  }

  end(): this {
    return this.op(OP.end);
  }

  br(depth: number): this {
    this.code.byte(OP.br).u32(depth);
    return this;
  }

  brIf(depth: number): this {
    this.code.byte(OP.brIf).u32(depth);
    return this;
  }

  /** The function as it stands in the code section. */
  encode(): Bytes {
    const body = new Bytes();
    const groups: [ValueType, number][] = [];
    for (const type of this.localTypes) {
      const last = groups[groups.length - 1];
      if (last && last[0] === type) last[1]++;
      else groups.push([type, 1]);
    }
    body.u32(groups.length);
    for (const [type, count] of groups) body.u32(count).byte(type);
    return body.append(this.code).byte(OP.end);
  }
}

export class ModuleWriter {
  private readonly types: Signature[] = [];
  private readonly imports: { name: string; type: number }[] = [];
  private readonly functions: FunctionWriter[] = [];
  private readonly exported: { name: string; index: number }[] = [];

  /** Imports must be declared before the first function. */
  import(name: string, params: readonly ValueType[], results: readonly ValueType[]): number {
    if (this.functions.length > 0) throw new Error('Declare imports before functions.');
    const known = this.imports.findIndex((entry) => entry.name === name);
    if (known >= 0) return known;
    this.imports.push({ name, type: this.type(params, results) });
    return this.imports.length - 1;
  }

  function(params: readonly ValueType[], results: readonly ValueType[], exportAs?: string): FunctionWriter {
    const index = this.imports.length + this.functions.length;
    const writer = new FunctionWriter(index, this.type(params, results), params.length);
    this.functions.push(writer);
    if (exportAs !== undefined) this.exported.push({ name: exportAs, index });
    return writer;
  }

  private type(params: readonly ValueType[], results: readonly ValueType[]): number {
    const known = this.types.findIndex(
      (type) => type.params.join() === params.join() && type.results.join() === results.join(),
    );
    return known >= 0 ? known : this.types.push({ params, results }) - 1;
  }

  /** The module; it imports `env.memory`, shared where its pages are given (and the most of them), and the functions as `env.name`. */
  encode(sharedPages?: number, mostPages = sharedPages): Uint8Array<ArrayBuffer> {
    const out = new Bytes().raw([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
    const section = (id: number, content: Bytes) => out.byte(id).u32(content.length).append(content);
    const types = new Bytes().u32(this.types.length);
    for (const { params, results } of this.types) {
      types.byte(0x60).u32(params.length).raw(params).u32(results.length).raw(results);
    }
    section(1, types);
    const imports = new Bytes().u32(this.imports.length + 1);
    imports.name('env').name('memory').byte(2);
    if (sharedPages === undefined) imports.byte(0).u32(0);
    else
      imports
        .byte(3)
        .u32(sharedPages)
        .u32(mostPages as number);
    for (const { name, type } of this.imports) imports.name('env').name(name).byte(0).u32(type);
    section(2, imports);
    const functions = new Bytes().u32(this.functions.length);
    for (const writer of this.functions) functions.u32(writer.type);
    section(3, functions);
    const exports = new Bytes().u32(this.exported.length);
    for (const { name, index } of this.exported) exports.name(name).byte(0).u32(index);
    section(7, exports);
    const code = new Bytes().u32(this.functions.length);
    for (const writer of this.functions) {
      const body = writer.encode();
      code.u32(body.length).append(body);
    }
    section(10, code);
    return out.finish();
  }
}
