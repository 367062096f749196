/** GPU work that has no panel to run in. What a panel then does is seen in the UI tests. */
import assert from 'node:assert/strict';
import { GpuBridge } from '../../src/extension/panel/gpuBridge';
import { RequestError } from '../../src/extension/session/requestError';
import { workspacePath } from './helpers';

describe('the bridge to the GPU', () => {
  const target = { file: workspacePath('gpu.ts'), fn: 'f' };
  const task = { program: {}, inputs: [] };
  const quiet = { debug: () => undefined, warn: () => undefined };

  /** The error of a run where no panel ever listens. */
  async function reasonOf(bridge: GpuBridge, live: boolean, signal = new AbortController().signal): Promise<string> {
    const error = await bridge.run(task, signal, target, live).then(
      () => assert.fail('it ran'),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof RequestError);
    return `${error.info.code}: ${error.message}`;
  }

  it('opens one, waits for it as long as it may, and says that it did not open; for live results only once', async () => {
    const opened: string[] = [];
    const bridge = new GpuBridge(quiet, 20);
    bridge.use({ all: () => [], open: ({ functionName }) => opened.push(functionName) });
    assert.match(await reasonOf(bridge, true), /^no-panel: .*did not open/);
    assert.match(await reasonOf(bridge, true), /^no-panel: .*not in sight/);
    assert.match(await reasonOf(bridge, false), /^no-panel: .*did not open/);
    assert.deepEqual(opened, ['f', 'f']);
    assert.match(await reasonOf(bridge, false, AbortSignal.abort()), /^cancelled/);
  });
});
