/** The hover of a parameter: its point and the derivative with respect to it. */
import type { FunctionInfo, Inspection } from '../../runner/protocol';
import { shortData } from '../format/data';
import { t } from '../format/l10n';
import { shortNumber } from '../format/number';
import { runnerText } from '../format/runnerText';
import { escapeMarkdown, inlineCode, table } from './markdown';
import { componentName } from './functionHover';

const COMPONENTS = 8;

/** Markdown about the parameter of that index, or undefined where nothing is known of it. */
export function parameterHover(
  fn: FunctionInfo,
  index: number,
  inspection: Inspection | undefined,
  digits: number,
): string | undefined {
  const parameter = fn.parameters[index];
  if (!parameter) return undefined;
  if (!parameter.differentiable) {
    return parameter.reason ? t('Not differentiated: {0}', escapeMarkdown(runnerText(parameter.reason))) : undefined;
  }
  if (!inspection) return undefined;
  const head = inlineCode(`${parameter.name} = ${shortData(inspection.args[index], 60, digits)}`);
  if (!inspection.wrt.includes(index)) return `${head}\n\n${t('Not differentiated: @wrt leaves it out.')}`;
  const { matrix, scalar } = inspection;
  if (!matrix || matrix.kind !== 'dense') return head;
  const rows: string[][] = [];
  let more = 0;
  for (const leaf of inspection.inputs.filter(({ argument }) => argument === index)) {
    for (let offset = leaf.offset; offset < leaf.offset + leaf.size; offset++) {
      if (rows.length >= COMPONENTS) {
        more++;
        continue;
      }
      // Of a Jacobian, how strongly the whole output moves with this input: the norm of its column.
      let square = 0;
      for (let row = 0; row < matrix.rows; row++) square += (matrix.values[row * matrix.columns + offset] ?? 0) ** 2;
      const derivative = scalar ? (matrix.values[offset] ?? NaN) : Math.sqrt(square);
      rows.push([
        inlineCode(componentName(inspection.inputs, offset)),
        inlineCode(shortNumber(inspection.inputValues[offset] ?? NaN, digits)),
        inlineCode(shortNumber(derivative, digits)),
      ]);
    }
  }
  if (rows.length === 0) return head;
  if (more > 0) rows.push([t('… {0} more', more), '', '']);
  return `${head}\n\n${table([t('input'), t('value'), scalar ? t('derivative') : t('norm of the derivative')], rows)}`;
}
