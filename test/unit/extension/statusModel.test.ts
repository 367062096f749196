import assert from 'node:assert/strict';
import { COMMANDS } from '../../../src/extension/commandIds';
import { type StatusInput, statusText } from '../../../src/extension/status/statusModel';

const fine: StatusInput = {
  supported: true,
  trusted: true,
  live: true,
  engine: { kind: 'running' },
  listed: true,
  syntaxErrors: 0,
  functions: 3,
  differentiable: 2,
  failed: 0,
  ready: 2,
  busy: false,
};

describe('the status item', () => {
  const cases: [string, Partial<StatusInput>, string, string][] = [
    ['is quiet where all is well', {}, 'ok', COMMANDS.toggleLive],
    ['says what takes long', { busy: true, working: { name: 'f', milliseconds: 3000 } }, 'busy', COMMANDS.stop],
    [
      'is silent about what is done soon',
      { busy: true, working: { name: 'f', milliseconds: 300 } },
      'busy',
      COMMANDS.toggleLive,
    ],
    ['hides where nothing can be differentiated', { supported: false }, 'hidden', COMMANDS.toggleLive],
    ['says that the workspace is not trusted', { trusted: false }, 'untrusted', COMMANDS.manageTrust],
    ['says that it is off', { live: false }, 'off', COMMANDS.toggleLive],
    [
      'says that the engine crashed',
      { engine: { kind: 'crashed', error: { code: 'crashed', message: 'The engine died.' } } },
      'crashed',
      COMMANDS.restartEngine,
    ],
    [
      'says that there is no function',
      { functions: 0, differentiable: 0, ready: 0 },
      'no-functions',
      COMMANDS.openWalkthrough,
    ],
    [
      'says why no function is differentiable',
      { differentiable: 0, ready: 0, reason: 'x is a string.' },
      'not-differentiable',
      COMMANDS.openWalkthrough,
    ],
    [
      'says that a syntax error is in the way',
      { differentiable: 0, syntaxErrors: 1 },
      'syntax-error',
      COMMANDS.toggleLive,
    ],
    [
      'says what failed',
      { failed: 1, ready: 1, firstError: { code: 'time-out', message: 'f took too long.' } },
      'failed',
      COMMANDS.showOutput,
    ],
    ['says what was too large', { overBudget: 'The Jacobian has 10⁷ entries.' }, 'over-budget', COMMANDS.toggleLive],
    ['says that a file cannot be read', { listError: { code: 'x', message: 'No.' } }, 'failed', COMMANDS.showOutput],
  ];
  for (const [name, change, kind, command] of cases) {
    it(name, () => {
      const status = statusText({ ...fine, ...change });
      assert.equal(status.kind, kind);
      assert.equal(status.action.command, command);
      if (kind !== 'hidden')
        assert.ok(status.text.length > 0 && status.detail.length > 0 && status.action.title.length > 0);
    });
  }

  it('puts trust before everything, and off before the rest', () => {
    const all = {
      trusted: false,
      live: false,
      engine: { kind: 'crashed', error: { code: 'x', message: 'x' } },
    } as const;
    assert.equal(statusText({ ...fine, ...all }).kind, 'untrusted');
    assert.equal(statusText({ ...fine, ...all, trusted: true }).kind, 'off');
  });

  it('does not change its width while values are computed again', () => {
    assert.equal(statusText({ ...fine, busy: true }).text, statusText(fine).text);
  });
});
