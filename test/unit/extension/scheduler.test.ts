import assert from 'node:assert/strict';
import type { Engine, RequestOptions } from '../../../src/extension/live/engine';
import type { LiveDocument } from '../../../src/extension/live/liveDocument';
import { LiveScheduler, type SchedulerSettings } from '../../../src/extension/live/scheduler';
import type { FunctionInfo, RunnerMethod, RunnerRequests } from '../../../src/runner/protocol';
import { makeFunction, makeInspection, range } from './builders';

/** An engine that answers when the test says so. */
class FakeEngine implements Engine {
  readonly overlays = new Map<string, string | null>();
  readonly requests: { method: RunnerMethod; params: { file: string; fn?: string }; signal?: AbortSignal }[] = [];
  functions: FunctionInfo[] = [makeFunction('f')];
  dependencies: string[] = [];
  /** Answers wait for this. */
  gate: Promise<void> = Promise.resolve();
  fail: unknown;

  async request<M extends RunnerMethod>(
    method: M,
    params: RunnerRequests[M]['params'],
    options: RequestOptions = {},
  ): Promise<RunnerRequests[M]['result']> {
    this.requests.push({ method, params, ...(options.signal ? { signal: options.signal } : {}) });
    const text = this.overlays.get(params.file);
    await Promise.race([
      this.gate,
      new Promise((_, reject) => options.signal?.addEventListener('abort', () => reject(cancelled()))),
    ]);
    if (this.fail !== undefined && method !== 'list') throw this.fail;
    const answer = {
      list: { functions: this.functions, syntaxErrors: [] },
      inspect: makeInspection({ value: text?.length ?? -1, dependencies: this.dependencies }),
      check: { passed: true, verdict: 'Good.' },
    }[method as 'list' | 'inspect' | 'check'];
    return answer as unknown as RunnerRequests[M]['result'];
  }

  overlay(file: string, text: string | null): void {
    this.overlays.set(file, text);
  }

  changed(): void {
    // The scheduler tells; nothing to forget here.
  }

