import assert from 'node:assert/strict';
import {
  customJvp,
  deserializeProgram,
  grad,
  makeProgram,
  np,
  printProgram,
  programFromJson,
  programToJson,
  scan,
  serializeProgram,
  validateProgram,
  type NdArray,
} from '../../../../src/engine/index';
import { interpret } from '../../../../src/engine/execute/interpret';
import { Emitter } from '../../../../src/engine/program/emitter';
import { PositionTable } from '../../../../src/engine/program/positions';
import { Program, type ProgramColumns } from '../../../../src/engine/program/program';

const x = np.array([0.5, -2]);
const looped = makeProgram((y: NdArray) =>
  scan((c: NdArray, k: NdArray) => [np.sin(c).mul(k), c] as const, y, np.array([1, NaN, -0])),
)(x);

describe('printProgram', () => {
  it('writes what make_jaxpr would', () => {
    const f = (y: NdArray) => np.sum(np.tanh(y.mul(2)));
    assert.equal(
      printProgram(makeProgram(f)(x)),
      [
        '{ lambda ; a:f64[2]. let',
        '    b:f64[2] = broadcast_in_dim[shape=(2,) broadcast_dimensions=()] 2.0:f64[]',
        '    c:f64[2] = mul a b',
        '    d:f64[2] = tanh c',
        '    e:f64[] = reduce_sum[axes=(0,)] d',
        '  in (e,) }',
      ].join('\n'),
    );
    assert.equal(printProgram(makeProgram((y: NdArray) => y)(x)), '{ lambda ; a:f64[2]. let  in (a,) }');
  });

  it('writes constants in front, programs inside programs once, and unused results as _', () => {
    const text = printProgram(looped);
    assert.match(
      text,
      /^\{ lambda a:f64\[3\]; b:f64\[2\]\. let\n {4}c:f64\[2\] d:f64\[3,2\] = scan\[body=\{ lambda ; a:f64\[2\] b:f64\[\]\. let/,
    );
    assert.equal(text.match(/sin a/g)?.length, 1);
    const first = makeProgram((y: NdArray) => scan((c: NdArray) => [c, c] as const, y, null, { length: 2 })[0])(x);
    assert.match(printProgram(first), /b:f64\[2\] _:f64\[2,2\] = scan/);
  });

  it('names more than 26 values, adds positions, and stops where it is told to', () => {
    const table = new PositionTable();
    const b = new Emitter(table);
    let row = b.input({ shape: [], dtype: 'float64' });
    b.position = table.add('f.ts', 4, 2);
    for (let step = 0; step < 30; step++) row = b.sin(row);
    const program = b.finish([row]);
    assert.match(printProgram(program), /aa:f64\[\] = sin z/);
    assert.match(printProgram(program, { positions: true }), /b:f64\[\] = sin a {2}# f\.ts:4:2/);
    assert.match(printProgram(program, { maxEquations: 3 }), /… 27 more equations/);
  });
});

describe('serializeProgram and programToJson', () => {
  const forms: [string, (program: Program) => Program][] = [
    ['structured clone', (program) => deserializeProgram(structuredClone(serializeProgram(program)))],
    ['JSON', (program) => programFromJson(programToJson(program))],
  ];
  for (const [name, copy] of forms) {
    it(`carry a program by ${name}, bit for bit`, () => {
      for (const program of [looped, makeProgram(grad((y: NdArray) => np.sum(np.log(y))))(x)]) {
        const again = copy(program);
        validateProgram(again);
        assert.equal(printProgram(again), printProgram(program));
        const inputs = [x.concrete];
        const values = (of: Program) => interpret(of, inputs).map(({ data }) => [...data]);
        assert.deepEqual(values(again), values(program));
      }
    });
  }

  it('carry positions, NaN, infinities and −0', () => {
    const table = new PositionTable();
    const b = new Emitter(table);
    b.position = table.add('f.ts', 4, 2);
    const input = b.input({ shape: [], dtype: 'float64' });
    const program = b.finish([b.add(input, b.literal(-0)), b.literal(NaN), b.literal(-Infinity)]);
    for (const [, copy] of forms) {
      const again = copy(program);
      assert.deepEqual([...again.columns.literals], [-0, NaN, -Infinity]);
      assert.deepEqual(again.position(again.outputs[0]), { file: 'f.ts', line: 4, column: 2 });
    }
  });

  it('end where a rule calls its own function', () => {
    const f = customJvp((y: NdArray) => np.exp(y));
    f.defjvp(([y]: [NdArray], [t]: [NdArray]) => [f(y), t.mul(f(y))]);
    const program = makeProgram(f)(np.asarray(1));
    for (const [, copy] of forms) assert.equal(printProgram(copy(program)), printProgram(program));
  });

  it('refuse what is no program', () => {
    assert.throws(() => programFromJson('{"format": "other"}'), /not a program/);
    assert.throws(
      () => deserializeProgram({ ...serializeProgram(looped), version: 1 as 2 }),
      /version 1, and this engine reads version 2/,
    );
  });
});

describe('validateProgram', () => {
  const b = new Emitter();
  const input = b.input({ shape: [2], dtype: 'float64' });
  const program = b.finish([b.reduceSum(b.sin(input), [0])]);
  const broken = (change: Partial<ProgramColumns>) => () =>
    validateProgram(new Program({ ...program.columns, ...change }));

  it('accepts what builders and transforms write', () => {
    validateProgram(program);
    validateProgram(looped);
  });

  it('names the row that is wrong, and why', () => {
    assert.throws(broken({ opcodes: Uint8Array.of(0, 255, 100) }), /row 1: opcode 255 is unknown/);
    assert.throws(broken({ operands: Int32Array.of(1, 1) }), /row 1: operand 1 is not before it/);
    assert.throws(
      broken({
        avalIndices: program.columns.avalIndices.map((aval, row) =>
          row === 2 ? program.columns.avalIndices[0] : aval,
        ),
      }),
      /row 2: its type is f64\[2\], but its rule says f64\[\]/,
    );
    assert.throws(broken({ avalIndices: Int32Array.of(2, 9, 0) }), /row 1: its type is unknown/);
    assert.throws(broken({ paramIndices: Int32Array.of(0, -1, 7) }), /row 2: its parameters are missing/);
    assert.throws(broken({ outputs: Int32Array.of(5) }), /listed as an output/);
    assert.throws(broken({ inputs: Int32Array.of(1) }), /listed as an input/);
    assert.throws(broken({ positions: new Int32Array(1) }), /columns differ in length/);
    assert.throws(broken({ operandStarts: Int32Array.of(0, 0, 1, 5) }), /do not fill/);
  });

  it('looks into the programs inside', () => {
    const columns = serializeProgram(looped);
    const params = columns.params.map((entry) => {
      const body = (entry as { body?: { opcodes: Uint8Array } }).body;
      return body
        ? { ...(entry as object), body: { ...body, opcodes: body.opcodes.map((code) => (code === 26 ? 254 : code)) } }
        : entry;
    });
    assert.throws(() => validateProgram(deserializeProgram({ ...columns, params })), /opcode 254 is unknown/);
  });

  it('wants all projections directly behind their tuple', () => {
    const rows = Array.from({ length: looped.size }, (_, row) => row);
    const scanRow = rows.find((row) => looped.name(row) === 'scan') as number;
    const swapped = looped.columns.paramIndices.slice();
    [swapped[scanRow + 1], swapped[scanRow + 2]] = [swapped[scanRow + 2], swapped[scanRow + 1]];
    assert.throws(
      () => validateProgram(new Program({ ...looped.columns, paramIndices: swapped })),
      /result 0 is not projected/,
    );
  });
});
