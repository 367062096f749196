// @ts-check
/**
 * Builds everything into dist/ (or --outdir=DIR):
 *
 *   extension.js    the extension, CommonJS, `vscode` left to the host        src/extension/main.ts
 *   runner.js       the process that runs user code, with TypeScript's parser src/runner/main.ts
 *   cli.js          the command line                                          src/cli/main.ts
 *   webview/*.js    the panel, IIFE + CSS                                     src/webview/main.ts and src/webview/*.entry.ts
 *   engine/         the npm package: index.mjs, index.cjs, declarations       src/engine/index.ts
 *
 * `src/webview/NAME.entry.ts` becomes `webview/NAME.js`: a bundle of its own that the panel loads by a script element when it
 * is needed. `import source from './NAME.worker?inline'` bundles `NAME.worker.ts` and gives it as a string: a webview starts
 * workers from blobs only. Fonts and images that a style sheet names are copied beside it.
 *
 * Options: --watch rebuilds on change; --production minifies (both write source maps); --no-types skips the declarations;
 * --checked fails where the engine has type errors, as --production does; --quiet prints problems only.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { minify } from 'terser';
import { typescriptParser } from './scripts/lib/typescriptParser.mjs';

const root = dirname(fileURLToPath(import.meta.url));
const options = new Set(process.argv.slice(2));
const production = options.has('--production');
const outdir = resolve(
  root,
  process.argv.find((argument) => argument.startsWith('--outdir='))?.slice('--outdir='.length) ?? 'dist',
);

/** @type {esbuild.BuildOptions} */
const common = {
  absWorkingDir: root,
  bundle: true,
  target: 'es2022',
  minify: production,
  keepNames: production,
  sourcemap: true,
  sourcesContent: !production,
  legalComments: production ? 'linked' : 'none',
  logLevel: 'warning',
  define: { 'process.env.NODE_ENV': production ? '"production"' : '"development"' },
};

/** Worker sources as strings. The bundle is rebuilt whenever one of its files changes, as esbuild is told of them all. */
const inlineWorkers = {
  name: 'inline-workers',
  /** @param {esbuild.PluginBuild} build */
  setup(build) {
    build.onResolve({ filter: /\?inline$/ }, ({ path, resolveDir }) => ({
      path: resolve(resolveDir, path.replace(/(\.ts)?\?inline$/, '.ts')),
      namespace: 'inline-worker',
    }));
    build.onLoad({ filter: /.*/, namespace: 'inline-worker' }, async ({ path }) => {
      const result = await esbuild.build({
        ...common,
        entryPoints: [path],
        platform: 'browser',
        format: 'iife',
        sourcemap: false,
        legalComments: 'none',
        write: false,
        metafile: true,
      });
      return {
        contents: result.outputFiles[0]?.text ?? '',
        loader: 'text',
        watchFiles: Object.keys(result.metafile.inputs).map((file) => resolve(root, file)),
      };
    });
  },
};

/** @type {esbuild.BuildOptions} */
const node = { ...common, platform: 'node', target: 'node20', format: 'cjs' };

/** @returns {esbuild.BuildOptions[]} */
function bundles() {
  const entries = readdirSync(join(root, 'src/webview')).filter((name) => name.endsWith('.entry.ts'));
  return [
    { ...node, entryPoints: ['src/extension/main.ts'], outfile: join(outdir, 'extension.js'), external: ['vscode'] },
    {
      ...node,
      entryPoints: ['src/runner/main.ts'],
      outfile: join(outdir, 'runner.js'),
      alias: { typescript: typescriptParser(root) },
    },
    { ...node, entryPoints: ['src/cli/main.ts'], outfile: join(outdir, 'cli.js') },
    {
      ...common,
      platform: 'browser',
      format: 'iife',
      entryPoints: [
        { in: 'src/webview/main.ts', out: 'main' },
        ...entries.map((name) => ({ in: `src/webview/${name}`, out: basename(name, '.entry.ts') })),
      ],
      outdir: join(outdir, 'webview'),
      assetNames: '[name]',
      loader: { '.ttf': 'file', '.woff2': 'file', '.svg': 'file', '.png': 'file' },
      plugins: [inlineWorkers],
    },
    ...['mjs', 'cjs'].map((extension) => ({
      ...common,
      // Names of functions and classes are a tenth of the engine; its errors carry theirs as text.
      keepNames: false,
      platform: /** @type {const} */ ('neutral'),
      format: extension === 'mjs' ? /** @type {const} */ ('esm') : /** @type {const} */ ('cjs'),
      entryPoints: ['src/engine/index.ts'],
      outfile: join(outdir, 'engine', `index.${extension}`),
    })),
  ];
}

