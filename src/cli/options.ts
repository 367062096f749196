/** Command-line options, checked. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { BackendChoice, Data, EvaluateParams, Operation, Target } from '../runner/protocol';
import { UsageError } from './usage';

const OPERATIONS: readonly Operation[] = [
  'value',
  'grad',
  'jvp',
  'vjp',
  'jacobian',
  'jacfwd',
  'jacrev',
  'hessian',
  'hvp',
];
const BACKENDS: readonly BackendChoice[] = ['auto', 'interpret', 'wasm', 'gpu'];

const SPECIFICATION = {
  json: { type: 'boolean' },
  plot: { type: 'boolean' },
  debug: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
  op: { type: 'string' },
  args: { type: 'string' },
  at: { type: 'string' },
  wrt: { type: 'string' },
  tangent: { type: 'string' },
  cotangent: { type: 'string' },
  vector: { type: 'string' },
  backend: { type: 'string' },
  'time-limit': { type: 'string' },
  budget: { type: 'string' },
  tolerance: { type: 'string' },
} as const;

export interface Options {
  command: string | undefined;
  positionals: string[];
  values: {
    [name in keyof typeof SPECIFICATION]?: (typeof SPECIFICATION)[name]['type'] extends 'boolean' ? boolean : string;
  };
}

/** @throws UsageError */
export function parseOptions(argv: readonly string[]): Options {
  try {
    // `--at -1` and `--vector -2`: a value that starts with a dash.
    const joined = joinNegative(argv);
    const { values, positionals } = parseArgs({ args: joined, options: SPECIFICATION, allowPositionals: true });
    return { command: positionals[0], positionals: positionals.slice(1), values };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function joinNegative(argv: readonly string[]): string[] {
  const out: string[] = [];
  for (let index = 0; index < argv.length; index++) {
    const name = argv[index];
    const option = SPECIFICATION[name.slice(2) as keyof typeof SPECIFICATION] as { type: string } | undefined;
    const next = argv[index + 1];
    if (name.startsWith('--') && option?.type === 'string' && next !== undefined && /^-[\d.]/.test(next)) {
      out.push(`${name}=${next}`);
      index++;
    } else out.push(name);
  }
  return out;
}

function json(text: string | undefined, option: string): Data | undefined {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as Data;
  } catch (error) {
    throw new UsageError(`--${option} is not JSON: ${(error as Error).message}`);
  }
}

export function operation(text: string | undefined, fallback: Operation): Operation {
  if (text === undefined) return fallback;
  if (OPERATIONS.includes(text as Operation)) return text as Operation;
  throw new UsageError(`There is no operation '${text}'. It is one of: ${OPERATIONS.join(' ')}.`);
}

export function backend(text: string | undefined): BackendChoice | undefined {
  if (text === undefined || BACKENDS.includes(text as BackendChoice)) return text as BackendChoice | undefined;
  throw new UsageError(`There is no backend '${text}'. It is one of: ${BACKENDS.join(' ')}.`);
}

export function number(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new UsageError(`--${option} needs a positive number, not '${text}'.`);
}

function wrt(text: string | undefined): number[] | undefined {
  if (text === undefined) return undefined;
  const indices = text.split(',').map((part) => Number(part.trim()));
  if (indices.every((index) => Number.isInteger(index) && index >= 0)) return indices;
  throw new UsageError(`--wrt needs indices of arguments, as in 0,1, not '${text}'.`);
}

/** File, function and point. */
export function target({ positionals, values }: Options): Target {
  const [file, fn] = positionals;
  if (file === undefined || fn === undefined) throw new UsageError('Give a file and a function.');
  const args = json(values.args, 'args');
  if (args !== undefined && !Array.isArray(args))
    throw new UsageError('--args needs a JSON array: one element an argument.');
  if (args !== undefined && values.at !== undefined) throw new UsageError('Give --args or --at, not both.');
  return {
    file: resolve(file),
    fn,
    ...(values.at === undefined ? {} : { at: values.at }),
    ...(args === undefined ? {} : { args }),
  };
}

export function evaluation(options: Options): EvaluateParams {
  const { values } = options;
  const chosen = backend(values.backend);
  const params: EvaluateParams = { ...target(options), op: operation(values.op, 'value'), wrt: wrt(values.wrt) ?? [0] };
  for (const name of ['tangent', 'cotangent', 'vector'] as const) {
    const data = json(values[name], name);
    if (data !== undefined) params[name] = data;
  }
  if (chosen !== undefined) params.backend = chosen;
  return params;
}
