import assert from 'node:assert/strict';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { openFile } from './helpers';
import { measureStalls } from './stalls';

describe('activation', () => {
  it('happens when a TypeScript file is opened, and takes the host for a moment only', async () => {
    const extension = vscode.extensions.getExtension('gradlens.gradlens');
    assert.ok(extension);
    assert.equal(extension.isActive, false, 'it is loaded before it is needed');
    const own = await measureStalls(
      join(extension.extensionPath, 'dist'),
      async () => {
        await openFile('plain.ts');
        await extension.activate();
      },
      16,
    );
    assert.equal(extension.isActive, true);
    assert.ok(own.total > 0);
    console.log(
      `      activation: ${own.total.toFixed(1)} ms of the host in all, longest stretch ${own.longest.toFixed(1)} ms`,
    );
  });
});
