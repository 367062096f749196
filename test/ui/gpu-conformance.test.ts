import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../harness/chromium';

interface Report {
  count: number;
  failures: string[];
}

/** As the panel's: nothing but scripts with the nonce, compiled WebAssembly, and workers from blobs. */
const POLICY = "default-src 'none'; script-src 'nonce-test' 'wasm-unsafe-eval'; worker-src blob:";

describe('gpu.js kernels in a browser under the panel’s policy', function () {
  this.timeout(600_000);
  let server: Server;
  let browser: Browser;

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
      globalThis.run = (mode) => new Promise((resolve, reject) => {
        const worker = new Worker(URL.createObjectURL(new Blob([${source}], { type: 'text/javascript' })));
        worker.onmessage = ({ data }) => { worker.terminate(); resolve(data); };
        worker.onerror = (event) => reject(new Error(event.message));
        worker.postMessage({ mode, seed: 1 });
      });
    </script>`;
    server = createServer((_, response) => response.setHeader('content-type', 'text/html').end(page));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    browser = await launchChromium();
  });

  after(async () => {
    await browser?.close();
    server?.close();
  });

  for (const mode of ['webgpu', 'webgl2', 'webasm']) {
    it(`agree with float64 for every primitive and transform on ${mode}`, async () => {
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      const report = await page.evaluate(
        (name) => (globalThis as unknown as { run(mode: string): Promise<Report> }).run(name),
        mode,
      );
      assert.deepEqual(report.failures, []);
      assert.ok(report.count > 250, `${report.count} cases`);
      await page.close();
    });
  }
});
