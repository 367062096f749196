/**
 * The GPU behind the runner's client: the panel's. The runner sends a program and its inputs, and waits; the client answers with
 * results or with the reason why there are none. Where the client has no GPU, gpu.js runs in this process.
 */
import { GradLensError } from '../../engine/errors';
import type { DType, ArrayValue } from '../../engine/program/aval';
import type { Program } from '../../engine/program/program';
import { serializeProgram } from '../../engine/program/serialize';
import type { FromRunner, GpuCosts, ToRunner } from '../protocol';
import { ownGpuCosts, releaseFromGpu, runOnGpu } from './nodeGpu';

/** What a GPU made of a program. */
interface GpuOutcome {
  readonly outputs: readonly ArrayValue[];
  /** The backend that ran, as gpu.js reports it. */
  readonly backend: string;
  /** The device, where it has a name. */
  readonly adapter?: string;
}

/** Where programs run on a GPU. */
export interface GpuRunner {
  /** @throws GradLensError that says why not */
  run(program: Program, inputs: readonly ArrayValue[]): Promise<GpuOutcome>;
  /** What work there costs; undefined where that is not known. `wait`: measuring may be waited for, else it goes on behind. */
  costs(wait: boolean): Promise<GpuCosts | undefined>;
}

/** gpu.js in this process; the kernels of a program that runs once are freed at once. */
export const ownGpu: GpuRunner = {
  async run(program, inputs) {
    try {
      return await runOnGpu(program, inputs);
    } finally {
      await releaseFromGpu(program);
    }
  },
  costs: (wait) => (wait ? ownGpuCosts().catch(() => undefined) : Promise.resolve(undefined)),
};

type Answer = Extract<ToRunner, { kind: 'gpuAnswer' }>;

export class RemoteGpu {
  private readonly waiting = new Map<number, (answer: Answer) => void>();
  private readonly askedCosts = new Map<number, (costs: GpuCosts | undefined) => void>();
  private next = 1;

  constructor(private readonly send: (message: FromRunner) => void) {}

  /** The client's GPU for one request. */
  of(request: number): GpuRunner {
    return {
      run: async (program, inputs) => {
        const call = this.next++;
        const answer = await new Promise<Answer>((resolve) => {
          this.waiting.set(call, resolve);
          this.send({
            kind: 'gpu',
            id: request,
            call,
            task: {
              program: serializeProgram(program),
              inputs: inputs.map(({ shape, dtype, data }) => ({ shape: [...shape], dtype, data })),
            },
          });
        });
        if ('error' in answer) {
          const { code, message, hint } = answer.error;
          throw new GradLensError(code, message, hint);
        }
        const { outputs, backend, adapter } = answer.result;
        return {
          outputs: outputs.map(({ shape, data }, index) => ({
            shape,
            dtype: dtypeOf(program, index),
            data,
          })),
          backend,
          adapter,
        };
      },
      costs: (wait) =>
        new Promise((resolve) => {
          const call = this.next++;
          this.askedCosts.set(call, resolve);
          this.send({ kind: 'gpuCosts', id: request, call, wait });
        }),
    };
  }

  receiveCosts({ call, costs }: Extract<ToRunner, { kind: 'gpuCosts' }>): void {
    this.askedCosts.get(call)?.(costs);
    this.askedCosts.delete(call);
  }

  receive(answer: Answer): void {
    this.waiting.get(answer.call)?.(answer);
    this.waiting.delete(answer.call);
  }
}

function dtypeOf(program: Program, output: number): DType {
  const { dtype } = program.outputAvals[output];
  return dtype === 'float64' ? 'float32' : dtype;
}
