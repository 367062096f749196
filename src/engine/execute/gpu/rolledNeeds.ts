/** What a loop's values are needed for once it has ended: its last values, or those of all its turns. */
import type { Classification } from '../roll/classify';
import type { LoopTree } from '../roll/tree';
import type { Tape } from '../scalar/tape';
import type { RolledSource } from './delays';

export interface Needs {
  /** Sites of loops whose last value is read behind the loop. */
  readonly finals: readonly number[];
  /** Sites of loops whose values of all turns are read. */
  readonly stacks: readonly number[];
}

export function rolledNeeds(
  tape: Tape,
  tree: LoopTree,
  { width, siteOf, instanceOf }: Classification,
  sources: readonly (RolledSource | undefined)[],
): Needs {
  const finals = new Set<number>();
  const stacks = new Set<number>();
  const { siteLoops, loops } = tree;
  /** Is the user inside the innermost loop of a site? */
  const isInside = (user: number, site: number) => {
    if (siteLoops[site] < 0) return true;
    const { firstSite, endSite } = loops[siteLoops[site]];
    return user >= firstSite && user < endSite;
  };
  const visit = (source: RolledSource, user: number): void => {
    if (source.kind === 'delayed') source.initials.forEach((initial) => visit(initial, user));
    else if (source.kind === 'carried') {
      visit(source.initial, user);
      visit(source.later, user);
    } else if (source.kind === 'last' && !isInside(user, source.site)) finals.add(source.site);
    else if (source.kind === 'affine' && source.site >= 0 && !isInside(user, source.site)) stacks.add(source.site);
  };
  sources.forEach((source, at) => source && visit(source, Math.floor(at / width)));
  const instances = (site: number) => {
    let count = 1;
    for (let id = siteLoops[site]; id >= 0; id = loops[id].parent?.id ?? -1) count *= loops[id].count;
    return count;
  };
  for (const value of tape.outputs) {
    const row = value - tape.inputCount;
    if (row < 0 || value >= tape.firstLiteral || siteLoops[siteOf[row]] < 0) continue;
    (instanceOf[row] === instances(siteOf[row]) - 1 ? finals : stacks).add(siteOf[row]);
  }
  return { finals: [...finals], stacks: [...stacks].filter((site) => siteLoops[site] >= 0) };
}
