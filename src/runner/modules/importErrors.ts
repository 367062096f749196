/** Imports that fail, told where they stand and with what to do. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { lineAndColumn } from '../../source/positions';
import { RunnerError } from './errors';
import type { FileStore } from './files';
import { packageOf } from './resolve';
import type { Place } from './stack';

export function notFound(specifier: string, importer: string, files: FileStore): never {
  const error = new RunnerError(
    'module-not-found',
    `Cannot find module '${specifier}'.`,
    placeOf(specifier, importer, files),
    hintFor(specifier, importer),
  );
  // The words that libraries look for when a module is optional.
  throw Object.assign(error, { resolution: 'MODULE_NOT_FOUND' });
}

/** @param use where the module is used, not only imported */
export function notAllowed(specifier: string, importer: string, files: FileStore, use?: Place): never {
  throw new RunnerError(
    'module-not-allowed',
    `The module '${specifier}' is not allowed: functions that GradLens runs may only compute.`,
    use ?? placeOf(specifier, importer, files),
    `To allow it, add "${specifier.replace(/^node:/, '')}" to the setting gradlens.allowedModules.`,
  );
}

function placeOf(specifier: string, importer: string, files: FileStore): Partial<Place> & { file: string } {
  const rewritten = files.rewritten(importer);
  const node = rewritten?.analysis.imports.find((candidate) => candidate.specifier === specifier)?.node;
  if (!rewritten || !node) return { file: importer };
  const { sourceFile } = rewritten.module;
  return { file: importer, ...lineAndColumn(sourceFile, node.getStart(sourceFile)) };
}

function hintFor(specifier: string, importer: string): string {
  if (/^[./]/.test(specifier)) return 'Check the path.';
  if (hasPlugAndPlay(dirname(importer)))
    return 'Packages are read from node_modules: set `nodeLinker: node-modules` in .yarnrc.yml and run `yarn install`.';
  return `Is it installed? npm install ${packageOf(specifier).name}`;
}

/** Yarn keeps packages in archives there, which nothing but its own loader reads. */
function hasPlugAndPlay(directory: string): boolean {
  const parent = dirname(directory);
  return existsSync(join(directory, '.pnp.cjs')) || (parent !== directory && hasPlugAndPlay(parent));
}
