import assert from 'node:assert/strict';
import { orderOfCalls } from '../../../../src/engine/execute/gpu/callOrder';
import { lowerToGpu } from '../../../../src/engine/execute/gpu/lower';
import '../../../../src/engine/primitives/all';
import { OPCODE_NAMES } from '../../../../src/engine/primitives/opcodes';
import type { PrimitiveName } from '../../../../src/engine/primitives/params';
import { Emitter } from '../../../../src/engine/program/emitter';
import { Program } from '../../../../src/engine/program/program';
import { gpuCases } from '../../../gpu/cases';

const INTEGERS = 'kernels have no integers beyond float32’s 2²⁴';
const SEQUENTIAL = 'each number needs those before it: no work for a thread a number';
const SERIES = 'too many digits cancel in float32 between its series and asymptotic forms';

/** What stays on the CPU, and why. */
const LIMITS: Partial<Record<PrimitiveName, string>> = {
  shiftRightArithmetic: INTEGERS,
  lgamma: SERIES,
  digamma: SERIES,
  polygamma: SERIES,
  sort: 'a kernel gives one number a thread: a sorting network would be a kernel a stage',
  argsort: 'as sort',
  cholesky: SEQUENTIAL,
  triangularSolve: SEQUENTIAL,
  lu: SEQUENTIAL,
  qr: SEQUENTIAL,
  eigh: SEQUENTIAL,
  svd: SEQUENTIAL,
  while: 'WebGL wants loops whose bound is known',
};

/** The primitives of a program and of all programs in its parameters. */
function primitivesOf(program: Program, found: Set<PrimitiveName>): void {
  for (let row = 0; row < program.size; row++) found.add(program.name(row));
  const visit = (value: unknown): void => {
    if (value instanceof Program) primitivesOf(value, found);
    else if (Array.isArray(value)) value.forEach(visit);
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(visit);
  };
  program.columns.params.forEach(visit);
}

describe('primitives on the GPU', () => {
  it('are each covered by a case that runs on every backend, or on the list of limits with a reason', () => {
    const covered = new Set<PrimitiveName>();
    for (const { program } of gpuCases(1)) primitivesOf(program, covered);
    const names = OPCODE_NAMES.filter((name) => name !== undefined) as PrimitiveName[];
    assert.ok(names.length > 100, `${names.length} primitives`);
    assert.deepEqual(names.filter((name) => !covered.has(name)).sort(), Object.keys(LIMITS).sort());
  });

  it('are refused by name where they are on the list', () => {
    const b = new Emitter();
    const x = b.input({ shape: [3], dtype: 'float64' });
    for (const name of ['lgamma', 'digamma'] as const) {
      const program = b.finish([b.emit(name, [x], undefined)]);
      assert.throws(() => lowerToGpu(program), new RegExp(`does not run \`${name}\``));
    }
    const matrix = b.input({ shape: [3, 3], dtype: 'float64' });
    assert.throws(() => lowerToGpu(b.finish([b.emit('cholesky', [matrix], undefined)])), /does not run `cholesky`/);
  });

  it('name their functions first where gpu.js would put one before what it calls', () => {
    assert.equal(orderOfCalls('const a = glAsin(x, nan); const b = glTanh(a);'), '');
    const text = orderOfCalls('const a = glAsin(x, nan); const b = glAcos(x, nan);');
    assert.deepEqual(text.match(/gl\w+/g)?.slice(-3), ['glAtan2', 'glIsMinus', 'glAtan']);
  });
});
