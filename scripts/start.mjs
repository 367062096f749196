// @ts-check
/** `npm start`: from a fresh clone to VS Code on examples/ with the extension loaded. test/harness/start.ts goes on from here. */
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildOnce } from './lib/build.mjs';

const require = createRequire(import.meta.url);
try {
  buildOnce(dirname(dirname(fileURLToPath(import.meta.url))));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
require('tsx/cjs');
require('../test/harness/start.ts');
