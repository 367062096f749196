/** Bundles what is measured as users get it: module loaders for development turn each export into a getter, which makes recording slow. */
import { join } from 'node:path';
import { build } from 'esbuild';
import { typescriptParser } from '../../scripts/lib/typescriptParser.mjs';

const root = join(__dirname, '../..');

/** Writes dist/NAME.js for each entry, by name, and returns the folder. */
export async function bundle(entries: Readonly<Record<string, string>>): Promise<string> {
  const outdir = join(__dirname, 'dist');
  await build({
    entryPoints: Object.entries(entries).map(([out, path]) => ({ in: join(root, path), out })),
    outdir,
    bundle: true,
    minify: true,
    keepNames: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    packages: 'external',
    alias: { typescript: typescriptParser(root) },
    logLevel: 'error',
    define: { __dirname: JSON.stringify(__dirname) },
  });
  return outdir;
}
