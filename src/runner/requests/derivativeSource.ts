/** `derivativeSource`: the gradient or the JVP as a TypeScript function that stands on its own. */
import { OPCODES } from '../../engine/primitives/opcodes';
import type { PrimitiveName } from '../../engine/primitives/params';
import { eliminateDeadRows } from '../../engine/program/prune';
import type { Program, Row } from '../../engine/program/program';
import { RunnerError } from '../modules/errors';
import { siteTable } from '../modules/siteTable';
import type { LeafInfo, RunnerRequests } from '../protocol';
import type { Recorded } from '../record';
import { build, type Layout } from '../values/layout';
import { recordTarget, type Context } from './common';
import { pathOf } from '../values/layout';
import { programOf } from './programs';

const MAX_ROWS = 5000;

type Print = (x: string, y: string, z: string) => string;

const PRINTERS: Partial<Record<PrimitiveName, Print>> = {
  neg: (x) => `-${x}`,
  add: (x, y) => `${x} + ${y}`,
  sub: (x, y) => `${x} - ${y}`,
  mul: (x, y) => `${x} * ${y}`,
  div: (x, y) => `${x} / ${y}`,
  rem: (x, y) => `${x} % ${y}`,
  pow: (x, y) => `Math.pow(${x}, ${y})`,
  roundHalfUp: (x) => `Math.round(${x})`,
  lt: (x, y) => `${x} < ${y}`,
  le: (x, y) => `${x} <= ${y}`,
  gt: (x, y) => `${x} > ${y}`,
  ge: (x, y) => `${x} >= ${y}`,
  eq: (x, y) => `${x} === ${y}`,
  ne: (x, y) => `${x} !== ${y}`,
  and: (x, y) => `${x} && ${y}`,
  or: (x, y) => `${x} || ${y}`,
  not: (x) => `!${x}`,
  isNaN: (x) => `Number.isNaN(${x})`,
  isFinite: (x) => `Number.isFinite(${x})`,
  select: (x, y, z) => `${x} ? ${y} : ${z}`,
  logistic: (x) => `1 / (1 + Math.exp(-${x}))`,
  stopGradient: (x) => x,
};
for (const name of [
  'abs',
  'sign',
  'floor',
  'ceil',
  'trunc',
  'exp',
  'expm1',
  'log',
  'log1p',
  'log2',
  'log10',
  'sqrt',
  'cbrt',
  'sin',
  'cos',
  'tan',
  'asin',
  'acos',
  'atan',
  'sinh',
  'cosh',
  'tanh',
  'asinh',
  'acosh',
  'atanh',
] as const) {
  PRINTERS[name] = (x) => `Math.${name}(${x})`;
}
for (const name of ['min', 'max', 'atan2', 'hypot'] as const) PRINTERS[name] = (x, y) => `Math.${name}(${x}, ${y})`;

type Params = RunnerRequests['derivativeSource']['params'];

