import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runnerText, useRunnerLanguage } from '../../../src/extension/format/runnerText';

const root = join(import.meta.dirname, '../../..');
const german = JSON.parse(readFileSync(join(root, 'l10n/runner.de.json'), 'utf8')) as Record<string, string>;

/** Runs of the template's fixed text that are long enough to be found in the sources. */
const fixedParts = (template: string): string[] =>
  template.split(/\{\d\}|['"\\`]/).filter((part) => part.trim().length > 8);

describe('the runner’s messages in German', () => {
  before(() => useRunnerLanguage('de'));
  after(() => useRunnerLanguage('en'));

  it('keep numbers and names', () => {
    assert.equal(runnerText('NaN starts here: sqrt(-3).'), 'NaN beginnt hier: sqrt(-3).');
    assert.equal(
      runnerText('The hand-written gradient is wrong: by x[1] it gives 3, the derivative is 9.'),
      'Der von Hand geschriebene Gradient ist falsch: Nach x[1] gibt er 3, die Ableitung ist 9.',
    );
  });

  it('are translated inside of others', () => {
    const reason = '`s`: `string` has no floating-point numbers in it.';
    assert.equal(runnerText(reason), '`s`: In `string` sind keine Gleitkommazahlen.');
  });

  it('stay as they are where they are not known, and in other languages', () => {
    assert.equal(runnerText('x is not a function'), 'x is not a function');
    useRunnerLanguage('en');
    assert.equal(runnerText('It takes no arguments.'), 'It takes no arguments.');
    useRunnerLanguage('de');
  });

  it('keep their placeholders, and each translates itself', () => {
    for (const [template, translation] of Object.entries(german)) {
      const marks = (text: string): string[] => (text.match(/\{\d\}/g) ?? []).sort();
      assert.deepEqual(marks(translation), marks(template), template);
      const filled = template.replace(/\{\d\}/g, '7');
      assert.equal(runnerText(filled), translation.replace(/\{\d\}/g, '7'), template);
    }
  });

  it('are those that the runner has', () => {
    const sources = ['src/runner', 'src/source']
      .flatMap((folder) =>
        readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
          .filter((name) => name.endsWith('.ts'))
          .map((name) => readFileSync(join(root, folder, name), 'utf8')),
      )
      .join('\n');
    const unknown = Object.keys(german).filter(
      (template) => !fixedParts(template).some((part) => sources.includes(part)),
    );
    assert.ok(unknown.length < Object.keys(german).length / 4, `no longer said: ${unknown.join(' ')}`);
  });
});
