/** `gradlens batch`: JSON Lines in, JSON Lines out, one process for all. */
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { RunnerRequestError, type RunnerClient } from '../runner/client/runnerClient';
import type { EvaluateParams } from '../runner/protocol';
import { evaluationJson, publicError, type Output } from './commands';
import { toJson } from './json';
import { backend, operation } from './options';
import { UsageError } from './usage';

type Request = Partial<Omit<EvaluateParams, 'op' | 'backend'>> & { id?: unknown; op?: string; backend?: string };

export async function batch(client: RunnerClient, input: NodeJS.ReadableStream, output: Output): Promise<number> {
  for await (const line of createInterface({ input, crlfDelay: Infinity })) {
    if (line.trim() === '') continue;
    output.line(toJson(await answer(client, line)));
  }
  return 0;
}

async function answer(client: RunnerClient, line: string): Promise<object> {
  let request: Request;
  try {
    request = JSON.parse(line) as Request;
  } catch (error) {
    return { id: null, error: { code: 'bad-request', message: `Not JSON: ${(error as Error).message}` } };
  }
  const id = typeof request === 'object' && request !== null ? (request.id ?? null) : null;
  try {
    return { id, ...evaluationJson(await client.request('evaluate', paramsOf(request))) };
  } catch (error) {
    if (error instanceof RunnerRequestError) return { id, error: publicError(error.info) };
    if (error instanceof UsageError) return { id, error: { code: 'bad-request', message: error.message } };
    throw error;
  }
}

function paramsOf(request: Request): EvaluateParams {
  if (typeof request !== 'object' || request === null) throw new UsageError('A request is an object.');
  const { file, fn, op, args, at, wrt } = request;
  if (typeof file !== 'string' || typeof fn !== 'string') throw new UsageError('A request needs "file" and "fn".');
  if (args !== undefined && !Array.isArray(args))
    throw new UsageError('"args" needs to be a list: one element an argument.');
  const chosen = backend(request.backend);
  return {
    file: resolve(file),
    fn,
    op: operation(op, 'value'),
    wrt: wrt ?? [0],
    ...(args === undefined ? {} : { args }),
    ...(at === undefined ? {} : { at }),
    ...(request.tangent === undefined ? {} : { tangent: request.tangent }),
    ...(request.cotangent === undefined ? {} : { cotangent: request.cotangent }),
    ...(request.vector === undefined ? {} : { vector: request.vector }),
    ...(chosen === undefined ? {} : { backend: chosen }),
  };
}
