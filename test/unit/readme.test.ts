/**
 * Every example of the README is run: code by its `// →` comments, commands by the text that follows them; that of other extensions runs in
 * test/extension/documents.test.ts.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import * as gradlens from '../../src/engine';
import { bundles } from './runner/support/runnerProcess';

const root = join(__dirname, '../..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const blocks = [...readme.matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)].map(([, language, text]) => ({ language, text }));

interface Manifest {
  contributes: {
    commands: { command: string; title: string }[];
    keybindings: { command: string; key: string }[];
    menus: { commandPalette: { command: string; when: string }[] };
    configuration: { properties: Record<string, { default: unknown }> }[];
  };
}

/** Results as the README writes them. */
function written(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (part instanceof Float64Array ? Array.from(part) : part));
}

/** Runs a block; each statement that ends in `// → text` must give the text. Returns how many did. */
function runCode(text: string): number {
  let expectations = 0;
  const instrumented = text.replace(/^(.+?); \/\/ → (.*)$/gm, (_, expression: string, expected: string) => {
    expectations++;
    return `expect(${expression}, ${JSON.stringify(expected)}, ${JSON.stringify(expression)});`;
  });
  const { code } = transformSync(instrumented, { loader: 'ts', format: 'cjs' });
  const expect = (found: unknown, expected: string, expression: string) =>
    assert.equal(written(found), expected, expression);
  new Function('require', 'expect', code)(() => gradlens, expect);
  return expectations;
}

describe('the README', () => {
  blocks.forEach(({ language, text }, index) => {
    if (language === 'ts') {
      it(`is right about ${/^(\w.*?);? \/\/ →/m.exec(text)?.[1] ?? `block ${index}`}`, () => {
        assert.ok(runCode(text) > 0, 'the block promises something');
      });
    }
    const answer = blocks[index + 1];
    if (language === 'sh' && text.startsWith('npx gradlens') && answer.language === 'text') {
      it(`is right about ${text.trim()}`, () => {
        const args = [
          ...text
            .trim()
            .slice('npx gradlens '.length)
            .matchAll(/'([^']*)'|(\S+)/g),
        ].map(([, a, b]) => a ?? b);
        const { stdout, stderr } = spawnSync(process.execPath, [join(bundles(), 'cli.js'), ...args], {
          cwd: root,
          encoding: 'utf8',
        });
        assert.ok(
          [stdout, stderr].some((text) => text.includes(answer.text.trimEnd())),
          stdout + stderr,
        );
      }).timeout(60_000);
    }
  });

  it('has an example of the code and one of the command line', () => {
    assert.ok(blocks.filter(({ language }) => language === 'ts').length >= 5);
    assert.ok(blocks.some(({ language }) => language === 'text'));
  });

  it('names every command of the palette with its keys, and only settings that exist', () => {
    const { contributes } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
    const nls = JSON.parse(readFileSync(join(root, 'package.nls.json'), 'utf8')) as Record<string, string>;
    const hidden = contributes.menus.commandPalette
      .filter(({ when }) => when === 'false')
      .map(({ command }) => command);
    // The README says “… as CSV” for the second of a kind.
    const text = readme.replaceAll('… as ', 'Copy Derivative as ');
    for (const { command, title } of contributes.commands) {
      if (hidden.includes(command)) continue;
      const key = contributes.keybindings.find((binding) => binding.command === command)?.key;
      const shown = key?.replace(/\w+/g, (part) => part[0].toUpperCase() + part.slice(1));
      const wanted = `${nls[title.slice(1, -1)]}${shown ? ` (${shown})` : ''}`;
      assert.ok(text.includes(wanted), wanted);
    }
    const settings = new Map(contributes.configuration.flatMap(({ properties }) => Object.entries(properties)));
    const rows = [...readme.matchAll(/^\| `(gradlens\.[\w.-]+)` \| (?:`(.*?)`|all) \|/gm)];
    assert.ok(rows.length > 5);
    for (const [, name, value] of rows) {
      assert.ok(settings.has(name), name);
      if (value !== undefined) assert.equal(JSON.stringify(settings.get(name)?.default), value, name);
    }
  });

  it('shows pictures and points to files that exist', () => {
    const prose = readme.replace(/^```[\s\S]*?^```/gm, '');
    const targets = [...prose.matchAll(/\]\(([^)#]+)\)/g)]
      .map(([, target]) => target)
      .filter((target) => !/^https?:/.test(target));
    assert.ok(targets.some((target) => target.endsWith('.png')));
    assert.deepEqual(
      targets.filter((target) => !existsSync(join(root, target))),
      [],
    );
  });
});
