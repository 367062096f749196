import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { openFile } from './helpers';

describe('activation', () => {
  it('happens when a TypeScript file is opened', async () => {
    await openFile('plain.ts');
    const extension = vscode.extensions.getExtension('gradlens.gradlens');
    assert.ok(extension);
    await extension.activate();
    assert.equal(extension.isActive, true);
  });
});
