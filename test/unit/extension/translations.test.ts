import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../..');
const json = (file: string): Record<string, unknown> =>
  JSON.parse(readFileSync(join(root, file), 'utf8')) as Record<string, unknown>;

/** Every text that the extension hands to `t` or `l10n.t`. */
function textsInSources(): Set<string> {
  const texts = new Set<string>();
  const folder = join(root, 'src/extension');
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue;
    const source = readFileSync(join(folder, name), 'utf8');
    for (const match of source.matchAll(/(?<![\w.])(?:l10n\.)?t\(\s*(['"`])((?:[^\\]|\\.)*?)\1/g)) {
      texts.add((match[2] ?? '').replace(/\\(['"`\\])/g, '$1'));
    }
  }
  return texts;
}

const placeholders = (text: string): string[] => (text.match(/\{\d+\}/g) ?? []).sort();

describe('the German translation', () => {
  const bundle = json('l10n/bundle.l10n.de.json') as Record<string, string>;
  const english = json('package.nls.json') as Record<string, string>;
  const german = json('package.nls.de.json') as Record<string, string>;

  it('has every text that the extension shows, and none besides', () => {
    assert.deepEqual(Object.keys(bundle).sort(), [...textsInSources()].sort());
  });

  it('keeps the placeholders of each text', () => {
    for (const [text, translation] of Object.entries(bundle)) {
      assert.deepEqual(placeholders(translation), placeholders(text), text);
    }
  });

  it('has every text of the manifest, and none besides', () => {
    const used = [...JSON.stringify(json('package.json')).matchAll(/"%([^%"]+)%"/g)].map(([, key]) => key);
    assert.deepEqual(Object.keys(english).sort(), [...new Set(used)].sort());
    assert.deepEqual(Object.keys(german).sort(), Object.keys(english).sort());
  });

  it('keeps the links and the code of each text of the manifest', () => {
    const marks = (text: string): string[] => (text.match(/\(command:[^)]+\)|`#?[^`]+`/g) ?? []).sort();
    const localized = new Set(['`Jacobian`', '`Hessian`', '`Check`', '`Jacobi-Matrix`', '`Hesse-Matrix`', '`Prüfen`']);
    const kept = (text: string): string[] => marks(text).filter((mark) => !localized.has(mark));
    for (const [key, text] of Object.entries(english)) assert.deepEqual(kept(german[key] ?? ''), kept(text), key);
  });
});
