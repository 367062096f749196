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
});
