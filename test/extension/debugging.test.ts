import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { debugCheck } from '../../src/extension/testing/debugCheck';
import { closeAll, lens, openText } from './editing';

const text = `/** @at [3, 2] */
export function f(x: number[]): number {
  return x[0] ** 2 + 5 * x[1];
}
/**
 * @at [3, 2]
 * @gradientOf f
 */
export function gradient(x: number[]): number[] {
  return [2 * x[0], 5];
}
`;

/** `return [2 * x[0], 5];` */
const LINE = 10;

interface Frame {
  id: number;
  line: number;
  source?: { path?: string };
}

/** Where a debugged thread stands, and the names of its variables. */
async function look(
  session: vscode.DebugSession,
  threadId: number,
): Promise<{ path?: string; line: number; values: string }> {
  const { stackFrames } = (await session.customRequest('stackTrace', { threadId })) as { stackFrames: Frame[] };
  const [frame] = stackFrames;
  const { scopes } = (await session.customRequest('scopes', { frameId: frame.id })) as {
    scopes: { variablesReference: number; expensive: boolean }[];
  };
  const names: string[] = [];
  for (const { variablesReference } of scopes.filter(({ expensive }) => !expensive)) {
    const { variables } = (await session.customRequest('variables', { variablesReference })) as {
      variables: { name: string }[];
    };
    names.push(...variables.map(({ name }) => name));
  }
  return { path: frame.source?.path, line: frame.line, values: names.join(' ') };
}

describe('checks under the debugger', () => {
  afterEach(closeAll);

  it('start it, and end with it', async function () {
    const extension = vscode.extensions.getExtension('gradlens.gradlens');
    assert.ok(extension);
    // A VS Code without its JavaScript debugger has nothing to start.
    if (!vscode.extensions.getExtension('ms-vscode.js-debug')) this.skip();
    const { document } = await openText('debugging/gradient.ts', text);
    await lens(document.uri, /^Check ✓$/);
    assert.equal(await debugCheck(document.uri, 'gradient', extension.extensionUri), true);
  });

  it('stops at a breakpoint in the user’s code, with the values of its variables', async function () {
    const extension = vscode.extensions.getExtension('gradlens.gradlens');
    if (!extension || !vscode.extensions.getExtension('ms-vscode.js-debug')) this.skip();
    const { document } = await openText('debugging/stop.ts', text);
    await lens(document.uri, /^Check ✓$/);
    const place = new vscode.Location(document.uri, new vscode.Position(LINE - 1, 0));
    const breakpoint = new vscode.SourceBreakpoint(place);
    vscode.debug.addBreakpoints([breakpoint]);
    const stops: { path?: string; line: number; values: string }[] = [];
    const tracker = vscode.debug.registerDebugAdapterTrackerFactory('*', {
      createDebugAdapterTracker: (session) => ({
        onDidSendMessage: (message: { type: string; event?: string; body?: { threadId: number; reason: string } }) => {
          if (message.type !== 'event' || message.event !== 'stopped' || !message.body) return;
          void look(session, message.body.threadId).then((stop) => {
            stops.push(stop);
            vscode.debug.removeBreakpoints([breakpoint]);
            return session.customRequest('continue', { threadId: message.body?.threadId });
          });
        },
      }),
    });
    try {
      assert.equal(await debugCheck(document.uri, 'gradient', extension.extensionUri), true);
    } finally {
      tracker.dispose();
      vscode.debug.removeBreakpoints([breakpoint]);
    }
    assert.ok(stops.length >= 1, 'it stopped');
    assert.equal(stops[0].line, LINE);
    assert.equal(stops[0].path, document.uri.fsPath);
    assert.match(stops[0].values, /\bx\b/);
  });
});
