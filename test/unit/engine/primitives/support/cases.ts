/** What every primitive is checked with. The type makes the table total: a new primitive without cases does not compile. */
import type { ArrayValue } from '../../../../../src/engine/program/aval';
import type { CaseOf, Cases } from './caseTypes';
import { contractionsCases } from './families/contractions';
import { elementwiseCases } from './families/elementwise';
import { linalgCases } from './families/linalg';
import { movementCases } from './families/movement';
import { reductionsCases } from './families/reductions';
import { generator } from './values';

export type { Case, CaseOf } from './caseTypes';

export const cases: Cases = {
  ...elementwiseCases,
  ...reductionsCases,
  ...movementCases,
  ...contractionsCases,
  ...linalgCases,
};

/** The operands of a case at its own point. */
export function operandsOf(one: Pick<CaseOf<never>, 'operands'>, seed: number): readonly ArrayValue[] {
  return one.operands(generator(seed));
}
