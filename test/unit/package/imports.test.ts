/** Modules import one another in no circle. Imports of types alone don't count: they load nothing. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Metafile } from 'esbuild';

const root = join(__dirname, '../../..');

/** What each module loads, as esbuild sees it after it has taken the types away. */
async function importGraph(modules: string[]): Promise<Metafile['inputs']> {
  const { metafile } = await build({
    absWorkingDir: root,
    // One entrance that loads them all: an entrance each would be a bundle each.
    stdin: { contents: modules.map((module) => `import './${module}';`).join('\n'), resolveDir: root },
    outdir: 'out',
    bundle: true,
    packages: 'external',
    // A worker's source is text to the module that starts it.
    external: ['*?inline'],
    loader: { '.css': 'empty', '.ttf': 'empty' },
    platform: 'node',
    format: 'esm',
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  return metafile.inputs;
}

/** A circle of modules, first to last; undefined where there is none. */
function findCircle(graph: Record<string, { imports: { path: string }[] }>): string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (module: string): string[] | undefined => {
    if (path.includes(module)) return [...path.slice(path.indexOf(module)), module];
    if (done.has(module) || !(module in graph)) return undefined;
    path.push(module);
    for (const next of graph[module].imports) {
      const circle = visit(next.path);
      if (circle !== undefined) return circle;
    }
    path.pop();
    done.add(module);
    return undefined;
  };
  for (const module of Object.keys(graph)) {
    const circle = visit(module);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

describe('the modules', () => {
  it('import one another in no circle', async () => {
    const modules = ['src', 'test', 'scripts'].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.(ts|tsx|mjs)$/.test(name) && !/\.d\.ts$|(^|[\\/])(node_modules|fixtures)[\\/]/.test(name))
        .map((name) => `${folder}/${name.replaceAll('\\', '/')}`),
    );
    const graph = await importGraph(modules);
    assert.ok(Object.keys(graph).length > 500, 'the modules were not found');
    assert.equal(findCircle(graph)?.join(' → '), undefined);
  });

  it('would be told if they did', () => {
    const loads = (...paths: string[]) => ({ imports: paths.map((path) => ({ path })) });
    const graph = { a: loads('b', 'x'), b: loads('c'), c: loads('d', 'b'), d: loads() };
    assert.deepEqual(findCircle(graph), ['b', 'c', 'b']);
  });
});
