/** The derivative of a target as something that can be copied, saved or shown. */
import type { Inspection } from '../../runner/protocol';
import type { Exportable } from '../format/exportFormats';
import { t } from '../format/l10n';
import { shortNumber } from '../format/number';
import { tangentOf } from '../format/vectors';
import { componentName } from '../hovers/functionHover';
import type { InspectionTarget } from '../inspection';
import type { SessionManager } from '../session/sessionManager';
import type { Work } from './running';

/** The derivative at the target's point, computed in full even where live inspection leaves it out. */
export async function derivativeOf(
  manager: SessionManager,
  target: InspectionTarget,
  work: Work,
): Promise<Exportable & { scalar: boolean }> {
  const inspection = await manager.inspect(target);
  const columns = namesOf(inspection);
  let { matrix, float32 } = inspection;
  if (!matrix) {
    const op = inspection.scalar ? 'grad' : 'jacobian';
    const evaluation = await manager.request(target, 'evaluate', { op }, { signal: work.signal, timeLimit: 60_000 });
    ({ matrix, float32 } = evaluation);
  }
  if (!matrix) throw new Error('The runner gave no matrix for the derivative.');
  const { scalar } = inspection;
  const names = (await manager.listFunctions(target.uri))
    .find(({ name }) => name === target.functionName)
    ?.parameters.map(({ name }) => name);
  const flat = scalar && matrix.kind === 'dense' ? matrix.values : undefined;
  const structured = flat && tangentOf(inspection.args, names ?? [], inspection.wrt, inspection.inputs, flat);
  return {
    matrix,
    vector: scalar,
    columns,
    scalar,
    ...(structured === undefined ? {} : { structured }),
    ...(float32 ? { float32: t('float32, off by up to {0} of the largest entry', shortNumber(float32.error, 2)) } : {}),
  };
}

function namesOf({ inputs, inputValues }: Inspection): string[] {
  return Array.from(inputValues, (_, index) => componentName(inputs, index));
}
