import assert from 'node:assert/strict';
import { Soon } from '../../../src/extension/lifecycle/soon';

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('what is done soon', () => {
  let runs: number;
  let soon: Soon;
  const start = (delay: number, between?: number): void => {
    runs = 0;
    soon = new Soon(() => runs++, delay, between);
  };
  afterEach(() => soon.dispose());

  it('is done once for many asks', async () => {
    start(5);
    for (let index = 0; index < 100; index++) soon.ask();
    await pause(30);
    assert.equal(runs, 1);
  });

  it('is not done again before a while has passed', async () => {
    start(1, 100_000);
    soon.ask();
    await pause(30);
    assert.equal(runs, 1);
    soon.ask();
    await pause(30);
    assert.equal(runs, 1);
  });

  it('is done again at once where there was nothing to do', async () => {
    let runs = 0;
    soon = new Soon(() => ++runs > 1, 0, 100_000);
    soon.ask();
    await pause(5);
    soon.ask();
    await pause(5);
    assert.equal(runs, 2);
    soon.ask();
    await pause(5);
    assert.equal(runs, 2);
  });

  it('comes earlier for a more urgent ask, and not at all after the end', async () => {
    start(5);
    soon.ask(10_000);
    soon.ask();
    soon.ask(10_000);
    await pause(30);
    assert.equal(runs, 1);
    soon.dispose();
    soon.ask();
    await pause(20);
    assert.equal(runs, 1);
  });
});
