/** Programs made of programs, remembered: a function that a transform traces anew at each call mostly is the same program again. */
import { contentKey, RecentlyUsed } from '../../execute/arrays/cache';
import type { Program } from '../../program/program';
import { applyProgram } from '../../trace/apply';
import { innermost } from '../../trace/bind';
import type { NdArray } from '../../trace/ndarray';
import type { TracedCall } from './arguments';

/** What a transform makes of a program: another one, perhaps with what its results mean. */
export interface Made {
  readonly program: Program;
}

const recent = new RecentlyUsed<{ readonly made: Made; readonly info: { readonly memoryBytes: number } }>(64, 2 ** 27);

function remembered(made: Made): { made: Made; info: { memoryBytes: number } } {
  const memoryBytes = made.program.columns.constants.reduce((sum, { data }) => sum + data.byteLength, 0);
  return { made, info: { memoryBytes } };
}

/**
 * What `make` makes of a traced call's program, and its results on the call's operands. `how`: equal where `make` makes the same of
 * equal programs. In another trace, whose rows keep their positions in the user's code, it is made anew.
 */
export function applyMade<T extends Made>(
  how: string,
  { program, operands }: TracedCall,
  make: () => T,
): { made: T; results: NdArray[] } {
  const key = innermost(operands) ? undefined : contentKey(program);
  const made = key === undefined ? make() : (recent.get(`${how};${key}`, () => remembered(make())).made as T);
  return { made, results: applyProgram(made.program, operands) };
}
