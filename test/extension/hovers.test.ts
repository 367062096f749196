import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { closeAll, lens, openText } from './editing';
import { eventually } from './helpers';

const text = `/** @at [1, 2, 3, 4], 2 */
export function sum(x: number[], k: number): number {
  let total = 0;
  for (const v of x) {
    if (v > 1) total += k * v * v;
  }
  return total;
}

/** @at 2, 0 */
export function polar(r: number, phi: number): number[] {
  return [r * Math.cos(phi), r * Math.sin(phi)];
}
`;

/** Our hovers at a position. */
function hovers(document: vscode.TextDocument, position: vscode.Position, pattern: RegExp): Promise<string> {
  return eventually(`a hover with ${pattern.source}`, async () => {
    const all = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      document.uri,
      position,
    );
    const texts = all.flatMap(({ contents }) => contents.map((each) => (typeof each === 'string' ? each : each.value)));
    return texts.find((each) => pattern.test(each));
  });
}

describe('hovers', () => {
  let document: vscode.TextDocument;
  const at = (snippet: string, offset = 1): vscode.Position =>
    document.positionAt(document.getText().indexOf(snippet) + offset);

  before(async () => {
    ({ document } = await openText('hovers/sum.ts', text));
    await lens(document.uri, /^sum = 58 /);
  });
  after(closeAll);

  it('on a function’s name show value, derivative, cost and links', async () => {
    const hover = await hovers(document, at('sum(x', 1), /= 58`/);
    assert.match(hover, /x\[1\]/);
    assert.match(hover, /‖∇f‖/);
    assert.match(hover, /operations/);
    assert.match(hover, /command:gradlens\.showGradient/);
  });

  it('on a function’s name sum up its Jacobian', async () => {
    const hover = await hovers(document, at('polar(r'), /Jacobian 2 × 2/);
    for (const fact of [/sparsity 50/, /rank 2/, /condition 2/, /operations/]) assert.match(hover, fact);
  });

  it('on a parameter show its point and derivative', async () => {
    const hover = await hovers(document, at('k: number', 0), /`k = 2`/);
    assert.match(hover, /`29`/);
  });

  it('at the end of a line show its iterations', async () => {
    const line = document.lineAt(4);
    const hover = await hovers(document, line.range.end, /Line 5 of sum/);
    assert.match(hover, /iterations/);
    assert.match(hover, /data:image\/svg/);
    assert.match(hover, /rounding error of the result comes from this line/);
    assert.match(hover, /\| branch \|.*\n.*\n\| `v > 1` \| 3 \| 1 \|/);
  });
});
