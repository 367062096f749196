/** One coverage report, in coverage/, of what the last unit and extension runs with --coverage executed of src/ (`npm run coverage`). */
import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { CoverageReport } from 'monocart-coverage-reports';
import { root } from './vscode';

async function main(): Promise<void> {
  const folders = ['unit', 'extension'].map((name) => join(root, 'out/coverage', name));
  const filled = folders.filter((folder) => existsSync(folder) && readdirSync(folder).length > 0);
  if (filled.length < folders.length) {
    throw new Error('The coverage needs a unit run and an extension run with --coverage before it.');
  }
  const report = new CoverageReport({
    name: 'GradLens',
    outputDir: join(root, 'coverage'),
    baseDir: root,
    reports: ['v8', 'lcovonly', 'console-summary'],
    logging: 'error',
    entryFilter: (entry) => entry.url.includes('/src/') || /gradlens-extension-\w+\/dist\//.test(entry.url),
    sourceFilter: (path) => /(^|\/)src\//.test(path) && !path.includes('node_modules'),
    sourcePath: (path) => (path.startsWith(root) ? relative(root, path) : path.replace(/^.*?(?=src\/)/, '')),
  });
  for (const folder of filled) await report.addFromDir(folder);
  await report.generate();
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