export async function derivativeSource(context: Context, params: Params): Promise<{ text: string; name: string }> {
  const { recorded, found } = await recordTarget(context, params);
  const { program: whole } = programOf(recorded, params.op);
  const program = eliminateDeadRows(whole);
  if (program.size > MAX_ROWS) {
    throw new RunnerError(
      'too-large',
      `The derivative has ${program.size} operations, more than can be read.`,
      {},
      'Try a smaller point: shorter arrays, fewer steps.',
    );
  }
  const name = `${found.name.split('.').pop()}${params.op === 'grad' ? 'Gradient' : 'Tangent'}`.replace(/[^\w$]/g, '_');
  const parameters = recorded.wrt.map(
    (index) =>
      `${argumentName(found.parameters[index]?.name, index)}: ${typeOf(recorded.inputLayouts[recorded.wrt.indexOf(index)])}`,
  );
  const tangents =
    params.op === 'jvp'
      ? recorded.wrt.map(
          (index) =>
            `d_${argumentName(found.parameters[index]?.name, index)}: ${typeOf(recorded.inputLayouts[recorded.wrt.indexOf(index)])}`,
        )
      : [];
  const { body, nameOf } = statements(program, inputNames(recorded, params.op));
  const result =
    params.op === 'grad' ? gradientResult(recorded, program, nameOf) : tangentResult(recorded, program, nameOf);
  const fixed = found.parameters.filter((_, index) => !recorded.wrt.includes(index)).map((parameter) => parameter.name);
  const comment = [
    `/** ${params.op === 'grad' ? 'The gradient' : 'Value and directional derivative'} of \`${found.name}\`, written by GradLens.`,
    ...(fixed.length > 0
      ? [
          ` * ${fixed.map((each) => `\`${each}\``).join(', ')} as at ${context.session.pointOf(found, params).expression}.`,
        ]
      : []),
    ' */',
  ];
  const text = `${comment.join('\n').replace('\n */', ' */')}\nexport function ${name}(${[...parameters, ...tangents].join(', ')}) {\n${body.map((line) => `  ${line}`).join('\n')}\n  return ${result};\n}\n`;
  return { text, name };
}

function argumentName(name: string | undefined, index: number): string {
  return name !== undefined && /^[A-Za-z_$][\w$]*$/.test(name) ? name : `argument${index}`;
}

/** What each input of the program is called in the parameters' terms. */
function inputNames(recorded: Recorded, op: 'grad' | 'jvp'): string[] {
  if (recorded.inputs.some(({ size }) => size !== 1)) {
    throw new RunnerError(
      'not-supported',
      'Arrays of the engine cannot be written as plain TypeScript yet.',
      {},
      'Use number[] arguments.',
    );
  }
  const leaves: LeafInfo[] = recorded.inputLeaves;
  const names = recorded.inputs.map(({ offset }) => pathOf(leaves, offset));
  return op === 'grad' ? names : [...names, ...names.map((name) => `d_${name}`)];
}

function statements(program: Program, inputs: string[]): { body: string[]; nameOf: (row: Row) => string } {
  const body: string[] = [];
  const names = new Map<Row, string>();
  program.inputs.forEach((row, index) => names.set(row, inputs[index]));
  const nameOf = (row: Row): string => {
    if (program.opcode(row) === OPCODES.literal) {
      const value = program.literal(row);
      return value < 0 || Object.is(value, -0) ? `(${Object.is(value, -0) ? '-0' : value})` : String(value);
    }
    return names.get(row) as string;
  };
  let count = 0;
  for (let row = 0; row < program.size; row++) {
    const opcode = program.opcode(row);
    if (opcode === OPCODES.input || opcode === OPCODES.literal) continue;
    const operands = Array.from(program.operands(row), nameOf);
    if (opcode === OPCODES.guard) {
      const { expected } = program.params<'guard'>(row);
      const bool = program.aval(program.operand(row, 0)).dtype === 'bool';
      const text = siteTable.site(program.columns.positions[row])?.text.replace(/\s+/g, ' ').replaceAll("'", '"');
      const condition = bool ? (expected ? `!${operands[0]}` : operands[0]) : `${operands[0]} !== ${expected}`;
      body.push(`if (${condition}) throw new RangeError('Another branch is taken here${text ? `: ${text}` : ''}.');`);
      names.set(row, operands[0]);
      continue;
    }
    const name = program.name(row);
    const print =
      name === 'integerPow'
        ? (x: string) => `Math.pow(${x}, ${program.params<'integerPow'>(row).exponent})`
        : PRINTERS[name];
    if (!print || program.hasSeveralResults(row) || program.aval(row).shape.length > 0) {
      throw new RunnerError(
        'not-supported',
        `\`${name as string}\` cannot be written as plain TypeScript.`,
        {},
        'Functions of plain numbers can.',
      );
    }
    names.set(row, `t${++count}`);
    body.push(`const t${count} = ${print(operands[0], operands[1], operands[2])};`);
  }
  return { body, nameOf };
}

function typeOf(layout: Layout): string {
  switch (layout.kind) {
    case 'number':
      return 'number';
    case 'numbers':
    case 'ndarray':
      return 'ArrayLike<number>';
    case 'typed':
      return layout.name;
    case 'list':
      return `[${layout.items.map(typeOf).join(', ')}]`;
    case 'fields':
      return `{ ${layout.items.map((item, index) => `${key(layout.names[index])}: ${typeOf(item)}`).join('; ')} }`;
    case 'fixed':
      return 'unknown';
  }
}

function key(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

/** The structure of an argument as a literal with these expressions in it. */
function literal(layout: Layout, at: (index: number) => string): string {
  const mark = (data: unknown): string => {
    if (typeof data === 'string') return data;
    if (Array.isArray(data)) return `[${data.map(mark).join(', ')}]`;
    if (typeof data === 'object' && data !== null)
      return `{ ${Object.entries(data)
        .map(([name, item]) => `${key(name)}: ${mark(item)}`)
        .join(', ')} }`;
    return 'undefined';
  };
  const text = mark(build(layout, at));
  return layout.kind === 'typed' ? `${layout.name}.from(${text})` : text;
}

function gradientResult({ inputLayouts }: Recorded, program: Program, nameOf: (row: Row) => string): string {
  let offset = 0;
  const parts = inputLayouts.map((layout) => {
    const start = offset;
    let used = 0;
    const text = literal(layout, (index) => {
      used = Math.max(used, index + 1);
      return nameOf(program.outputs[start + index]);
    });
    offset += used;
    return text;
  });
  return parts.length === 1 ? parts[0] : `[${parts.join(', ')}]`;
}

function tangentResult(
  { outputLayout, outputValues }: Recorded,
  program: Program,
  nameOf: (row: Row) => string,
): string {
  const value = literal(outputLayout, (index) => nameOf(program.outputs[index]));
  const tangent = literal(outputLayout, (index) => nameOf(program.outputs[outputValues.length + index]));
  return `{ value: ${value}, tangent: ${tangent} }`;
}
