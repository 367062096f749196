/**
 * `npm run bench:latency`: from an edit of the text to the words at the ends of its lines, as the extension does it but for VS Code
 * itself: its scheduler, its requests to the runner's own process, what is written behind the lines. The function does about 10⁴
 * operations, and somebody types eight keys a second. Options: --json FILE.
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Lane } from '../../src/extension/engine/lane';
import { inlineTexts } from '../../src/extension/inline/inlineModel';
import { LiveScheduler } from '../../src/extension/live/scheduler';
import { RunnerClient } from '../../src/runner/client/runnerClient';
import { bundle } from './bundle';

const EDITS = 100;
/** Milliseconds that somebody looks at the file before the first key, and from key to key. */
const LOOKING = 1500;
const PAUSE = 120;

/** The line that is edited. */
const EDITED = 6;

/** The function after an edit: another constant, so that the program differs each time. */
function textAfter(edit: number): string {
  return `/** @at Array.from({ length: 1250 }, (_, i) => Math.sin(i)) */
export function rosenbrock(x: number[]): number {
  let sum = 0;
  for (let i = 0; i < x.length - 1; i++) {
    const t = x[i + 1] - x[i] * x[i];
    const u = ${(1 + edit / 1000).toFixed(3)} - x[i];
    sum += 100 * t * t + u * u;
  }
  return sum;
}
`;
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function main(): Promise<void> {
  const file = join(mkdtempSync(join(tmpdir(), 'latency-')), 'edited.ts');
  const runnerPath = join(await bundle({ runner: 'src/runner/main.ts' }), 'runner.js');
  let text = textAfter(0);
  writeFileSync(file, text);
  const client = new RunnerClient({ runnerPath });
  const lane = new Lane(client, 2000, true);
  const scheduler = new LiveScheduler(
    {
      request: (method, params, options) => lane.request(method, params, options),
      overlay: (of, now) => client.overlay(of, now),
      changed: (of) => client.changed(of),
    },
    { delay: 'auto', of: () => ({ live: true, maxEntries: 4_000_000, automaticChecks: true }) },
  );
  const document = scheduler.open(file, () => text, 1, false);
  /** The words of the lines, once the result for this version is there. */
  const words = (version: number) =>
    new Promise<string[]>((resolve) => {
      const listener = scheduler.onTarget.on(({ target: { state, fn } }) => {
        if (state.kind !== 'ready' || state.version !== version) return;
        listener.dispose();
        const options = { digits: 4, maxLength: 60, iterations: true };
        resolve(inlineTexts(fn, state.inspection, file, document.functions, options).map(({ value }) => value));
      });
    });
  const times: number[] = [];
  try {
    const began = performance.now();
    const opened = words(1);
    scheduler.attend({
      active: document.id,
      cursor: EDITED,
      visible: new Map([[document.id, [{ start: 1, end: 12 }]]]),
    });
    await opened;
    times.push(performance.now() - began);
    await pause(LOOKING);
    for (let version = 2; version < 2 + EDITS; version++) {
      await pause(PAUSE);
      const line = text.split('\n')[EDITED - 1];
      text = textAfter(version);
      const range = { line: EDITED, column: 1, endLine: EDITED, endColumn: line.length + 1 };
      const start = performance.now();
      const shown = words(version);
      scheduler.edit(document, [{ range, text: text.split('\n')[EDITED - 1] }], version);
      if ((await shown).length < 4) throw new Error('The lines say nothing.');
      times.push(performance.now() - start);
    }
  } finally {
    scheduler.dispose();
    client.dispose();
  }
  const [first, ...rest] = times;
  rest.sort((a, b) => a - b);
  const quantile = (q: number) => rest[Math.min(rest.length - 1, Math.floor(q * rest.length))];
  const report = { first, median: quantile(0.5), p95: quantile(0.95), worst: quantile(1) };
  console.log(
    `edit to the words of the lines, 10⁴ operations: median ${report.median.toFixed(1)} ms, 95 % ≤ ${report.p95.toFixed(1)} ms, ` +
      `worst ${report.worst.toFixed(1)} ms, the file just opened (with the start of the process) ${first.toFixed(0)} ms   (goal: 95 % ≤ 50 ms)`,
  );
  const json = process.argv.indexOf('--json');
  if (json > 0) writeFileSync(process.argv[json + 1], JSON.stringify(report, null, 2));
}

void main();
