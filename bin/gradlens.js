#!/usr/bin/env node
'use strict';

// The command `gradlens`. In a fresh clone dist/ is missing: then it is built first, what that prints goes to standard error.
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..');
const cli = join(root, 'dist/cli.js');

async function build() {
  const { buildOnce } = await import('../scripts/lib/build.mjs');
  buildOnce(root);
}

(existsSync(cli) ? Promise.resolve() : build()).then(
  () => require(cli),
  (error) => {
    console.error(error.message);
    process.exit(1);
  },
);
