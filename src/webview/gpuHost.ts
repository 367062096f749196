/**
 * The panel's GPU, behind one interface: what a backend for it must offer. Work comes from two sides, from the Timing tab and
 * from the extension (through the panel's channel), and both go through here.
 */
import type { GpuInfo, GpuRunParams } from './protocol';
import type { GpuCosts, GpuResult } from '../runner/protocol';

export interface GpuHost {
  /** Which backends there are on this machine; each that is missing says why. */
  info(): Promise<GpuInfo>;
  run(params: GpuRunParams, signal?: AbortSignal): Promise<GpuResult>;
  /** What work costs on the backend that runs where none is named; measured once, and again after a failure. */
  costs(): Promise<GpuCosts>;
  dispose(): void;
}
