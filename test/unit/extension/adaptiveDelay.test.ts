import assert from 'node:assert/strict';
import { AdaptiveDelay } from '../../../src/extension/live/adaptiveDelay';

describe('the wait after a key', () => {
  /** The waits before each of the edits after which computing took so long. */
  const waits = (edits: readonly (readonly number[])[]): number[] => {
    const delay = new AdaptiveDelay(25, 1000);
    return edits.map((costs) => {
      const { value } = delay;
      delay.begin();
      costs.forEach((cost) => delay.observe(cost));
      return value;
    });
  };

  it('is none where results come fast', () => {
    assert.deepEqual(waits([[2, 20], [3, 24], [1], [25]]), [0, 0, 0, 0]);
  });

  it('grows with what takes long after every edit, and not because of one accident', () => {
    assert.deepEqual(waits([[600], [2, 20], [2, 20], [600], [2, 20], [2]]), [0, 0, 0, 0, 0, 0]);
    assert.deepEqual(
      waits([[1, 225], [3, 225, 9], [1, 125], [90_000], [90_000], [1], [1]]),
      [0, 0, 0, 100, 50, 50, 1000],
    );
  });

  it('counts what was given up as no faster than what came before it', () => {
    const delay = new AdaptiveDelay(25, 1000);
    for (const cost of [425, 425, 425]) {
      delay.begin();
      delay.observe(cost);
    }
    for (let edit = 0; edit < 5; edit++) {
      delay.begin();
      delay.observeEnded(30);
    }
    assert.equal(delay.value, 200);
  });
});
