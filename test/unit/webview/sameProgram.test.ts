import assert from 'node:assert/strict';
import '../../../src/engine';
import { Emitter } from '../../../src/engine/program/emitter';
import { PositionTable } from '../../../src/engine/program/positions';
import { serializeProgram, type SerializedProgram } from '../../../src/engine/program/serialize';
import { hashOf, isSame } from '../../../src/webview/gpu/sameProgram';

interface Made {
  literal?: number;
  line?: number;
  limit?: number;
  constant?: number;
  name?: 'sin' | 'cos';
}

/** A program as it arrives in the worker: by structured clone. */
function made({ literal = 2, line = 1, limit = 3, constant = 0, name = 'sin' }: Made = {}) {
  const table = new PositionTable();
  const b = new Emitter(table);
  const x = b.input({ shape: [4], dtype: 'float64' });
  b.position = table.add('/f.ts', line, 1);
  const scaled = b.mul(x, b.fullLike(x, literal));
  const moved = b.add(scaled, b.constant({ shape: [4], dtype: 'float64', data: Float64Array.of(1, 2, 3, constant) }));
  const part = b.emit('slice', [b.emit(name, [moved], undefined)], { start: [0], limit: [limit], strides: [1] });
  return structuredClone(serializeProgram(b.finish([part])));
}

/** A loop, whose body is a program of its own. */
function loop(body: SerializedProgram): SerializedProgram {
  return { ...made(), params: [{ length: 3, positions: [1, 2], body }] };
}

describe('programs that kernels are kept of', () => {
  it('are found again, wherever they stand in the text', () => {
    const first = made();
    for (const again of [made(), made({ line: 7 })]) {
      assert.equal(hashOf(again), hashOf(first));
      assert.ok(isSame(again, first));
    }
    assert.ok(isSame(loop(made()), loop(made({ line: 9 }))));
  });

  const others: [string, SerializedProgram][] = [
    ['a literal', made({ literal: 3 })],
    ['the sign of a zero', made({ constant: -0 })],
    ['not a number', made({ constant: NaN })],
    ['a parameter', made({ limit: 2 })],
    ['an operation', made({ name: 'cos' })],
    ['a loop', loop(made())],
    ['what a loop does', loop(made({ literal: 3 }))],
    [
      'a parameter that is called as positions are',
      { ...loop(made()), params: [{ length: 3, positions: [1, 3], body: made() }] },
    ],
    ['the order of the inputs', { ...made(), inputs: Int32Array.of(1) }],
    ['a missing field', { ...made(), literals: new Float64Array() }],
  ];
  for (const [what, other] of others) {
    it(`are told apart by ${what}`, () => {
      for (const [name, known] of [['the first', made()] as const, ...others]) {
        if (known === other) continue;
        assert.ok(!isSame(other, known) && !isSame(known, other), name);
        assert.notEqual(hashOf(other), hashOf(known), name);
      }
      assert.ok(isSame(other, structuredClone(other)));
      assert.equal(hashOf(other), hashOf(structuredClone(other)));
    });
  }
});
