/** Where the operands of a rolled tape come from. */

/** The value of a site's last execution before the operand is read: a register. */
interface LastSource {
  readonly kind: 'last';
  readonly site: number;
}
/** The same number always. */
interface NumberSource {
  readonly kind: 'number';
  readonly value: number;
}
/** Instance `first + Σ k_l · strides[l]` of a site, or of the inputs (INPUTS) or literals (LITERALS). */
export interface AffineSource {
  readonly kind: 'affine';
  readonly site: number;
  readonly first: number;
  readonly strides: readonly number[];
}
/** Anything else: read through a table of addresses, one an instance. */
interface GatherSource {
  readonly kind: 'gather';
}
/** `initial` in the first iteration of the loop at depth `depth`, `later` in the others. */
export interface CarriedSource {
  readonly kind: 'carried';
  readonly depth: number;
  /** Is `initial` read where the operand is, since it moves with loops further inside, rather than once ahead of the loop? */
  readonly inside: boolean;
  readonly initial: Source;
  readonly later: Source;
}
export type Source = LastSource | NumberSource | AffineSource | GatherSource | CarriedSource;

/** Pseudo-sites. */
export const INPUTS = -2;
export const LITERALS = -3;

/** Visits the sources that a source is made of. */
export function eachSource(source: Source, visit: (source: Exclude<Source, CarriedSource>) => void): void {
  if (source.kind === 'carried') {
    eachSource(source.initial, visit);
    eachSource(source.later, visit);
  } else visit(source);
}
