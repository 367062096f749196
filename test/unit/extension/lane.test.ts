import assert from 'node:assert/strict';
import { type Client, Lane } from '../../../src/extension/engine/lane';
import { toErrorInfo } from '../../../src/extension/format/errors';
import type { RequestOptions } from '../../../src/extension/live/engine';

/** A client whose requests end when the test says so. */
class FakeClient implements Client {
  restarts = 0;
  isLoading = false;
  readonly asked: { resolve: (value: never) => void; reject: (error: unknown) => void; signal: AbortSignal }[] = [];

  request(_method: unknown, _params: unknown, { signal }: RequestOptions = {}): Promise<never> {
    return new Promise((resolve, reject) => {
      assert.ok(signal);
      signal.addEventListener('abort', () => reject(error('cancelled')));
      this.asked.push({ resolve, reject, signal });
    });
  }

  restart(): void {
    this.restarts++;
    for (const { reject } of this.asked) reject(error('restarted'));
  }
}

const error = (code: string): unknown => ({ code, message: code });
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'resolved',
    (reason: unknown) => toErrorInfo(reason).code,
  );
const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
const params = { file: '/w/a.ts' };

describe('a lane to the runner', () => {
  let client: FakeClient;
  let lane: Lane;
  beforeEach(() => {
    client = new FakeClient();
    lane = new Lane(client, 20);
  });

  it('ends the process of a cancelled request that goes on', async () => {
    const stop = new AbortController();
    const code = codeOf(lane.request('list', params, { signal: stop.signal }));
    stop.abort();
    assert.equal(await code, 'cancelled');
    assert.equal(client.restarts, 0);
    await pause(60);
    assert.equal(client.restarts, 1);
  });

  it('leaves the process alone where the request ends by itself', async () => {
    const stop = new AbortController();
    const code = codeOf(lane.request('list', params, { signal: stop.signal }));
    stop.abort();
    client.asked[0]?.resolve(undefined as never);
    assert.equal(await code, 'cancelled');
    await pause(60);
    assert.equal(client.restarts, 0);
  });

  it('lets modules be loaded to the end where it is told to', async () => {
    lane = new Lane(client, 10, true);
    client.isLoading = true;
    const stop = new AbortController();
    const code = codeOf(lane.request('list', params, { signal: stop.signal }));
    stop.abort();
    assert.equal(await code, 'cancelled');
    await pause(60);
    assert.equal(client.restarts, 0);
    client.isLoading = false;
    await pause(60);
    assert.equal(client.restarts, 1);
  });

  it('drops a cancelled request that only waits', async () => {
    const stop = new AbortController();
    const first = codeOf(lane.request('list', params));
    const second = codeOf(lane.request('list', params, { signal: stop.signal }));
    stop.abort();
    assert.equal(await second, 'cancelled');
    assert.ok(client.asked[1]?.signal.aborted);
    await pause(60);
    assert.equal(client.restarts, 0);
    client.asked[0]?.resolve(undefined as never);
    assert.equal(await first, 'resolved');
  });

  it('asks again what a restart for another request has ended', async () => {
    const stop = new AbortController();
    void codeOf(lane.request('list', params, { signal: stop.signal }));
    const innocent = codeOf(lane.request('list', params));
    stop.abort();
    await pause(60);
    assert.equal(client.asked.length, 3);
    client.asked[2]?.resolve(undefined as never);
    assert.equal(await innocent, 'resolved');
  });
});
