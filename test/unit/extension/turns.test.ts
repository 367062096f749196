import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import type { Disposable } from '../../../src/extension/lifecycle/disposables';
import { inTurns } from '../../../src/extension/lifecycle/turns';

describe('inTurns', () => {
  const made: string[] = [];
  const ended: string[] = [];
  const part = (name: string) => (): Disposable[] => {
    made.push(name);
    return [{ dispose: () => ended.push(name) }];
  };
  beforeEach(() => {
    made.length = 0;
    ended.length = 0;
  });

  it('makes one part a turn, and ends all of them together, the newest first', async () => {
    const all = inTurns([part('a'), part('b')]);
    assert.deepEqual(made, []);
    await turn();
    assert.deepEqual(made, ['a']);
    await turn();
    assert.deepEqual(made, ['a', 'b']);
    all.dispose();
    assert.deepEqual(ended, ['b', 'a']);
  });

  it('makes nothing any more after its end', async () => {
    const all = inTurns([part('a'), part('b')]);
    await turn();
    all.dispose();
    await turn();
    await turn();
    assert.deepEqual([made, ended], [['a'], ['a']]);
  });
});
