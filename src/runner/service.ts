/** Answers requests: one handler a method. */
import type { RunnerMethod, RunnerRequests } from './protocol';
import type { Context } from './requests/common';
import { check } from './requests/check';
import { derivativeSource } from './requests/derivativeSource';
import { evaluate } from './requests/evaluate';
import { inspect } from './requests/inspect';
import { links } from './requests/links';
import { pointArguments } from './requests/point';
import { profile } from './requests/profile';
import { exportProgram, programView } from './requests/program';
import { inspectSelection } from './requests/selection';
import { slice } from './requests/slice';
import type { FoundFunction } from '../source/find/functions';
import type { FunctionInfo } from './protocol';

type Handlers = {
  [M in RunnerMethod]: (
    context: Context,
    params: RunnerRequests[M]['params'],
  ) => Promise<RunnerRequests[M]['result']> | RunnerRequests[M]['result'];
};

function info({ expression: _expression, types: _types, rest: _rest, ...visible }: FoundFunction): FunctionInfo {
  return visible;
}

export const handlers: Handlers = {
  list: ({ session }, { file }) => ({
    functions: session.list(file).map(info),
    syntaxErrors: session.syntaxErrors(file),
  }),
  evaluate,
  inspect,
  inspectSelection,
  links,
  check,
  profile,
  program: programView,
  exportProgram,
  slice,
  derivativeSource,
  arguments: pointArguments,
};
