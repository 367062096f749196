import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runnerText, useRunnerLanguage } from '../../../src/extension/format/runnerText';
import { MISSING } from '../../../src/webview/gpu/missing';
import { de } from '../../../src/webview/l10n/de';
import { en } from '../../../src/webview/l10n/en';
import { runnerMessages } from './runnerMessages';

const root = join(import.meta.dirname, '../../..');
const german = JSON.parse(readFileSync(join(root, 'l10n/runner.de.json'), 'utf8')) as Record<string, string>;

/** Runs of the template's fixed text that are long enough to be found in the sources. */
const fixedParts = (template: string): string[] =>
  template.split(/\{\d\}|['"\\`]/).filter((part) => part.trim().length > 8);

/** Words that German doesn't have. */
const ENGLISH = /\b(the|is|are|this|that|and|not|of|with|here|has|have|it|its|by|from|gives?|traced)\b/i;

/** Names that people use in German too. */
const SAME_IN_GERMAN = new Set([
  ...[
    '7 7s, gpu.js 7 (float32)',
    'jacfwd, 7',
    'jacrev, 7',
    '7 JVPs, vmap',
    'k JVPs, vmap',
    'k VJPs, vmap',
    'gpu.js 7',
    'gpu.js 7 (float32)',
  ],
]);

/** Texts that no surface of the editor shows, or only as they are. */
const NOT_SHOWN = new Set([
  // JavaScript's own errors.
  ...['Cannot convert object to primitive value', 'offset is out of bounds'],
  // The log.
  'A promise was rejected and nobody looked',
  'An error was thrown after the function had returned',
  'The runner ended: 7 7',
  // A part of a text that is known as a whole, and forms of texts that do not occur.
  'traced numbers',
  ...[
    'The derivative by  is 7, differences give 7.',
    'The derivative by  is 7, differences give 7 (but they are unsure: is there a kink nearby?).',
    'The hand-written gradient is wrong: by  it gives 7, the derivative is 7.',
  ],
  // Code: what is written as TypeScript, printed as a program, shown as a value.
  ...['Math.pow(7, 7)', 'Math.7(7, 7)', ' * 7 as at 7.', '… 7 more rows', 'guard[7] 7', 'guard 7'],
  ...['/** The gradient of `7`, written by GradLens.'],
  ...['/** Value and directional derivative of `7`, written by GradLens.'],
  ...[
    '[object Map]',
    '[function 7]',
    '(new 7())',
    'argument 77',
    'async ',
    'new 7([7])',
    'new 7([0, 1, 2])',
    'Record<string, 7>',
    'Map<…, 7>',
    'new 7(7)',
  ],
  ...["typeof 7 === 'number' && ", 'delete 7'],
  'every filter find findIndex findLast findLastIndex flatMap forEach from map reduce reduceRight some',
]);

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

  it('say why `auto` stays on the CPU', () => {
    assert.equal(
      runnerText(
        '`auto` stays on the CPU: about 200 µs on interpret against 3.1 ms on webgl2 (transfer 100 µs + launch 2.7 ms + work 0.3 ms; kernels once 1.2 s).',
      ),
      '`auto` bleibt auf der CPU: etwa 200 µs mit interpret gegen 3.1 ms mit webgl2 (Übertragung 100 µs + Start 2.7 ms + Rechnung 0.3 ms; Kernel einmalig 1.2 s).',
    );
  });

  it('are translated inside of others', () => {
    const reason = '`s`: `string` has no floating-point numbers in it.';
    assert.equal(runnerText(reason), '`s`: In `string` sind keine Gleitkommazahlen.');
    assert.equal(runnerText('forward over reverse, 3 colours'), 'vorwärts über rückwärts, 3 Farben');
    assert.equal(runnerText('HVP, whole Hessian, 1 colour'), 'HVP, ganze Hesse-Matrix, 1 Farbe');
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

  it('are known, every one', () => {
    const left = runnerMessages(root)
      .filter(({ text }) => !SAME_IN_GERMAN.has(text) && !NOT_SHOWN.has(text))
      .filter(({ text }) => {
        const translated = runnerText(text);
        return translated === text || ENGLISH.test(translated.replace(/`[^`]*`/g, ''));
      });
    assert.deepEqual(left, []);
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

describe('why there is no GPU', () => {
  afterEach(() => useRunnerLanguage('en'));

  it('is said in the user’s language, with the remedy, in the panel and in the notice of a result', () => {
    for (const reason of Object.values(MISSING)) {
      assert.equal(en.timing.gpuReason(reason), reason);
      const german = de.timing.gpuReason(reason);
      assert.match(german, /argv\.json|--enable-unsafe-webgpu/);
      assert.notEqual(german, reason);
      useRunnerLanguage('de');
      assert.equal(runnerText(`Computed on the CPU: ${reason}`), `Auf der CPU gerechnet: ${german}`);
      useRunnerLanguage('en');
      assert.equal(runnerText(reason), reason);
    }
  });
});