/**
 * The engine's declarations, by tsc, one file a module; index.d.mts and index.d.cts re-export them, so that TypeScript
 * sees the right kind of module whether the package is imported or required.
 */
function declarations() {
  const types = join(outdir, 'engine/types');
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const flags = ['--noEmit', 'false', '--declaration', '--emitDeclarationOnly', '--outDir', types];
  const info = ['--rootDir', 'src/engine', '--tsBuildInfoFile', join(types, '.tsbuildinfo')];
  const { status } = spawnSync(process.execPath, [tsc, '-p', 'src/engine', ...flags, ...info], {
    cwd: root,
    stdio: 'inherit',
  });
  mkdirSync(join(outdir, 'engine'), { recursive: true });
  writeFileSync(join(outdir, 'engine/index.d.mts'), "export * from './types/index.js';\n");
  writeFileSync(join(outdir, 'engine/index.d.cts'), "export * from './types/index';\n");
  if (status !== 0) {
    console.error('The engine has type errors; its declarations may be wrong.');
    if (production || options.has('--checked')) process.exit(1);
  }
}

/**
 * The published engine once more through terser, which makes it a twentieth smaller than esbuild alone does. It takes its time,
 * so the CommonJS form is the same text with its one export statement, the last, written in the other way.
 */
async function squeeze() {
  const file = (/** @type {string} */ extension) => join(outdir, 'engine', `index.${extension}`);
  const { code = '' } = await minify(readFileSync(file('mjs'), 'utf8'), { module: true, ecma: 2020 });
  const [exported, list] = /export\s*\{([^{}]*)\};?\s*$/.exec(code) ?? [];
  if (exported === undefined) throw new Error('The engine does not end in its export statement.');
  const names = list.split(',').map((one) => {
    const [local, name = local] = one.trim().split(/\s+as\s+/);
    return `${name}:${local}`;
  });
  const body = code.slice(0, -exported.length);
  writeFileSync(file('mjs'), code);
  writeFileSync(file('cjs'), `"use strict";${body}module.exports={__esModule:!0,${names.join(',')}};`);
  for (const extension of ['mjs', 'cjs']) rmSync(`${file(extension)}.map`, { force: true });
}

function printSizes() {
  const names = readdirSync(outdir, { recursive: true, encoding: 'utf8' }).sort();
  for (const file of names.filter((name) => /\.([mc]?js|css|ttf)$/.test(name)).map((name) => join(outdir, name))) {
    console.log(`${(statSync(file).size / 1024).toFixed(1).padStart(9)} KB  ${relative(root, file)}`);
  }
}

if (options.has('--watch')) {
  const contexts = await Promise.all(bundles().map((bundle) => esbuild.context({ ...bundle, logLevel: 'info' })));
  await Promise.all(contexts.map((context) => context.watch()));
} else {
  const started = performance.now();
  if (production) rmSync(outdir, { recursive: true, force: true });
  try {
    await Promise.all(bundles().map((bundle) => esbuild.build(bundle)));
  } catch {
    process.exit(1); // esbuild has printed the errors
  }
  // Without types there is no npm package: the VSIX does not hold the engine.
  if (production && !options.has('--no-types')) await squeeze();
  if (!options.has('--no-types')) declarations();
  if (!options.has('--quiet')) {
    printSizes();
    console.log(
      `Built ${production ? 'for production ' : ''}in ${((performance.now() - started) / 1000).toFixed(1)} s.`,
    );
  }
}
