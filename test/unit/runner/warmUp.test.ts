import assert from 'node:assert/strict';
import '../../../src/engine';
import { inspect } from '../../../src/runner/requests/inspect';
import { Session } from '../../../src/runner/session';
import { WarmUp } from '../../../src/runner/warmUp';
import { contextFor } from './support/derive';

const FILE = '/virtual/user.ts';
const SOURCE = `let calls = 0;
console.log('loaded');
/** @at 2 */
export function f(x: number): number {
  calls += 0;
  return x ** 3;
}
`;

describe('getting warm', () => {
  it('ends, leaves the files, the results and the console of the user as they are, and nothing behind', async () => {
    const session = new Session();
    const context = contextFor(session);
    session.overlay(FILE, SOURCE);
    const seen = async () => {
      const { timing: _, ...rest } = await inspect(context, { file: FILE, fn: 'f' });
      return rest;
    };
    const before = await seen();
    const instance = session.realm(true).load(FILE);
    const warmUp = new WarmUp(context);
    let steps = 0;
    for (; !warmUp.isDone; steps++) {
      assert.ok(steps < 100);
      await warmUp.step();
    }
    // It did something: a step that fails ends it.
    assert.ok(steps > 5, `${steps} steps`);
    assert.equal(session.realm(true).load(FILE), instance);
    assert.deepEqual(session.realm(true).files, [FILE]);
    assert.deepEqual(session.realm(false).files, [FILE]);
    assert.deepEqual({ ...(await seen()), console: before.console }, before);
    await warmUp.step();
    assert.deepEqual(session.realm(true).files, [FILE]);
  });

  it('is left alone where derivatives go to the GPU', () => {
    const session = new Session();
    session.configuration.backend = 'gpu';
    assert.equal(new WarmUp(contextFor(session)).isDone, true);
  });
});