  count(method: RunnerMethod): number {
    return this.requests.filter((request) => request.method === method).length;
  }
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
const cancelled = (): Error => Object.assign(new Error('x'), { info: { code: 'cancelled', message: 'x' } });
const ofDocument = { live: true, maxEntries: 100, automaticChecks: true };
const settings: SchedulerSettings = { delay: 0, of: () => ofDocument };

describe('the scheduler', () => {
  let engine: FakeEngine;
  let scheduler: LiveScheduler;
  let text: string;

  beforeEach(() => {
    engine = new FakeEngine();
    scheduler = new LiveScheduler(engine, settings);
    text = 'one';
  });
  afterEach(() => scheduler.dispose());

  const open = (file = '/w/a.ts'): LiveDocument => scheduler.open(file, () => text, 1, false);
  const look = (...documents: LiveDocument[]): void => {
    const visible = new Map(documents.map(({ id }) => [id, [{ start: 1, end: 50 }]]));
    scheduler.attend({ visible, ...(documents[0] ? { active: documents[0].id, cursor: 1 } : {}) });
  };
  const edit = (document: LiveDocument, now: string): void => {
    text = now;
    scheduler.edit(document, [{ range: range(9, 1, 9, 1), text: 'x' }], document.version + 1);
  };

  /** Resolves when nothing is left to do. */
  async function idle(): Promise<void> {
    for (let quiet = 0; quiet < 3; quiet = scheduler.busy ? 0 : quiet + 1) {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  const value = (document: LiveDocument, key = 'f#0'): unknown => document.targets.get(key)?.inspection?.value;
  const kind = (document: LiveDocument, key = 'f#0'): string | undefined => document.targets.get(key)?.state.kind;

  it('computes nothing for a document that nobody looks at', async () => {
    open();
    await idle();
    assert.equal(engine.requests.length, 0);
  });

  it('lists and inspects what is visible', async () => {
    const document = open();
    look(document);
    await idle();
    assert.deepEqual(
      engine.requests.map(({ method }) => method),
      ['list', 'inspect'],
    );
    assert.equal(kind(document), 'ready');
  });

  it('keeps the old value on show until the new one is there', async () => {
    const document = open();
    look(document);
    await idle();
    const kinds: (string | undefined)[] = [];
    scheduler.onTarget.on(() => kinds.push(kind(document)));
    edit(document, 'longer');
    assert.equal(kind(document), 'stale');
    assert.equal(value(document), -1);
    await idle();
    assert.equal(value(document), 'longer'.length);
    assert.ok(
      kinds.every((each) => each === 'stale' || each === 'ready'),
      kinds.join(),
    );
  });

  it('lets the newest edit win, however late an older answer comes', async () => {
    const document = open();
    look(document);
    await idle();
    let release = (): void => undefined;
    engine.gate = new Promise((resolve) => (release = resolve));
    for (const now of ['a', 'ab', 'abc']) {
      edit(document, now);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    release();
    await idle();
    assert.equal(value(document), 3);
    const stopped = engine.requests.filter(({ signal }) => signal?.aborted).length;
    assert.ok(stopped >= 2, `${stopped} stopped`);
  });

  it('inspects the function at the cursor first', async () => {
    engine.functions = [makeFunction('a', 1), makeFunction('b', 11), makeFunction('c', 21)];
    const document = open();
    scheduler.attend({ visible: new Map([[document.id, [{ start: 10, end: 30 }]]]), active: document.id, cursor: 22 });
    await idle();
    const order = engine.requests.filter(({ method }) => method === 'inspect').map(({ params }) => params.fn);
    assert.deepEqual(order, ['c', 'b', 'a']);
  });

  it('follows imports: a change of one file makes what depends on it stale', async () => {
    engine.dependencies = ['/w/b.ts'];
    const importer = open('/w/a.ts');
    look(importer);
    await idle();
    engine.dependencies = [];
    const imported = open('/w/b.ts');
    look(importer, imported);
    await idle();
    const before = engine.count('inspect');
    edit(imported, 'changed');
    assert.equal(kind(importer), 'stale');
    await idle();
    assert.equal(kind(importer), 'ready');
    assert.equal(engine.count('inspect'), before + 2);
    scheduler.changedOnDisk('/w/c.ts');
    await idle();
    assert.equal(engine.count('inspect'), before + 2);
  });

  it('sends unsaved text of every document before it asks', async () => {
    const a = open('/w/a.ts');
    const b = open('/w/b.ts');
    look(a);
    await idle();
    edit(b, 'unsaved');
    await idle();
    edit(a, 'mine');
    await idle();
    assert.ok(engine.overlays.has('/w/b.ts'));
  });

  it('checks what asks for it when the values are there, and keeps the verdict until text or point change', async () => {
    engine.functions = [makeFunction('f', 1, 3, { checked: true })];
    const document = open();
    look(document);
    await idle();
    const target = document.targets.get('f#0');
    assert.equal(target?.check.kind, 'passed');
    assert.deepEqual(
      engine.requests.map(({ method }) => method),
      ['list', 'inspect', 'check'],
    );
    look();
    look(document);
    await idle();
    assert.equal(target.check.kind, 'passed');
    assert.equal(engine.count('check'), 1);
    target.setPoint({ expression: '[3, 4]' });
    assert.equal(target.check.kind, 'none');
    scheduler.touch(document, target);
    await idle();
    assert.equal(engine.count('check'), 2);
  });

  it('shows the result at a point that another has overtaken, on the way to the newest', async () => {
    const document = open();
    look(document);
    await idle();
    const target = document.targets.get('f#0')!;
    const gates: (() => void)[] = [];
    const gate = (): void => {
      engine.gate = new Promise((resolve) => gates.push(resolve));
    };
    gate();
    target.setPoint({ expression: '1' });
    scheduler.touch(document, target);
    await pause(20);
    target.setPoint({ expression: '2' });
    scheduler.touch(document, target);
    gate();
    const kinds: string[] = [];
    scheduler.onTarget.on(() => kinds.push(target.state.kind));
    gates.shift()?.();
    await pause(20);
    assert.deepEqual(kinds, ['ready', 'stale']);
    assert.ok(target.dirty && target.answered === target.revision - 1);
    gates.shift()?.();
    await idle();
    assert.equal(target.state.kind, 'ready');
    assert.equal(target.dirty, false);
    assert.deepEqual(
      engine.requests.filter(({ method }) => method === 'inspect').map(({ params }) => (params as { at?: string }).at),
      ['[1, 2]', '1', '2'],
    );
  });

  it('asks again where a file that the result turns out to come from has changed meanwhile', async () => {
    const importer = open('/w/a.ts');
    const imported = open('/w/b.ts');
    engine.dependencies = ['/w/b.ts'];
    let release = (): void => undefined;
    engine.gate = new Promise((resolve) => (release = resolve));
    look(importer);
    for (let tries = 0; tries < 100 && engine.count('list') === 0; tries++) await pause(2);
    release();
    engine.gate = new Promise((resolve) => (release = resolve));
    for (let tries = 0; tries < 100 && engine.count('inspect') === 0; tries++) await pause(2);
    edit(imported, 'new');
    release();
    engine.gate = Promise.resolve();
    await idle();
    assert.equal(engine.count('inspect'), 2);
    assert.equal(kind(importer), 'ready');
  });

  it('gives up a computation that the user stops, until the next edit', async () => {
    const document = open();
    look(document);
    await idle();
    engine.gate = new Promise(() => undefined);
    edit(document, 'slow');
    engine.request = ((request) => (method, params, options) => {
      if (method === 'list') return Promise.resolve({ functions: engine.functions, syntaxErrors: [] } as never);
      return request(method, params, options);
    })(engine.request.bind(engine));
    for (let tries = 0; tries < 100 && scheduler.working === undefined; tries++) await pause(2);
    assert.equal(scheduler.working?.target.fn.name, 'f');
    scheduler.stop();
    await idle();
    const { state } = document.targets.get('f#0')!;
    assert.ok(state.kind === 'failed' && state.error.code === 'stopped' && state.last);
    engine.gate = Promise.resolve();
    edit(document, 'quick');
    await idle();
    assert.equal(kind(document), 'ready');
  });

  it('drops the verdict of a check that an edit has overtaken', async () => {
    const document = open();
    look(document);
    await idle();
    let release = (): void => undefined;
    engine.gate = new Promise((resolve) => (release = resolve));
    const target = document.targets.get('f#0')!;
    const checking = scheduler.check(document, target, {});
    edit(document, 'other');
    release();
    await checking;
    await idle();
    assert.equal(target.check.kind, 'none');
  });

  it('keeps functions on show while a syntax error hides them', async () => {
    const document = open();
    look(document);
    await idle();
    engine.functions = [];
    const list = engine.request.bind(engine);
    engine.request = async (method, params, options) => {
      const result = await list(method, params, options);
      if (method === 'list') Object.assign(result, { syntaxErrors: [{ message: 'x', location: range(1, 1, 1, 2) }] });
      return result;
    };
    edit(document, 'broken(');
    await idle();
    assert.equal(document.targets.size, 1);
  });

  it('says why a function failed and shows its last value, and tries again when any file changes', async () => {
    const document = open();
    look(document);
    await idle();
    engine.fail = { code: 'user-error', message: 'x is undefined' };
    edit(document, 'fails');
    await idle();
    assert.equal(kind(document), 'failed');
    assert.equal(value(document), -1);
    engine.fail = undefined;
    scheduler.changedOnDisk('/w/other.ts');
    await idle();
    assert.equal(kind(document), 'ready');
  });

  it('takes a later document of the same name for another one', async () => {
    const first = open();
    look(first);
    await idle();
    edit(first, 'unsaved');
    await idle();
    scheduler.close(first);
    const second = open();
    look(second);
    assert.notEqual(first.id, second.id);
    assert.equal(second.targets.size, 0);
    await idle();
    assert.equal(kind(second), 'ready');
    assert.equal(engine.overlays.get('/w/a.ts'), null);
  });

  it('does nothing while suspended, nor when off, unless asked', async () => {
    scheduler.suspend(true);
    const document = open();
    look(document);
    await idle();
    assert.equal(engine.requests.length, 0);
    scheduler.configure({ ...settings, of: () => ({ ...ofDocument, live: false }) });
    scheduler.suspend(false);
    await idle();
    assert.equal(engine.requests.length, 0);
    document.wanted = true;
    scheduler.attendAgain();
    await idle();
    const target = document.targets.get('f#0');
    assert.ok(target);
    assert.equal(kind(document), 'idle');
    scheduler.refresh(target, document);
    await idle();
    assert.equal(kind(document), 'ready');
  });

  it('ends like a fresh computation after 500 random edits', async () => {
    const document = open();
    look(document);
    let seed = 1;
    for (let index = 0; index < 500; index++) {
      seed = (seed * 48271) % 2147483647;
      edit(document, 'x'.repeat(seed % 97));
      if (seed % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await idle();
    assert.equal(kind(document), 'ready');
    assert.equal(value(document), text.length);
  });

  describe('asks for the function at the cursor together with the list', () => {
    const methods = (): string[] => engine.requests.map(({ method }) => method);
    const points = (): (string | undefined)[] =>
      engine.requests.filter(({ method }) => method === 'inspect').map(({ params }) => (params as { at?: string }).at);
    let document: LiveDocument;
    beforeEach(async () => {
      document = open();
      look(document);
      await idle();
      engine.requests.length = 0;
    });

    it('and shows what comes where the list bears it out', async () => {
      let release = (): void => undefined;
      engine.gate = new Promise((resolve) => (release = resolve));
      edit(document, 'longer');
      await pause(5);
      assert.deepEqual(methods(), ['list', 'inspect']);
      release();
      await idle();
      assert.deepEqual(methods(), ['list', 'inspect']);
      assert.equal(kind(document), 'ready');
      assert.equal(value(document), 'longer'.length);
    });

    it('but asks again where its point is another one', async () => {
      const [first] = engine.functions;
      engine.functions = [{ ...first, points: [{ source: 'default', expression: '[9]' }] }];
      edit(document, 'longer');
      await idle();
      assert.deepEqual(points(), ['[1, 2]', '[9]']);
      assert.equal(kind(document), 'ready');
    });

    it('but not where the text of its point is being edited, nor where live is off', async () => {
      const target = document.targets.get('f#0')!;
      const at = range(1, 5, 1, 11);
      target.fn = { ...target.fn, points: [{ source: '@at', expression: '[1, 2]', range: at }] };
      scheduler.edit(document, [{ range: range(1, 6, 1, 7), text: '7' }], 2);
      assert.equal(target.pointEdited, true);
      engine.gate = new Promise(() => undefined);
      await pause(5);
      assert.deepEqual(methods(), ['list']);
      scheduler.configure({ ...settings, of: () => ({ ...ofDocument, live: false }) });
      document.wanted = true;
      edit(document, 'x');
      await pause(5);
      assert.deepEqual(methods(), ['list', 'list']);
    });

    it('and gives both up for a newer text, for a document that closes and where the function is gone', async () => {
      const ended = (): boolean[] =>
        engine.requests.filter(({ method }) => method === 'inspect').map(({ signal }) => signal?.aborted === true);
      const gate = new Promise<void>(() => undefined);
      engine.gate = gate;
      edit(document, 'a');
      await pause(5);
      edit(document, 'ab');
      await pause(5);
      assert.deepEqual(ended(), [true, false]);
      engine.gate = Promise.resolve();
      engine.functions = [];
      edit(document, 'abc');
      await idle();
      assert.equal(document.targets.size, 0);
      assert.deepEqual(ended(), [true, true, true]);
    });

    it('and never shows the value of another text or point, whatever the edits do to functions', async () => {
      // The text says which functions there are and where they are looked at: `a1 b2` are two.
      const read = (file: string): string => engine.overlays.get(file) ?? '';
      engine.request = async (method, params, options) => {
        const { file, fn, at } = params as { file: string; fn?: string; at?: string };
        const now = read(file);
        const functions = now.split(' ').map((word, index) => ({
          ...makeFunction(word.slice(0, 1), 1 + index),
          points: [{ source: 'default' as const, expression: word.slice(1) }],
        }));
        for (let turns = (now.length + (at?.length ?? 0)) % 3; turns > 0; turns--) {
          if (options?.signal?.aborted) throw cancelled();
          await new Promise((resolve) => setImmediate(resolve));
        }
        const answer =
          method === 'list' ? { functions, syntaxErrors: [] } : makeInspection({ value: `${now}: ${fn}${at}` });
        return answer as never;
      };
      let shown = 0;
      scheduler.onTarget.on(({ target }) => {
        if (target.state.kind !== 'ready') return;
        shown++;
        assert.equal(target.state.inspection.value, `${text}: ${target.fn.name}${target.fn.points[0].expression}`);
      });
      let seed = 7;
      const random = (below: number): number => (seed = (seed * 48271) % 2147483647) % below;
      for (let index = 0; index < 300; index++) {
        const names = ['a', 'b', 'c'].filter(() => random(4) > 0);
        edit(document, names.map((name) => `${name}${random(3)}`).join(' ') || 'a0');
        for (let turns = random(7); turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
      }
      await idle();
      assert.ok(shown > 50, `${shown} shown`);
      for (const [key, { state }] of document.targets) assert.equal(state.kind, 'ready', key);
    });
  });

  it('leaves no listener behind', () => {
    const listener = scheduler.onTarget.on(() => undefined);
    assert.equal(scheduler.onTarget.listenerCount, 1);
    listener.dispose();
    assert.equal(scheduler.onTarget.listenerCount, 0);
  });
});
