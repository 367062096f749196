/** The loops that the compiler finds in a program of scalars and rolls up, and where they stand in the user's code. */
import { findLoops, type Loop, type LoopTree } from '../../engine/execute/roll/tree';
import { tapeOf, type Tape } from '../../engine/execute/scalar/tape';
import type { Program } from '../../engine/program/program';
import { enclosingLoops } from '../../source/enclosingLoops';
import { rangeOf } from '../../source/positions';
import { siteTable } from '../modules/siteTable';
import type { Location, ProgramView } from '../protocol';
import { locationOf } from './common';

/** Loops that are listed at most. */
const MAX_LOOPS = 200;

/** Outer loops before those inside of them. Programs with arrays are not rolled. */
export function rolledLoops(program: Program): ProgramView['loops'] {
  const tape = tapeOf(program);
  if (!tape) return [];
  const tree = findLoops(tape);
  const sites = directSites(tree);
  return tree.loops.slice(0, MAX_LOOPS).map((loop) => {
    const location = placeOf(loop, tree, sites, tape, program);
    return { ...(location ? { location } : {}), trips: loop.count, body: loop.rowsPerIteration };
  });
}

/** Sites by the innermost loop that they are in. */
function directSites({ loops, siteLoops }: LoopTree): number[][] {
  const lists = loops.map((): number[] => []);
  siteLoops.forEach((loop, site) => {
    if (loop >= 0) lists[loop].push(site);
  });
  return lists;
}

/** The loop in the text that goes round as `loop` does; else where its first row stands. */
function placeOf(
  loop: Loop,
  tree: LoopTree,
  sites: readonly number[][],
  tape: Tape,
  program: Program,
): Location | undefined {
  const own = sites[loop.id];
  const inner = own.length === 0 ? tree.loops.find(({ parent }) => parent === loop) : undefined;
  const looked = inner ? sites[inner.id] : own;
  const positions = new Set<number>();
  for (const site of looked) positions.add(program.columns.positions[tape.sources[tree.siteRows[site]]]);
  positions.delete(0);
  // Short inner loops stand unrolled among the rows: the outermost text loop that has rows of its own is the one.
  let best: Location | undefined;
  let depth = Infinity;
  for (const position of positions) {
    const module = siteTable.moduleOf(position);
    const site = module?.at(position);
    if (!module || !site) continue;
    const around = enclosingLoops(module.sourceFile, site.start, site.end);
    const index = around.length - (inner ? 2 : 1);
    if (index < 0 || index >= depth) continue;
    depth = index;
    const { start, end } = around[index];
    best = { file: site.file, ...rangeOf(module.sourceFile, start, end) };
  }
  const [first] = positions;
  return best ?? (first === undefined ? undefined : locationOf(first));
}
