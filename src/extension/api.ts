/** What other extensions get from `extensions.getExtension('gradlens.gradlens').exports`. */
import type { Uri } from 'vscode';
import type { Data, Evaluation, Inspection, Operation } from '../runner/protocol';
import type { SessionManager } from './session/sessionManager';

interface InspectRequest {
  /** Without an operation the answer is the whole inspection: value, derivative, lines, findings. */
  op?: Operation;
  /** The argument list, as after `@at`; by default the function's first point. */
  at?: string;
  /** The arguments as data instead. */
  args?: Data[];
  wrt?: number[];
  tangent?: Data;
  cotangent?: Data;
  vector?: Data;
  signal?: AbortSignal;
}

export interface GradLensApi {
  readonly version: 1;
  /** Inspects or differentiates a function of a document; unsaved text counts. Rejects in an untrusted workspace. */
  inspect(uri: Uri, functionName: string, request: InspectRequest & { op: Operation }): Promise<Evaluation>;
  inspect(uri: Uri, functionName: string, request?: InspectRequest): Promise<Inspection>;
}

/** The API over the live sessions. */
export function createApi(manager: SessionManager): GradLensApi {
  async function inspect(
    uri: Uri,
    functionName: string,
    request: InspectRequest & { op: Operation },
  ): Promise<Evaluation>;
  async function inspect(uri: Uri, functionName: string, request?: InspectRequest): Promise<Inspection>;
  async function inspect(
    uri: Uri,
    functionName: string,
    { signal, op, at, args, wrt, ...vectors }: InspectRequest = {},
  ): Promise<Inspection | Evaluation> {
    const target = { uri, functionName, pointIndex: 0 };
    const options = signal ? { signal } : {};
    const place = { ...(at === undefined ? {} : { at }), ...(args ? { args } : {}), ...(wrt ? { wrt } : {}) };
    if (op) return manager.request(target, 'evaluate', { ...place, ...vectors, op }, options);
    const plain = Object.keys(place).length === 0;
    return plain ? manager.inspect(target) : manager.request(target, 'inspect', place, options);
  }
  return { version: 1, inspect };
}
