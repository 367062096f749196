/** The messages between the panel and its GPU worker. */
import type { GpuBackend, GpuInfo, GpuRunParams } from '../protocol';
import type { GpuCosts, GpuResult } from '../../runner/protocol';

export type ToGpuWorker =
  | { id: number; kind: 'info' }
  | { id: number; kind: 'costs'; backend: GpuBackend }
  | { id: number; kind: 'run'; params: Omit<GpuRunParams, 'backend'> & { backend: GpuBackend } };

export type FromGpuWorker =
  | { id: number; kind: 'info'; info: GpuInfo }
  | { id: number; kind: 'costs'; costs: GpuCosts }
  | { id: number; kind: 'result'; result: GpuResult }
  | { id: number; kind: 'error'; code: string; message: string };
