/** Programs of arrays that come again: traced anew by every call of a transform that is not jitted, but with equal content. */
import { printAval, type ArrayData } from '../../program/aval';
import type { Program } from '../../program/program';

/** Larger programs take longer to recognise than is worth it. */
const MOST_ROWS = 3000;

const ids = new WeakMap<ArrayData, number>();
let nextId = 0;

function idOf(data: ArrayData): number {
  let id = ids.get(data);
  if (id === undefined) ids.set(data, (id = nextId++));
  return id;
}

/** Equal for programs that compute the same; undefined for programs that carry programs, and for large ones. */
export function contentKey(program: Program): string | undefined {
  if (program.size > MOST_ROWS) return undefined;
  const {
    opcodes,
    operands,
    operandStarts,
    paramIndices,
    avalIndices,
    avals,
    params,
    literals,
    constants,
    inputs,
    outputs,
    tuples,
  } = program.columns;
  if (tuples.length > 0) return undefined;
  const used: string[] = [];
  for (const param of params) {
    if (holdsProgram(param)) return undefined;
    used.push(JSON.stringify(param, (_, value: unknown) => (typeof value === 'number' ? String(value) : value)));
  }
  return [
    opcodes.join(),
    operandStarts.join(),
    operands.join(),
    paramIndices.join(),
    avalIndices.join(),
    inputs.join(),
    outputs.join(),
    avals.map(printAval).join(),
    used.join(),
    Array.from(literals, (value) => (Object.is(value, -0) ? '-0' : value)).join(),
    // Constants by identity: the data of a user's closure is the same array each time.
    constants.map(({ data }) => idOf(data)).join(),
  ].join(';');
}

function holdsProgram(param: unknown): boolean {
  if (typeof param !== 'object' || param === null) return false;
  return Object.values(param).some((value) => typeof value === 'object' && value !== null && !isPlain(value));
}

function isPlain(value: object): boolean {
  if (!Array.isArray(value)) return false;
  return value.every((item) => typeof item !== 'object' || item === null || isPlain(item as object));
}

/** The last used at the end; bounded in number and in the memory that its entries hold. */
export class RecentlyUsed<T extends { readonly info: { readonly memoryBytes: number } }> {
  private readonly entries = new Map<string, T>();

  constructor(
    private readonly most: number,
    private readonly mostBytes: number,
  ) {}

  get(key: string, make: () => T): T {
    let found = this.entries.get(key);
    if (found) this.entries.delete(key);
    else found = make();
    this.entries.set(key, found);
    let bytes = 0;
    for (const { info } of this.entries.values()) bytes += info.memoryBytes;
    for (const [oldest, { info }] of this.entries) {
      if (oldest === key || (this.entries.size <= this.most && bytes <= this.mostBytes)) break;
      bytes -= info.memoryBytes;
      this.entries.delete(oldest);
    }
    return found;
  }
}
