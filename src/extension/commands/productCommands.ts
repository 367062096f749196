/** HVP, JVP and VJP: ask for a vector, multiply, show the product. */
import { type CancellationToken, commands, env, window, workspace } from 'vscode';
import type { Evaluation, Inspection, LeafInfo } from '../../runner/protocol';
import { COMMANDS } from '../commandIds';
import { shortData } from '../format/data';
import { literal } from '../format/exportFormats';
import { t } from '../format/l10n';
import { fromFlat, parseVector, tangentOf } from '../format/vectors';
import { componentName } from '../hovers/functionHover';
import type { InspectionTarget } from '../inspection';
import type { CommandContext } from './commandContext';
import { chooseTarget } from './commandTarget';
import type { Handlers } from './handlers';
import { withCancel } from './running';

type Product = 'hvp' | 'jvp' | 'vjp';

/** The three products. A caller may give the vector as an array of numbers instead of being asked. */
export function productCommands(context: CommandContext): Handlers {
  return [
    [COMMANDS.showHvp, (target, vector, token) => multiply(context, 'hvp', target, vector, token)],
    [COMMANDS.showJvp, (target, vector, token) => multiply(context, 'jvp', target, vector, token)],
    [COMMANDS.showVjp, (target, vector, token) => multiply(context, 'vjp', target, vector, token)],
  ];
}

async function multiply(
  context: CommandContext,
  op: Product,
  argument: unknown,
  given: unknown,
  token: unknown,
): Promise<Evaluation | undefined> {
  const { manager } = context;
  const target = await chooseTarget(manager, argument);
  if (!target) return undefined;
  const inspection = await manager.inspect(target);
  const flat = Array.isArray(given)
    ? Float64Array.from(given as number[])
    : await askVector(context, op, target, inspection);
  if (!flat) return undefined;
  const params = await vectorParams(context, op, target, inspection, flat);
  const evaluation = await withCancel(
    t('multiplying …'),
    token as CancellationToken | undefined,
    ({ signal, onProgress }) => manager.request(target, 'evaluate', { op, ...params }, { signal, onProgress }),
  );
  present(op, target, evaluation);
  return evaluation;
}

async function vectorParams(
  { manager }: CommandContext,
  op: Product,
  target: InspectionTarget,
  { args, wrt, inputs, outputs, value }: Inspection,
  flat: Float64Array,
): Promise<object> {
  if (op === 'vjp') return { cotangent: fromFlat(value, '', outputs, flat) };
  const fn = manager.functions(target.uri).find(({ name }) => name === target.functionName);
  const names = fn?.parameters.map(({ name }) => name) ?? [];
  const vector = tangentOf(args, names, wrt, inputs, flat);
  return op === 'hvp' ? { vector } : { tangent: vector };
}

async function askVector(
  { memory }: CommandContext,
  op: Product,
  target: InspectionTarget,
  inspection: Inspection,
): Promise<Float64Array | undefined> {
  const [leaves, size] =
    op === 'vjp'
      ? [inspection.outputs, inspection.outputValues.length]
      : [inspection.inputs, inspection.inputValues.length];
  const key = `vector:${op}:${target.uri.toString()}#${target.functionName}`;
  const remembered = memory.get<string>(key);
  const fits = remembered !== undefined && typeof parseVector(remembered, size) !== 'string';
  const text = await window.showInputBox({
    title: t('{0} of {1}', op.toUpperCase(), target.functionName),
    prompt: prompt(op, leaves, size),
    value: fits ? remembered : firstUnit(size),
    validateInput: (input) => {
      const parsed = parseVector(input, size);
      return typeof parsed === 'string' ? parsed : undefined;
    },
  });
  if (text === undefined) return undefined;
  await memory.update(key, text);
  const parsed = parseVector(text, size);
  return typeof parsed === 'string' ? undefined : parsed;
}

function prompt(op: Product, leaves: readonly LeafInfo[], size: number): string {
  const shown = Array.from({ length: Math.min(size, 6) }, (_, index) => componentName(leaves, index)).join(', ');
  const names = size > 6 ? `${shown}, …` : shown;
  return op === 'vjp' ? t('Weights of the outputs: {0}', names) : t('Direction in the inputs: {0}', names);
}

function firstUnit(size: number): string {
  if (size > 12) return '';
  return `[${Array.from({ length: size }, (_, index) => (index === 0 ? 1 : 0)).join(', ')}]`;
}

/** A message with the result and ways to keep it; nobody waits for its end. */
function present(op: Product, { functionName }: InspectionTarget, { result, backend, float32 }: Evaluation): void {
  const copy = t('Copy');
  const open = t('Open');
  const how = float32 ? ` · ${backend}, ${t('error {0}', float32.error.toExponential(1))}` : '';
  const text = `${op.toUpperCase()} ${functionName} = ${shortData(result, 120, 6)}${how}`;
  void window.showInformationMessage(text, copy, open).then(async (choice) => {
    if (choice === copy) await env.clipboard.writeText(literal(result));
    if (choice !== open) return;
    const content = `// ${op.toUpperCase()} ${functionName}\n${literal(result)}\n`;
    const document = await workspace.openTextDocument({ language: 'javascript', content });
    await commands.executeCommand('vscode.open', document.uri);
  });
}
