import assert from 'node:assert/strict';
import { shortData } from '../../../src/extension/format/data';
import { fullReason, isCancelled, toErrorInfo } from '../../../src/extension/format/errors';
import { shortCount, shortNumber, shortPercent, shortTime } from '../../../src/extension/format/number';

describe('numbers for people', () => {
  const cases: [number, string][] = [
    [0, '0'],
    [-0, '−0'],
    [24.2, '24.2'],
    [-88, '−88'],
    [1.44000000001, '1.44'],
    [123456, '123456'],
    [12345.678, '12346'],
    [1234567, '1.235e6'],
    [0.00012, '1.2e−4'],
    [-3.00001e-10, '−3e−10'],
    [1e21, '1e21'],
    [NaN, 'NaN'],
    [Infinity, '∞'],
    [-Infinity, '−∞'],
  ];
  for (const [x, text] of cases) it(`${x} is ${text}`, () => assert.equal(shortNumber(x), text));

  it('keeps more digits where asked', () => assert.equal(shortNumber(Math.PI, 8), '3.1415927'));

  it('never grows wider than ten characters with four digits', () => {
    for (let exponent = -300; exponent <= 300; exponent += 7) {
      const text = shortNumber(-1.23456789 * 10 ** exponent);
      assert.ok(text.length <= 11, text);
    }
  });

  it('speaks of times, shares and counts', () => {
    assert.deepEqual([0.0042, 0.42, 4.2, 42, 4200].map(shortTime), ['4.2 µs', '0.42 ms', '4.2 ms', '42 ms', '4.2 s']);
    assert.deepEqual([0, 0.001, 0.37].map(shortPercent), ['0 %', '< 1 %', '37 %']);
    assert.equal(shortCount(1234567), '1\u202f234\u202f567');
  });
});

describe('values for people', () => {
  it('shows short ones whole', () => {
    assert.equal(shortData([1, -2, 3.14159]), '[1, −2, 3.142]');
    assert.equal(shortData({ pos: [0, 1], m: 2 }), '{pos: [0, 1], m: 2}');
    assert.equal(shortData(Float64Array.of(1, 2)), '[1, 2]');
    assert.equal(shortData(undefined), 'undefined');
  });

  it('says how many are left out', () => {
    const text = shortData(Array.from({ length: 100 }, (_, index) => index));
    assert.match(text, /^\[0, 1, .* … \d+ more\]$/);
    assert.ok(text.length <= 40);
    const shown = text.split(',').length - 1;
    assert.equal(Number(/(\d+) more/.exec(text)?.[1]), 100 - shown);
  });

  it('is never wider than asked, whatever the value', () => {
    assert.ok(
      shortData(
        {
          a: [
            [1, 2, 3],
            [4, 5, 6],
          ],
          b: 'x'.repeat(200),
        },
        30,
      ).length <= 30,
    );
  });
});

describe('errors for people', () => {
  it('reads what any part throws', () => {
    const info = { code: 'time-out', message: 'f took longer than 2 s.' };
    assert.equal(toErrorInfo(Object.assign(new Error('x'), { info })), info);
    assert.equal(toErrorInfo(info), info);
    assert.equal(toErrorInfo(new Error('boom')).code, 'internal-error');
    assert.equal(toErrorInfo('boom').message, 'boom');
  });

  it('knows an ended request from a failed one', () => {
    assert.ok(isCancelled(new DOMException('stop', 'AbortError')));
    assert.ok(isCancelled(Object.assign(new Error('x'), { info: { code: 'cancelled', message: 'x' } })));
    assert.ok(!isCancelled(new Error('boom')));
  });

  it('says what, where and what to do', () => {
    const text = fullReason({ code: 'x', message: 'No.', line: 3, column: 7, hint: 'Do this.' }, 'a.ts');
    assert.equal(text, 'No. (a.ts:3:7) Do this.');
  });
});
