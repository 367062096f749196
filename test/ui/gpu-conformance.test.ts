/** The kernels in a real browser: every primitive and whole programs, on each backend of the panel. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { programCases, TURNS, type ProgramCase } from '../gpu/programs';
import { toSend } from '../gpu/sent';
import { launchChromium } from '../harness/chromium';

interface Report {
  count: number;
  failures: string[];
  refusals: string[];
}

const SEED = 1;
const RANDOM_PROGRAMS = 200;

/** A software renderer takes a minute and a half for all of webgl2; what is left out there runs on the other backends. */
const QUICK = Boolean(process.env.CI);

const MODES = ['webgl2', 'webgpu', 'webasm'] as const;
type Mode = (typeof MODES)[number];

/** A browser's GPU process works on one core. */
const BROWSERS = 2;
/** Pieces that a backend's programs run in, so that the browsers end at about the same time. */
const PIECES = 6;

/** As the panel's: nothing but scripts with the nonce, compiled WebAssembly, and workers from blobs. */
const POLICY = "default-src 'none'; script-src 'nonce-test' 'wasm-unsafe-eval'; worker-src blob:";

describe('gpu.js kernels in a browser under the panel’s policy', function () {
  // Other suites may run beside it, and come first.
  this.timeout(1_200_000);
  let server: Server;
  const browsers: Browser[] = [];
  /** What is to be run: whichever browser is free takes the next. */
  const queue: ((browser: Browser) => Promise<void>)[] = [];
  const reports = new Map<string, Promise<Report>[]>();

  /** Runs the primitives or, where they are given, whole programs. */
  function enqueue(mode: Mode, what: 'primitives' | 'programs', programs?: () => Promise<ProgramCase[]>): void {
    const report = new Promise<Report>((resolve, reject) => {
      queue.push((browser) => runIn(browser, mode, programs).then(resolve, reject));
    });
    // A failure is told by the test that waits for it.
    report.catch(() => undefined);
    const key = `${mode} ${what}`;
    reports.set(key, [...(reports.get(key) ?? []), report]);
  }

  async function reportOf(mode: Mode, what: 'primitives' | 'programs'): Promise<Report> {
    const parts = await Promise.all(reports.get(`${mode} ${what}`) ?? []);
    return {
      count: parts.reduce((sum, { count }) => sum + count, 0),
      failures: parts.flatMap(({ failures }) => failures),
      refusals: parts.flatMap(({ refusals }) => refusals),
    };
  }

  before(async () => {
    const bundle = await build({
      entryPoints: [join(__dirname, '../gpu/conformance.worker.ts')],
      bundle: true,
      write: false,
      platform: 'browser',
      format: 'iife',
      minify: true,
    });
    const source = JSON.stringify(bundle.outputFiles[0].text).replaceAll('</', '<\\/');
    const page = `<!doctype html><meta http-equiv="Content-Security-Policy" content="${POLICY}"><script nonce="test">
      globalThis.run = (mode, programs) => new Promise((resolve, reject) => {
        const worker = new Worker(URL.createObjectURL(new Blob([${source}], { type: 'text/javascript' })));
        worker.onmessage = ({ data }) => { worker.terminate(); resolve(data); };
        worker.onerror = (event) => reject(new Error(event.message));
        worker.postMessage({ mode, seed: ${SEED}, programs, quick: mode === 'webgl2' && ${QUICK} });
      });
    </script>`;
    server = createServer((_, response) => response.setHeader('content-type', 'text/html').end(page));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    for (const mode of MODES) enqueue(mode, 'primitives');
    for (const mode of MODES)
      for (let piece = 0; piece < PIECES; piece++)
        enqueue(mode, 'programs', async () => (await casesOf(mode)).filter((_, index) => index % PIECES === piece));
    for (let count = 0; count < BROWSERS; count++) browsers.push(await launchChromium());
    for (const browser of browsers) void work(browser);
  });

  after(async () => {
    for (const browser of browsers) await browser.close();
    server?.close();
  });

  async function work(browser: Browser): Promise<void> {
    for (let next = queue.shift(); next; next = queue.shift()) await next(browser);
  }

  const cases = new Map<number, Promise<ProgramCase[]>>();

  /** Both software renderers run the same forms. */
  function casesOf(mode: Mode): Promise<ProgramCase[]> {
    const turn = mode === 'webasm' ? TURNS.webasm : TURNS.renderer;
    const known = cases.get(turn) ?? programCases(turn, SEED, RANDOM_PROGRAMS);
    cases.set(turn, known);
    return known;
  }

  /** In a worker of a page of its own. */
  async function runIn(browser: Browser, mode: Mode, programs?: () => Promise<ProgramCase[]>): Promise<Report> {
    const sent = programs && (await programs()).map(toSend);
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    type Run = (mode: string, programs: unknown) => Promise<Report>;
    const report = await page.evaluate(([name, list]) => (globalThis as unknown as { run: Run }).run(name, list), [
      mode,
      sent,
    ] as const);
    await page.close();
    return report;
  }

  for (const mode of MODES) {
    it(`agree with float64 for every primitive and transform on ${mode}`, async () => {
      const report = await reportOf(mode, 'primitives');
      assert.deepEqual(report.failures, []);
      assert.ok(report.count > 250, `${report.count} cases`);
    });
  }

  for (const mode of MODES) {
    it(`agree with float64 for JAX's guide, the examples and ${RANDOM_PROGRAMS} random programs (seed ${SEED}) on ${mode}`, async () => {
      const report = await reportOf(mode, 'programs');
      assert.deepEqual(report.failures, []);
      assert.deepEqual(report.refusals, []);
      assert.equal(report.count, (await casesOf(mode)).length);
      assert.ok(report.count > RANDOM_PROGRAMS);
    });
  }
});
