import assert from 'node:assert/strict';
import { collectFindings } from '../../../src/extension/diagnostics/collect';
import { LiveDocument } from '../../../src/extension/live/liveDocument';
import type { CheckReport } from '../../../src/runner/protocol';
import { makeFinding, makeFunction, makeInspection } from './builders';

describe('the findings of a document', () => {
  const fn = makeFunction('f', 3);
  const document = new LiveDocument(1, '/w/a.ts', () => '', 1, false);
  document.list({ functions: [fn, makeFunction('g', 9)], syntaxErrors: [] });
  const target = document.targets.get('f#0')!;
  const other = document.targets.get('g#0')!;
  const codes = (): string[] => collectFindings(document).map(({ code }) => code);

  beforeEach(() => {
    target.state = other.state = { kind: 'idle' };
    target.check = { kind: 'none' };
  });

  it('are told once where two targets find the same', () => {
    const inspection = makeInspection({ findings: [makeFinding(4)] });
    target.state = { kind: 'ready', fn, inspection, version: 1 };
    other.state = {
      kind: 'ready',
      fn,
      inspection: makeInspection({ findings: [makeFinding(4), makeFinding(5)] }),
      version: 1,
    };
    assert.deepEqual(codes(), ['nan-born', 'nan-born']);
  });

  it('stay while a newer result is on its way', () => {
    target.state = {
      kind: 'stale',
      fn,
      inspection: makeInspection({ findings: [makeFinding(4)] }),
      version: 1,
      since: 0,
    };
    assert.deepEqual(codes(), ['nan-born']);
  });

  it('tell of failed checks and wrong gradients at the name of the function', () => {
    const report = { passed: false, verdict: 'It is wrong.', warnings: [] } as unknown as CheckReport;
    target.check = { kind: 'failed', report };
    assert.deepEqual(codes(), ['check-failed']);
    assert.equal(collectFindings(document)[0]?.location.line, 3);
    const mismatch = { path: 'x[1]', claimed: 4, derived: 5 };
    target.check = { kind: 'failed', report: { ...report, mismatch } };
    assert.deepEqual(codes(), ['gradient-mismatch']);
  });

  it('tell of time-outs', () => {
    target.state = { kind: 'failed', fn, error: { code: 'time-out', message: 'Stopped after 2 s.' }, version: 1 };
    assert.deepEqual(codes(), ['time-out']);
  });
});
