/** Every primitive's rules, on the cases of support/cases.ts. */
import assert from 'node:assert/strict';
import type { PrimitiveName } from '../../../../src/engine/primitives/params';
import { primitives } from '../../../../src/engine/primitives/table';
import {
  checkBatch,
  checkDerivatives,
  checkFloat32,
  checkTransposition,
  equation,
  floatOperands,
} from './support/checks';
import { cases, operandsOf, type Case, type CaseOf } from './support/cases';

const structured = new Set<string>([
  'input',
  'literal',
  'constant',
  'project',
  'guard',
  'cond',
  'while',
  'scan',
  'call',
  'customJvp',
  'customVjp',
  'linearCall',
]);

function describeCase<P extends PrimitiveName>(name: P, one: Case<P>, index: number): void {
  const operands = operandsOf(one, index + 1);
  const program = equation(name, operands, one.params);
  const active = floatOperands(operands).map((is, operand) => is && (one.active?.includes(operand) ?? true));

  if (active.some(Boolean)) {
    it(`case ${index}: derivatives up to third order in both modes equal finite differences`, () => {
      checkDerivatives(program, operands, active, one);
    });
  }
  if (operands.length > 0) {
    it(`case ${index}: batch equals a loop for every position of the batch axis`, () => {
      const examples = [0, 1, 2].map((example) => operandsOf(one, 100 * (index + 1) + example));
      checkBatch(program, examples, one.batchTolerance);
    });
  }
  // A conversion's result has the dtype that it is asked for.
  if (active.some(Boolean) && name !== 'convert') {
    it(`case ${index}: float32 operands give float32 derivatives near those of float64`, () => {
      checkFloat32(name, operands, active, one.params);
    });
  }
  for (const linear of one.linear ?? []) {
    it(`case ${index}: transposition passes the dot-product test in operands ${linear.join(', ')}`, () => {
      checkTransposition(name, operands, linear, one.params);
    });
  }
}

describe('The rules of the primitives', function () {
  this.timeout(20_000);

  it('have cases for every primitive of the table', () => {
    const missing = Object.keys(primitives).filter((name) => !structured.has(name) && !(name in cases));
    assert.deepEqual(missing, []);
  });

  it('have transposition cases wherever there is a transposition', () => {
    for (const [name, list] of Object.entries(cases)) {
      const linear = primitives[name as PrimitiveName].transpose !== null;
      assert.equal(
        (list as readonly CaseOf<never>[]).some((one) => (one.linear ?? []).length > 0),
        linear,
        name,
      );
    }
  });

  for (const [name, list] of Object.entries(cases)) {
    describe(name, () => {
      (list as readonly Case<PrimitiveName>[]).forEach((one, index) => describeCase(name as PrimitiveName, one, index));
    });
  }
});
