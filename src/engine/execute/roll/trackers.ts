/** What is still possible for operands while rows are walked: the sources that held for every row so far. */
import { LITERALS, type Source } from './sources';

const UNSEEN = -9;
const IS_LAST = 1;
const IS_AFFINE = 2;
const IS_NUMBER = 4;
const UNKNOWN = 0x7fffffff;

/** What is still possible for one operand, over all or some of its instances, each. All trackers stand in flat arrays. */
export class Trackers {
  private readonly site: Int32Array;
  private readonly modes: Uint8Array;
  /** Instance, then loop indices, of the first sighting, then strides. */
  private readonly data: Int32Array;
  private readonly stride: number;

  constructor(
    count: number,
    private readonly deepest: number,
    private readonly literals: Float64Array,
  ) {
    this.site = new Int32Array(count).fill(UNSEEN);
    this.modes = new Uint8Array(count);
    this.stride = 1 + 2 * deepest;
    this.data = new Int32Array(count * this.stride);
  }

  see(tracker: number, site: number, instance: number, isLast: boolean, indices: Int32Array, depth: number): void {
    const modes = this.modes[tracker];
    const { data, deepest } = this;
    const base = tracker * this.stride;
    if (this.site[tracker] === UNSEEN) {
      this.site[tracker] = site;
      this.modes[tracker] = (isLast ? IS_LAST : 0) | IS_AFFINE | (site === LITERALS ? IS_NUMBER : 0);
      data[base] = instance;
      for (let level = 0; level < depth; level++) {
        data[base + 1 + level] = indices[level];
        data[base + 1 + deepest + level] = UNKNOWN;
      }
      return;
    }
    if (modes === 0) return;
    if (this.site[tracker] !== site) {
      this.modes[tracker] = 0;
      return;
    }
    let left = modes;
    if (!isLast) left &= ~IS_LAST;
    if (left & IS_NUMBER && !Object.is(this.literals[instance], this.literals[data[base]])) left &= ~IS_NUMBER;
    if (left & IS_AFFINE) {
      let rest = instance - data[base];
      let unknown = -1;
      for (let level = 0; level < depth; level++) {
        const moved = indices[level] - data[base + 1 + level];
        if (moved === 0) continue;
        const stride = data[base + 1 + deepest + level];
        if (stride !== UNKNOWN) rest -= moved * stride;
        else if (unknown < 0) unknown = level;
        else unknown = depth;
      }
      if (unknown < 0) {
        if (rest !== 0) left &= ~IS_AFFINE;
      } else if (unknown === depth) {
        left &= ~IS_AFFINE;
      } else {
        const stride = rest / (indices[unknown] - data[base + 1 + unknown]);
        if (Number.isInteger(stride)) data[base + 1 + deepest + unknown] = stride;
        else left &= ~IS_AFFINE;
      }
    }
    this.modes[tracker] = left;
  }

  /** The source that a tracker proves, if any. `undefined` where it saw nothing. */
  source(tracker: number): Source | undefined | 'none' {
    const site = this.site[tracker];
    if (site === UNSEEN) return undefined;
    const modes = this.modes[tracker];
    const base = tracker * this.stride;
    if (modes & IS_LAST) return { kind: 'last', site };
    if (modes & IS_NUMBER) return { kind: 'number', value: this.literals[this.data[base]] };
    if (!(modes & IS_AFFINE)) return 'none';
    const strides: number[] = [];
    let first = this.data[base];
    for (let level = 0; level < this.deepest; level++) {
      const stride = this.data[base + 1 + this.deepest + level];
      strides.push(stride === UNKNOWN ? 0 : stride);
      first -= strides[level] * this.data[base + 1 + level];
    }
    return { kind: 'affine', site, first, strides };
  }
}
