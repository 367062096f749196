// @ts-check
/**
 * The import rules of the rooms under src/ as ESLint configurations: extension, cli → runner → source, engine;
 * webview → engine. Besides, the rooms above may import the two protocols (types of messages between processes), and the
 * runner's client serves both the extension and the command line. Circles are found by
 * test/unit/package/imports.test.ts.
 */

const protocols = ['runner/protocol.ts', 'webview/protocol.ts'];
/** The ground floor speaks to nobody: those above say in their protocols what of it travels. */
const ground = ['engine', 'source'];

/** What each room may import besides itself and the protocols, relative to src/. */
const rooms = {
  engine: [],
  source: [],
  runner: ['source', 'engine'],
  extension: ['runner/client'],
  cli: ['runner/client'],
  webview: ['engine'],
};

const zones = Object.entries(rooms).map(([room, allowed]) => ({
  target: `./src/${room}`,
  from: './src',
  except: [`./${room}`, ...(ground.includes(room) ? [] : protocols), ...allowed].map((path) =>
    path.startsWith('./') ? path : `./${path}`,
  ),
  message: `src/${room} may import ${[room, ...allowed].join(', ')}${ground.includes(room) ? '' : ' and the protocols'} only.`,
}));

const vscode = { name: 'vscode', message: 'Only src/extension may import vscode.' };
const node = { group: ['node:*'], message: 'There is no Node here.' };

export const roomRules = [
  { files: ['src/**/*.ts'], rules: { 'import-x/no-restricted-paths': ['error', { zones }] } },
  { files: ['src/{source,runner,cli}/**/*.ts'], rules: { 'no-restricted-imports': ['error', { paths: [vscode] }] } },
  {
    files: ['src/webview/**/*.ts'],
    rules: { 'no-restricted-imports': ['error', { paths: [vscode], patterns: [node] }] },
  },
  {
    files: ['src/engine/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '^[^.]', message: 'The engine imports nothing outside itself.' }] },
      ],
    },
  },
];
