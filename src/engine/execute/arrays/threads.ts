/** Large products of matrices shared out among the threads that are lent. */
import { I32 } from '../wasm/instructions';
import type { SharedWork } from '../threads';
import type { ModuleWriter } from '../wasm/module';
import { BLOCK, scratchBytes } from './largeProduct';
import type { Contraction } from './nodes';
import { DOUBLE, SINGLE, type Precision } from './precision';

/** Multiplications from which waking a thread is worth its while. */
const LEAST_WORK = 2 ** 23;

export function isWorthSharing({ m, n, k }: Contraction): boolean {
  return m * n * k >= LEAST_WORK && m > BLOCK;
}

type Product = (...operands: number[]) => void;

/** What a program exports its product of a precision as. */
export const productName = (p: Precision): string => `product${p.bytes}`;

/** Declares the product of each precision as it comes from outside, shared out among threads. */
export function importShared(module: ModuleWriter): Map<Precision, number> {
  const operands = new Array<typeof I32>(11).fill(I32);
  return new Map([DOUBLE, SINGLE].map((p) => [p, module.import(`shared${p.bytes}`, operands, [])]));
}

function scratchPart(c: Pick<Contraction, 'n' | 'k'>, p: Precision): number {
  return (scratchBytes(c, p) + 15) & ~15;
}

/** `exports` are there once the functions are called. */
export function sharedImports(
  work: SharedWork,
  exports: () => WebAssembly.Exports,
): Record<string, WebAssembly.ImportValue> {
  return Object.fromEntries([DOUBLE, SINGLE].map((p) => [`shared${p.bytes}`, shareOut(p, work, exports)]));
}

/**
 * Each thread computes whole blocks of rows, as one thread alone would: the results are the same bit for bit, however many there
 * are. Operands as those of `sharedProduct`.
 */
function shareOut(p: Precision, work: SharedWork, exports: () => WebAssembly.Exports): Product {
  return (a, aRow, aInner, b, bInner, bColumn, c, m, n, k, scratch) => {
    const product = exports()[productName(p)] as Product;
    const blocks = Math.ceil(m / BLOCK);
    const rows = Math.ceil(blocks / Math.min(work.count + 1, blocks)) * BLOCK;
    const part = scratchPart({ n, k }, p);
    const operandsFrom = (first: number, place: number) => [
      ...[a + first * aRow, aRow, aInner, b, bInner, bColumn, c + first * n * p.bytes],
      ...[Math.min(rows, m - first), n, k, scratch + place * part],
    ];
    const left: number[][] = [operandsFrom(0, 0)];
    for (let first = rows, place = 1; first < m; first += rows, place++) {
      const operands = operandsFrom(first, place);
      if (!work.begin(place - 1, productName(p), operands)) left.push(operands);
    }
    for (const operands of left) product(...operands);
    work.finish();
  };
}
