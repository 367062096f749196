/** Ways to write, edit and look at documents, shared by the suites about the editor. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import * as vscode from 'vscode';
import { eventually, lensTitles, workspacePath } from './helpers';

/** What the extension exports, as the tests use it. */
export interface Api {
  version: number;
  inspect(uri: vscode.Uri, functionName: string, request?: object): Promise<{ value: unknown; result?: unknown }>;
}

export async function api(): Promise<Api> {
  const extension = vscode.extensions.getExtension<Api>('gradlens.gradlens');
  assert.ok(extension);
  return extension.activate();
}

/** Writes a file into the workspace and opens it. */
export async function openText(name: string, text: string): Promise<vscode.TextEditor> {
  const path = workspacePath(name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  const document = await vscode.workspace.openTextDocument(path);
  if (document.getText() !== text) await replaceAll(document, text);
  return vscode.window.showTextDocument(document);
}

/** Replaces the only occurrence of `old` in a document. */
export async function replace(document: vscode.TextDocument, old: string, text: string): Promise<void> {
  const at = document.getText().indexOf(old);
  assert.ok(at >= 0, `“${old}” is in the text`);
  const edit = new vscode.WorkspaceEdit();
  edit.replace(document.uri, new vscode.Range(document.positionAt(at), document.positionAt(at + old.length)), text);
  assert.ok(await vscode.workspace.applyEdit(edit));
}

async function replaceAll(document: vscode.TextDocument, text: string): Promise<void> {
  const edit = new vscode.WorkspaceEdit();
  const whole = new vscode.Range(0, 0, document.lineCount, 0);
  edit.replace(document.uri, whole, text);
  assert.ok(await vscode.workspace.applyEdit(edit));
}

/** Waits for a lens of the document whose title matches, and returns the title. */
export async function lens(uri: vscode.Uri, pattern: RegExp): Promise<string> {
  const titles = await lensTitles(uri, (all) => all.some((title) => pattern.test(title)));
  return titles.find((title) => pattern.test(title)) ?? '';
}

/** The lens titles now, for messages and for the absence of lenses. */
export async function lensesNow(uri: vscode.Uri): Promise<string[]> {
  const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', uri, 100);
  return lenses.flatMap(({ command }) => (command ? [command.title] : []));
}

/** Waits for a diagnostic of GradLens with that code. */
export function diagnostic(uri: vscode.Uri, code: string): Promise<vscode.Diagnostic> {
  return eventually(`the diagnostic ${code}`, () => diagnosticsNow(uri).find((each) => codeOf(each) === code));
}

export function diagnosticsNow(uri: vscode.Uri): vscode.Diagnostic[] {
  return vscode.languages.getDiagnostics(uri).filter(({ source }) => source === 'GradLens');
}

export function codeOf({ code }: vscode.Diagnostic): unknown {
  return typeof code === 'object' ? code.value : code;
}

/** The text under a range. */
export function textAt(document: vscode.TextDocument, range: vscode.Range): string {
  return document.getText(range);
}

/** Process ids of the runners that this extension host has started. */
export function runnerPids(): number[] {
  const list = execFileSync('ps', ['-eo', 'pid=,ppid=,stat=,args='], { encoding: 'utf8' });
  return list.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line);
    if (!match || Number(match[2]) !== process.pid || match[3]?.startsWith('Z')) return [];
    return /dist[\\/]runner\.js/.test(match[4] ?? '') ? [Number(match[1])] : [];
  });
}

/** Sets a setting and puts it back when the test ends. */
export async function withSetting(key: string, value: unknown, body: () => Promise<void>): Promise<void> {
  const section = vscode.workspace.getConfiguration('gradlens');
  const before = section.inspect(key)?.globalValue;
  await section.update(key, value, vscode.ConfigurationTarget.Global);
  try {
    await body();
  } finally {
    await vscode.workspace.getConfiguration('gradlens').update(key, before, vscode.ConfigurationTarget.Global);
  }
}

/** Closes every editor without saving. */
export async function closeAll(): Promise<void> {
  await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  for (const tab of vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs)) {
    if (tab.input instanceof vscode.TabInputText) {
      await vscode.window.showTextDocument(tab.input.uri);
      await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    } else await vscode.window.tabGroups.close(tab);
  }
}
