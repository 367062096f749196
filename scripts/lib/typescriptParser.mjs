// @ts-check
/**
 * TypeScript without its checker, emitter and language service: the runner only parses, and everything else would take 60 MB of
 * memory and a fifth of a second of every process. TypeScript's own file is one function body whose statements begin at the start
 * of a line; those stay that declare what is used, and what those mention in turn, in text even.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const OPENING = 'var ts = {}; ((module) => {\n';
const CLOSING = '\n})({ get exports() {';
const STATEMENT =
  /^(?:(?:var|let|const|class|function|async function|if|module) ?|\(\(|\w+\(|\w+\.\w+ = |0 &&|"use strict")/;
/** Makers of what only the type checker makes: named by the maker of nodes, and empty here. */
const UNUSED_CLASSES = ['SymbolObject', 'TypeObject', 'SignatureObject', 'SourceMapSourceObject'];
/** Statements that belong to no name and to nothing that is parsed. */
const DROPPED = /^(?:registerCodeFix|registerRefactor)\(|^module\.exports = |^0 && |^"use strict"/;
/** Comments that fill whole lines. */
const COMMENTS = /^ *\/\/[^`$\n]*$|^ *\/\*[^`$]*?\*\/ *$/gm;
/** A name, unless it is that of a property: behind one dot, not behind three. */
const NAME = /(?<!(?<!\.)\.)(?<![\w$])[A-Za-z_$][\w$]*/g;

/**
 * The module to bundle instead of `typescript`, as a file in node_modules/.cache. Its default export holds what sources under
 * `folders` name as `ts.NAME`.
 *
 * @param {string} root
 * @param {string[]} [folders]
 */
export function typescriptParser(root, folders = ['src/source', 'src/runner']) {
  const text = readFileSync(createRequire(join(root, 'package.json')).resolve('typescript'), 'utf8');
  const file = join(root, 'node_modules/.cache/gradlens/typescript-parser.mjs');
  mkdirSync(dirname(file), { recursive: true });
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, parserOf(text, namesIn(folders.map((folder) => join(root, folder)))));
  renameSync(unfinished, file);
  return file;
}

/** @param {string[]} folders */
function namesIn(folders) {
  /** @type {Set<string>} */
  const names = new Set();
  for (const folder of folders) {
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.ts')) continue;
      for (const [, used] of readFileSync(join(folder, name), 'utf8').matchAll(/\bts\.(\w+)/g)) names.add(used);
    }
  }
  return names;
}

/**
 * @typedef {object} Statement
 * @property {string} text
 * @property {string | undefined} declares
 * @property {boolean} kept
 */

/**
 * @param {string} text of typescript.js
 * @param {Set<string>} names
 */
function parserOf(text, names) {
  const begin = text.indexOf(OPENING);
  const end = text.lastIndexOf(CLOSING);
  if (begin < 0 || end < 0)
    throw new Error('typescript.js has another form than scripts/lib/typescriptParser.mjs knows.');
  const statements = statementsOf(text.slice(begin + OPENING.length, end + 1));
  /** @type {Map<string, Statement[]>} What declares a name and what completes it. */
  const owners = new Map();
  /** @type {Map<string, string>} */
  const exported = new Map();
  /** @type {Statement[]} */
  const queue = [];
  const keep = (/** @type {Statement} */ statement) => {
    if (statement.kept) return;
    statement.kept = true;
    queue.push(statement);
  };
  for (const statement of statements) {
    if (statement.text.startsWith('__export(typescript_exports,')) {
      for (const [, name, local] of statement.text.matchAll(/^ {2}(\w+): \(\) => (\w+),?$/gm))
        exported.set(name, local);
    } else if (!DROPPED.test(statement.text)) {
      const name = statement.declares ?? completedBy(statement.text);
      if (name === undefined) keep(statement);
      else owners.set(name, [...(owners.get(name) ?? []), statement]);
    }
  }
  const wanted = [...names].filter((name) => exported.has(name));
  for (const name of wanted) owners.get(exported.get(name) ?? '')?.forEach(keep);
  for (let statement = queue.pop(); statement; statement = queue.pop()) {
    for (const [name] of statement.text.replace(COMMENTS, '').matchAll(NAME)) {
      if (!UNUSED_CLASSES.includes(name)) owners.get(name)?.forEach(keep);
    }
  }
  return [
    text.slice(0, begin),
    ...UNUSED_CLASSES.map((name) => `class ${name} {}\n`),
    ...statements.filter(({ kept }) => kept).map((statement) => statement.text),
    `export default { ${wanted.map((name) => `${name}: ${exported.get(name)}`).join(', ')} };\n`,
  ].join('');
}

/**
 * @param {string} body
 * @returns {Statement[]}
 */
function statementsOf(body) {
  /** @type {Statement[]} */
  const statements = [];
  for (const line of body.split('\n')) {
    if (statements.length === 0 || STATEMENT.test(line)) {
      const declares = /^(?:var|let|const|class|(?:async )?function\*?) (\w+)/.exec(line)?.[1];
      if (declares === undefined && /^(?:var|let|const|class|async|function) ?/.test(line))
        throw new Error(
          `typescript.js declares in a form that scripts/lib/typescriptParser.mjs does not know: ${line}`,
        );
      statements.push({ text: '', declares, kept: false });
    }
    statements[statements.length - 1].text += `${line}\n`;
  }
  return statements;
}

/**
 * The name that a statement without a declaration adds something to.
 *
 * @param {string} text
 */
function completedBy(text) {
  const [, exportsOf] = /^__export\((\w+),/.exec(text) ?? [];
  const [, assigned] = /^(\w+)\.\w+ = /.exec(text) ?? [];
  const [, space] = (text.startsWith('((') && /^\}\)\((\w+)/m.exec(text)) || [];
  return exportsOf ?? assigned ?? space;
}
