/** What the runner bundles of TypeScript parses as TypeScript does. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { typescriptParser } from '../../../scripts/lib/typescriptParser.mjs';

const root = join(__dirname, '../../..');
const folder = join(root, 'src/runner/recording');

/** Kind, place and flags of every node, and the errors. */
function description(parser: Pick<typeof ts, 'createSourceFile' | 'forEachChild'>, text: string): unknown[] {
  const sourceFile = parser.createSourceFile('module.ts', text, ts.ScriptTarget.ESNext, true, ts.ScriptKind.TS);
  const found: unknown[] = [];
  const visit = (node: ts.Node): void => {
    found.push(node.kind, node.pos, node.end, node.flags, node.getStart());
    parser.forEachChild(node, visit);
  };
  visit(sourceFile);
  const { parseDiagnostics } = sourceFile as unknown as { parseDiagnostics: readonly ts.DiagnosticWithLocation[] };
  for (const { start, length, code, messageText } of parseDiagnostics) found.push(start, length, code, messageText);
  return found;
}

describe('the bundled part of TypeScript', () => {
  it('gives the same tree and the same errors, of broken text too', async () => {
    const { default: part } = (await import(pathToFileURL(typescriptParser(root)).href)) as { default: typeof ts };
    assert.equal(part.SyntaxKind.SourceFile, ts.SyntaxKind.SourceFile);
    for (const name of readdirSync(folder).slice(0, 4)) {
      const text = readFileSync(join(folder, name), 'utf8');
      for (const broken of ['', '<T,>(', '*/ @'])
        assert.deepEqual(description(part, broken + text), description(ts, broken + text), `${broken}${name}`);
    }
  });
});
