/** Which sites an operand of rolled code reads. */
import { loopsAround } from './inPlace';
import type { Instances, RolledTape } from './rolled';
import { eachSource, INPUTS, type AffineSource } from './sources';
import type { Loop } from './tree';

/** The first of the inputs that an operand in these loops reads. */
function firstInput({ first, strides }: AffineSource, loops: readonly Loop[]): number {
  let least = first;
  loops.forEach(({ count }, level) => (least += Math.min(strides[level] * (count - 1), 0)));
  return least;
}

/** Sites that an operand reads, each once; INPUTS stands for those of the first `by` inputs alone. */
export function sitesRead({ sources, tree, width, gathered }: RolledTape, operand: number, by: number): Set<number> {
  const sites = new Set<number>();
  const source = sources[operand];
  if (!source) return sites;
  eachSource(source, (part) => {
    if (part.kind === 'number') return;
    if (part.kind === 'gather') {
      const { sites: from, instances } = gathered.get(operand) as Instances;
      from.forEach((site, at) => {
        if (site >= 0 || (site === INPUTS && instances[at] < by)) sites.add(site);
      });
    } else if (part.site >= 0) sites.add(part.site);
    else if (part.kind === 'affine' && part.site === INPUTS) {
      if (firstInput(part, loopsAround(tree, Math.floor(operand / width))) < by) sites.add(INPUTS);
    }
  });
  return sites;
}
