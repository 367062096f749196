/**
 * The kernels in a real browser. A software renderer takes minutes for the longest programs on webgpu and webgl2: those run with
 * `GRADLENS_GPU_PROGRAMS=all npm run test:ui -- --only gpu-conformance.test`, and on the other backends always.
 */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { programCases, shortCases, TURNS } from '../gpu/programs';
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

/** Whole programs of any length. */
const ALL = process.env.GRADLENS_GPU_PROGRAMS === 'all';
/** Rows from which on a program is too long for this suite, and how many programs are shorter at least. */
const LONGEST = [
  ['webgpu', 30, 140],
  ['webgl2', 16, 85],
] as const;

/** As the panel's: nothing but scripts with the nonce, compiled WebAssembly, and workers from blobs. */
const POLICY = "default-src 'none'; script-src 'nonce-test' 'wasm-unsafe-eval'; worker-src blob:";

describe('gpu.js kernels in a browser under the panel’s policy', function () {
  this.timeout(600_000);
  let server: Server;
  const browsers = new Map<string, Promise<Browser>>();
  /** Each browser's GPU process works on one core: the runs of the two backends go side by side, the whole programs after the rest. */
  let primitives: Record<string, Promise<Report>>;
  let programs: Record<string, Promise<Report>>;

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
    primitives = { webgpu: runIn('webgpu'), webgl2: runIn('webgl2') };
    const cases = shortCases(SEED, RANDOM_PROGRAMS, ALL ? Infinity : Math.max(...LONGEST.map(([, rows]) => rows)));
    programs = Object.fromEntries(
      LONGEST.map(([mode, rows, least]) => [
        mode,
        primitives[mode].then(async () => {
          const short = (await cases).filter(({ program }) => ALL || program.size < rows).map(toSend);
          assert.ok(short.length >= (ALL ? RANDOM_PROGRAMS : least), `${short.length} cases`);
          const report = await runIn(mode, short);
          assert.equal(report.count, short.length);
          return report;
        }),
      ]),
    );
    // A failure is told by the test that waits for it.
    for (const run of [...Object.values(primitives), ...Object.values(programs)]) run.catch(() => undefined);
  });

  after(async () => {
    for (const browser of browsers.values()) await (await browser).close();
    server?.close();
  });

  /** In a worker of a page of its own, in the backend's browser. */
  async function runIn(mode: string, programs?: ReturnType<typeof toSend>[]): Promise<Report> {
    const browser = browsers.get(mode) ?? launchChromium();
    browsers.set(mode, browser);
    const page = await (await browser).newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    type Run = (mode: string, programs: unknown) => Promise<Report>;
    const report = await page.evaluate(([name, list]) => (globalThis as unknown as { run: Run }).run(name, list), [
      mode,
      programs,
    ] as const);
    await page.close();
    return report;
  }

  for (const mode of ['webgpu', 'webgl2', 'webasm'] as const) {
    it(`agree with float64 for every primitive and transform on ${mode}`, async () => {
      const report = await (primitives[mode] ?? runIn(mode));
      assert.deepEqual(report.failures, []);
      assert.ok(report.count > 250, `${report.count} cases`);
    });
  }

  for (const [mode, rows] of LONGEST) {
    const which = ALL ? '' : ` of fewer than ${rows} rows`;
    it(`agree with float64 for the programs${which} among JAX's guide, the examples and ${RANDOM_PROGRAMS} random ones (seed ${SEED}) on ${mode}`, async () => {
      const report = await programs[mode];
      assert.deepEqual(report.failures, []);
      assert.deepEqual(report.refusals, []);
    });
  }

  it(`agree with float64 for JAX's guide, the examples and ${RANDOM_PROGRAMS} random programs (seed ${SEED}) on webasm`, async () => {
    const cases = (await programCases(TURNS.webasm, SEED, RANDOM_PROGRAMS)).map(toSend);
    const report = await runIn('webasm', cases);
    assert.deepEqual(report.failures, []);
    assert.equal(report.count, cases.length);
    assert.deepEqual(report.refusals, []);
  });
});
