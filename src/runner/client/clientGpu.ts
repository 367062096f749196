/** The client's GPU for the runner, which waits meanwhile: every question is answered, and in time. */
import { GPU_LIMITS, type ErrorInfo, type GpuCosts, type GpuResult, type GpuTask, type Target } from '../protocol';
import { RunnerRequestError } from './requestErrors';

export interface GpuOptions {
  /** A GPU for the runner, where the configuration says `clientGpu`; the signal ends with the request that asked. */
  onGpu?: (task: GpuTask, signal: AbortSignal, target: Target) => Promise<GpuResult>;
  /** What work on that GPU costs, as far as it is known; `wait` says whether measuring may be waited for. */
  onGpuCosts?: (wait: boolean) => Promise<GpuCosts | undefined>;
  /** Milliseconds that either may take (default: the whole of `GPU_LIMITS`). */
  gpuLimit?: number;
}

export class ClientGpu {
  constructor(private readonly options: GpuOptions) {}

  /** @param controller ends the run; it is ended too where no answer comes in time */
  async run(
    task: GpuTask,
    controller: AbortController,
    target: Target,
  ): Promise<{ result: GpuResult } | { error: ErrorInfo }> {
    try {
      const { onGpu } = this.options;
      if (!onGpu) throw new RunnerRequestError({ code: 'no-gpu', message: 'There is no GPU here.' });
      return { result: await this.inTime(onGpu(task, controller.signal, target)) };
    } catch (error) {
      controller.abort();
      return { error: gpuError(error) };
    }
  }

  async costs(wait: boolean): Promise<GpuCosts | undefined> {
    const asked = this.options.onGpuCosts?.(wait);
    return asked && this.inTime(asked).catch(() => undefined);
  }

  private async inTime<T>(answer: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const error = new RunnerRequestError({ code: 'gpu-lost', message: 'The GPU gave no answer in time.' });
      timer = setTimeout(() => reject(error), this.options.gpuLimit ?? GPU_LIMITS.whole);
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** What is known of an error of the GPU's; some carry it as `info`. */
function gpuError(error: unknown): ErrorInfo {
  const like = error as Partial<ErrorInfo> & { info?: ErrorInfo };
  const { code = 'gpu-failed', message = String(error), hint } = like.info ?? like;
  return { code, message, ...(hint === undefined ? {} : { hint }) };
}
