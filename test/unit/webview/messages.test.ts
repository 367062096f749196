import assert from 'node:assert/strict';
import { MessageHandler, RemoteError } from '../../../src/webview/messageHandler';
import { decodeWire, encodeWire } from '../../../src/webview/wire';

interface Requests {
  double: { params: { value: number }; result: number };
  slow: { params: Record<string, never>; result: null };
  broken: { params: Record<string, never>; result: null };
}
interface Events {
  hello: { text: string };
}
type End = MessageHandler<Requests, Requests, Events, Events, number>;

/** VS Code's channel: JSON with typed arrays beside it. */
function json(message: unknown): unknown {
  const buffers: unknown[] = [];
  const text = JSON.stringify(message, (_key, value: unknown) =>
    ArrayBuffer.isView(value) ? { $buffer: buffers.push(value) - 1 } : value,
  );
  return JSON.parse(text, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && '$buffer' in value
      ? structuredClone(buffers[(value as { $buffer: number }).$buffer])
      : value,
  );
}

function pair(): { a: End; b: End } {
  const a: End = new MessageHandler((message) => setImmediate(() => b.receive(json(message))));
  const b: End = new MessageHandler((message) => setImmediate(() => a.receive(json(message))));
  return { a, b };
}

describe('the wire', () => {
  it('carries what JSON would lose', () => {
    const value = {
      a: NaN,
      b: [Infinity, -Infinity, undefined],
      c: -0,
      d: undefined,
      e: { f: [1, 2, null] },
      g: Float64Array.of(NaN, 1),
      h: 'NaN',
      i: true,
    };
    const back = decodeWire(json(encodeWire(value))) as typeof value;
    assert.deepEqual(back, value);
    assert.ok(Object.is(back.c, -0));
  });

  it('packs long lists of numbers', () => {
    const list = Array.from({ length: 1000 }, (_, i) => (i === 5 ? NaN : i / 3));
    const encoded = encodeWire({ list }) as { list: object };
    assert.ok(!Array.isArray(encoded.list));
    assert.deepEqual(decodeWire(json(encoded)), { list });
  });
});

describe('the message handler', () => {
  it('answers requests', async () => {
    const { a, b } = pair();
    b.handle('double', ({ value }) => value * 2);
    assert.equal(await a.request('double', { value: 21 }), 42);
    assert.ok(Number.isNaN(await a.request('double', { value: NaN })));
  });

  it('brings errors with code and hint', async () => {
    const { a, b } = pair();
    b.handle('broken', () => {
      throw new RemoteError('no-matrix', 'Too large.', 'Take fewer inputs.');
    });
    await assert.rejects(a.request('broken', {}), {
      code: 'no-matrix',
      message: 'Too large.',
      hint: 'Take fewer inputs.',
    });
  });

  it('says so when nobody answers', async () => {
    await assert.rejects(pair().a.request('slow', {}), { code: 'not-supported' });
  });

  it('gives up after the time limit and tells the other end', async () => {
    const { a, b } = pair();
    const aborted = new Promise((resolve) =>
      b.handle('slow', (_params, { signal }) => new Promise(() => signal.addEventListener('abort', resolve))),
    );
    await assert.rejects(a.request('slow', {}, { timeout: 30 }), { code: 'time-out' });
    await aborted;
  });

  it('cancels by a signal', async () => {
    const { a, b } = pair();
    const aborted = new Promise((resolve) =>
      b.handle('slow', (_params, { signal }) => new Promise(() => signal.addEventListener('abort', resolve))),
    );
    const controller = new AbortController();
    const request = a.request('slow', {}, { signal: controller.signal, timeout: 0 });
    setTimeout(() => controller.abort(), 10);
    await assert.rejects(request, { code: 'cancelled' });
    await aborted;
    await assert.rejects(a.request('slow', {}, { signal: controller.signal }), { code: 'cancelled' });
  });

  it('reports progress', async () => {
    const { a, b } = pair();
    b.handle('slow', (_params, { progress }) => {
      progress(1);
      progress(2);
      return null;
    });
    const seen: number[] = [];
    await a.request('slow', {}, { onProgress: (value) => seen.push(value) });
    assert.deepEqual(seen, [1, 2]);
  });

  it('delivers events until the listener stops', async () => {
    const { a, b } = pair();
    const seen: string[] = [];
    const stop = b.on('hello', ({ text }) => seen.push(text));
    a.emit('hello', { text: 'one' });
    await new Promise(setImmediate);
    stop();
    a.emit('hello', { text: 'two' });
    await new Promise(setImmediate);
    assert.deepEqual(seen, ['one']);
  });

  it('fails what waits when it is closed', async () => {
    const { a, b } = pair();
    b.handle('slow', () => new Promise(() => undefined));
    const request = a.request('slow', {}, { timeout: 0 });
    a.dispose();
    await assert.rejects(request, { code: 'closed' });
    await assert.rejects(a.request('slow', {}), { code: 'closed' });
  });

  it('leaves foreign messages alone', () => {
    const { a } = pair();
    for (const message of [null, 'text', 5, { type: 'other' }]) a.receive(message);
  });
});
