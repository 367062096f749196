#!/usr/bin/env node
// The executable that @vscode/test-electron takes for a desktop VS Code; code.ts says what it does.
require('tsx/cjs');
require('./code.ts');
