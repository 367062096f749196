/** The derivative of a target as something that can be copied, saved or shown. */
import type { Inspection } from '../../runner/protocol';
import type { Exportable } from '../format/exportFormats';
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
  let { matrix } = inspection;
  if (!matrix) {
    const op = inspection.scalar ? 'grad' : 'jacobian';
    const evaluation = await manager.request(target, 'evaluate', { op }, { signal: work.signal, timeLimit: 60_000 });
    matrix = evaluation.matrix;
  }
  if (!matrix) throw new Error('The runner gave no matrix for the derivative.');
  const { scalar } = inspection;
  const names = (await manager.listFunctions(target.uri))
    .find(({ name }) => name === target.functionName)
    ?.parameters.map(({ name }) => name);
  const flat = scalar && matrix.kind === 'dense' ? matrix.values : undefined;
  const structured = flat && tangentOf(inspection.args, names ?? [], inspection.wrt, inspection.inputs, flat);
  return { matrix, vector: scalar, columns, scalar, ...(structured === undefined ? {} : { structured }) };
}

function namesOf({ inputs, inputValues }: Inspection): string[] {
  return Array.from(inputValues, (_, index) => componentName(inputs, index));
}
