/**
 * `npm run bench:gpu`: the GPU benchmark in a Chromium. Options: --large for the sizes that a real GPU is made for, --hardware to
 * use the machine's GPU instead of the software renderer, --json FILE.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { ensureChromium, launchChromium } from '../../harness/chromium';
import { cleanUp } from '../../harness/processes';
import type { Row } from './page';
import type { Sizes } from './workloads';

const bench = join(__dirname, '..');
const small: Sizes = { lanes: 1024, steps: 12, matrix: 128, batch: 16, elements: 2 ** 16 };
const large: Sizes = { lanes: 1024, steps: 125, matrix: 1024, batch: 64, elements: 2 ** 20 };

async function main(): Promise<void> {
  if (!existsSync(join(bench, 'node_modules/@jax-js'))) {
    spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: bench,
      stdio: 'inherit',
      shell: process.platform === 'win32',
    });
  }
  const bundle = await build({
    entryPoints: [join(__dirname, 'page.ts')],
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    minify: true,
    define: { global: 'globalThis' },
  });
  const script = bundle.outputFiles[0].text;
  const server = createServer(({ url }, response) => {
    response.setHeader('content-type', url === '/bench.js' ? 'text/javascript' : 'text/html');
    response.end(url === '/bench.js' ? script : '<!doctype html><script src="/bench.js"></script>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const hardware = process.argv.includes('--hardware');
  const browser = hardware
    ? await chromium.launch({
        executablePath: ensureChromium(),
        args: [
          '--enable-unsafe-webgpu',
          '--enable-gpu',
          '--ignore-gpu-blocklist',
          '--use-angle=vulkan',
          '--enable-features=Vulkan',
          '--no-sandbox',
        ],
      })
    : await launchChromium();
  const page = await browser.newPage();
  const rows: Row[] = [];
  await page.exposeFunction('report', (row: Row) => {
    rows.push(row);
    console.log(line(row, rows));
  });
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  console.log(
    [
      'workload'.padEnd(52),
      'backend'.padEnd(24),
      'first ms'.padStart(10),
      'median ms'.padStart(11),
      '× CPU'.padStart(9),
      'error'.padStart(9),
    ].join(' '),
  );
  const sizes = process.argv.includes('--large') ? large : small;
  await page.evaluate((chosen) => {
    const scope = globalThis as unknown as { bench(sizes: unknown, report: unknown): Promise<void>; report: unknown };
    return scope.bench(chosen, scope.report);
  }, sizes);
  const json = process.argv.indexOf('--json');
  if (json > 0) writeFileSync(process.argv[json + 1], JSON.stringify({ sizes, rows }, null, 2));
  await browser.close();
  server.close();
}

/** Speed relative to the engine's own CPU code in the same page: above 1 is faster. */
function line(row: Row, rows: readonly Row[]): string {
  const base = rows.find(({ workload, backend }) => workload === row.workload && backend.includes('CPU'));
  const start = `${row.workload.padEnd(52)} ${row.backend.padEnd(24)}`;
  if (row.failure !== undefined) return `${start} ${row.failure.split('\n')[0].slice(0, 80)}`;
  const ratio = base ? (base.median / row.median).toFixed(2) : '';
  return `${start} ${row.first.toFixed(1).padStart(10)} ${row.median.toFixed(3).padStart(11)} ${ratio.padStart(9)} ${row.error.toExponential(1).padStart(9)}`;
}

void main().finally(cleanUp);
