/** The command line as a process: output, exit codes, JSON. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { bundles, workspace } from '../runner/support/runnerProcess';

const rosenbrock = resolve(__dirname, '../../../examples/rosenbrock.ts');

function run(args: string[], input?: string): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(bundles(), 'cli.js'), ...args], {
    encoding: 'utf8',
    input,
  });
  return { code: status, out: stdout, err: stderr };
}

describe('gradlens', function () {
  this.timeout(60_000);
  let folder: string;
  before(() => {
    folder = workspace({
      'f.ts': `export function f(x: number, n: Float64Array): number[] { return [x * n[0], x * x]; }
export function loses(x: number): number { const a = new Int32Array(1); a[0] = x; return a[0] * x; }
export function boom(x: number): number {
  throw new Error('boom');
}
/**
 * @gradientOf good
 * @at 3
 */
export function wrong(x: number): number { return 5; }
/** @at 3 */
export function good(x: number): number { return x * x; }
`,
    });
  });
  const file = () => join(folder, 'f.ts');

  it('prints the known Hessian', () => {
    const { code, out } = run(['eval', rosenbrock, 'rosenbrock', '--op', 'hessian', '--at', '[-1.2, 1]']);
    assert.equal(code, 0);
    assert.match(out, /x\[0\] {2}1330 +480\nx\[1\] +480 +200/);
  });

  it('says of what a GPU computed that it is float32, and how far off', () => {
    const args = ['eval', rosenbrock, 'rosenbrock', '--op', 'jacobian', '--at', '[-1.2, 1]', '--backend', 'gpu'];
    assert.match(
      run(args).out,
      /\ngpu\.js webasm \(float32\).*: off from float64 by \d\S*e-\d+ of the largest entry at most\n$/,
    );
    const { backend, float32 } = JSON.parse(run([...args, '--json']).out) as {
      backend: string;
      float32: { error: number; entries: number };
    };
    assert.equal(backend, 'gpu.js webasm (float32)');
    assert.equal(float32.entries, 2);
    assert.ok(float32.error > 0 && float32.error < 1e-6, String(float32.error));
  });

  it('prints exactly one line of JSON', () => {
    const { code, out } = run(['eval', rosenbrock, 'rosenbrock', '--op', 'hessian', '--at', '[-1.2, 1]', '--json']);
    assert.equal(code, 0);
    assert.equal(out.split('\n').length, 2);
    const { result, warnings, operations, timing, ...rest } = JSON.parse(out) as Record<string, unknown>;
    assert.deepEqual(result, [
      [1330, 480],
      [480, 200],
    ]);
    assert.deepEqual(warnings, []);
    assert.ok(Number(operations) > 0 && typeof timing === 'object');
    assert.deepEqual(Object.keys(rest), ['value']);
  });

  it('converts arguments, differentiates by argument 0 or as told, writes NaN as text', () => {
    const ask = (...more: string[]) =>
      (JSON.parse(run(['eval', file(), 'f', '--op', 'jacobian', '--json', ...more]).out) as { result: unknown }).result;
    assert.deepEqual(ask('--args', '[2, [3]]'), [3, 4]);
    assert.deepEqual(ask('--args', '[2, [3]]', '--wrt', '1'), [[2], [0]]);
    assert.deepEqual(ask('--args', '[2, [3]]', '--wrt', '0,1'), [
      [3, 4],
      [[2], [0]],
    ]);
    assert.deepEqual(ask('--args', '["NaN", [3]]'), [3, 'NaN']);
    assert.deepEqual(ask('--args', '["Infinity", [3]]'), [3, 'Infinity']);
  });

  it('takes tangents, cotangents and vectors', () => {
    const ask = (...args: string[]) => (JSON.parse(run(['eval', ...args, '--json']).out) as { result: unknown }).result;
    assert.deepEqual(ask(file(), 'f', '--op', 'jvp', '--args', '[2, [3]]', '--tangent', '2'), [6, 8]);
    assert.deepEqual(ask(file(), 'f', '--op', 'vjp', '--args', '[2, [3]]', '--cotangent', '[1, -1]'), -1);
    assert.deepEqual(
      ask(rosenbrock, 'rosenbrock', '--op', 'hvp', '--at', '[-1.2, 1]', '--vector', '[1, 0]'),
      [1330, 480],
    );
    assert.deepEqual(ask(file(), 'good', '--op', 'grad', '--at', '-4'), -8);
  });

  it('warns with code, message and place', () => {
    const { warnings } = JSON.parse(
      run(['eval', file(), 'loses', '--op', 'grad', '--args', '[2.5]', '--json']).out,
    ) as { warnings: object[] };
    assert.deepEqual(warnings, [
      {
        code: 'derivative-lost',
        message: 'Derivative lost here: Int32Array holds integers.',
        file: file(),
        line: 2,
        column: 73,
      },
    ]);
  });

  it('prints errors as JSON with exit code 1', () => {
    const { code, out } = run(['eval', file(), 'boom', '--op', 'grad', '--args', '[1]', '--json']);
    assert.equal(code, 1);
    assert.deepEqual(JSON.parse(out), {
      error: { code: 'user-error', message: 'boom', file: file(), line: 4, column: 9 },
    });
    const { code: human, err } = run(['eval', file(), 'bom', '--op', 'grad', '--args', '[1]']);
    assert.equal(human, 1);
    assert.match(err, /There is no function `bom`.*\n.*\n {2}Did you mean `boom`\?/);
  });

  it('says wrong usage with exit code 2', () => {
    for (const args of [
      ['nothing'],
      ['eval'],
      ['eval', file(), 'f', '--op', 'integral'],
      ['eval', file(), 'f', '--args', '{'],
      ['eval', file(), 'f', '--unknown'],
      ['eval', file(), 'f', '--wrt', 'x'],
      ['eval', file(), 'f', '--args', '3'],
    ]) {
      assert.equal(run(args).code, 2, args.join(' '));
    }
  });

  it('helps', () => {
    assert.match(run(['--help']).out, /gradlens eval FILE FUNCTION/);
    assert.match(run(['eval', '--help']).out, /--cotangent JSON/);
    assert.equal(run([]).code, 0);
  });

  it('lists', () => {
    assert.match(run(['list', file()]).out, /f\(x: number, n: Float64Array\): number\[\]/);
    const { functions } = JSON.parse(run(['list', file(), '--json']).out) as { functions: { name: string }[] };
    assert.deepEqual(
      functions.map(({ name }) => name),
      ['f', 'loses', 'boom', 'wrong', 'good'],
    );
  });

  it('checks: exit code 1 when one fails', () => {
    const one = run(['check', file(), 'good']);
    assert.deepEqual([one.code, /passed {2} +good/.test(one.out)], [0, true]);
    const { code, out } = run(['check', file(), '--json']);
    assert.equal(code, 1);
    const { functions } = JSON.parse(out) as { functions: { name: string; passed: boolean; mismatch?: object }[] };
    const wrong = functions.find(({ name }) => name === 'wrong');
    assert.deepEqual([wrong?.passed, wrong?.mismatch], [false, { path: 'x', claimed: 5, derived: 6 }]);
    assert.equal(functions.find(({ name }) => name === 'loses')?.passed, false);
  });

  it('profiles', () => {
    const { rows } = JSON.parse(run(['profile', rosenbrock, 'rosenbrock', '--budget', '300', '--json']).out) as {
      rows: { id: string; median: unknown; unavailable?: string }[];
    };
    for (const id of [
      'value',
      'jvp',
      'vjp',
      'gradient',
      'jacfwd',
      'jacrev',
      'differences',
      'hvp-fwd-rev',
      'hvp-rev-fwd',
      'hvp-rev-rev',
      'hvp-naive',
      'products-loop',
      'products-vmap',
    ]) {
      const row = rows.find((candidate) => candidate.id === id);
      assert.ok(row && typeof row.median === 'number' && row.unavailable === undefined, `${id}: ${row?.unavailable}`);
    }
  });

  it('prints programs', () => {
    const { out } = run(['program', rosenbrock, 'rosenbrock', '--op', 'grad']);
    assert.match(out, /^\{ lambda ; a:f64\[\] b:f64\[\] \. let\n/);
  });

  it('draws heatmaps', () => {
    assert.match(run(['eval', rosenbrock, 'rosenbrock', '--op', 'hessian', '--plot']).out, /┌────┐\n│██/);
  });

  it('answers batches line by line in one process', () => {
    const requests = [
      { id: 'a', file: rosenbrock, fn: 'rosenbrock', op: 'grad', args: [[-1.2, 1]] },
      { id: 2, file: rosenbrock, fn: 'nobody', op: 'grad' },
      { id: 3, file: file(), fn: 'f', op: 'vjp', args: [2, [3]], cotangent: [1, 0], wrt: [1] },
      { id: 4, file: rosenbrock, fn: 'rosenbrock', op: 'nope' },
    ];
    const { code, out } = run(
      ['batch'],
      `${requests.map((request) => JSON.stringify(request)).join('\n')}\nnot json\n`,
    );
    assert.equal(code, 0);
    const answers = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: unknown; result?: unknown; error?: { code: string } });
    assert.deepEqual(
      answers.map(({ id }) => id),
      ['a', 2, 3, 4, null],
    );
    assert.deepEqual((answers[0].result as number[]).map(Math.round), [-216, -88]);
    assert.equal(answers[1].error?.code, 'no-such-function');
    assert.deepEqual(answers[2].result, [2]);
    assert.deepEqual([answers[3].error?.code, answers[4].error?.code], ['bad-request', 'bad-request']);
  });
});
