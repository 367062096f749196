import assert from 'node:assert/strict';
import { interpret } from '../../../../src/engine/execute/interpret';
import '../../../../src/engine/primitives/all';
import type { ArrayValue } from '../../../../src/engine/program/aval';
import { Emitter } from '../../../../src/engine/program/emitter';
import type { Program } from '../../../../src/engine/program/program';
import {
  deserializeProgram,
  programFromJson,
  programToJson,
  serializeProgram,
} from '../../../../src/engine/program/serialize';

const VECTOR = { shape: [2], dtype: 'float64' } as const;
const input: ArrayValue = { ...VECTOR, data: Float64Array.of(1, -2) };

/** Literals that JSON has no numbers for, an array constant, a position, and a program inside a program. */
function sample(): Program {
  const inner = new Emitter();
  const x = inner.input(VECTOR);
  const doubled = inner.finish([inner.add(x, x)]);
  const b = new Emitter();
  const row = b.input(VECTOR);
  b.position = b.positionTable.add('a.ts', 3, 7);
  const [called] = b.emitMany('call', [row], { program: doubled, name: 'double', kind: 'checkpoint' });
  const constant = b.constant({ shape: [2], dtype: 'float32', data: Float32Array.of(0.5, -0) });
  return b.finish([b.mul(called, b.convert(constant, 'float64')), b.literal(NaN), b.literal(-Infinity), b.literal(-0)]);
}

describe('a program outside its process', () => {
  const expected = interpret(sample(), [input]);

  const forms: [string, (program: Program) => Program][] = [
    ['structured clone', (program) => deserializeProgram(structuredClone(serializeProgram(program)))],
    ['JSON', (program) => programFromJson(programToJson(program))],
  ];
  for (const [name, there] of forms) {
    it(`computes the same after ${name}`, () => {
      const back = there(sample());
      assert.deepEqual(interpret(back, [input]), expected);
      assert.deepEqual(back.position(back.outputs[0]), { file: 'a.ts', line: 3, column: 7 });
    });
  }

  it('is refused where it is of another version', () => {
    assert.throws(() => deserializeProgram({ ...serializeProgram(sample()), version: 99 as 2 }), /version 99/);
  });
});
