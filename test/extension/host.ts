/**
 * What VS Code's extension host loads as the tests: runs every suite of the folder this bundle lies in with mocha and tells
 * the runner outside, over a socket, what mocha prints and how it ended.
 */
import { readdirSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { join } from 'node:path';
import { format } from 'node:util';
import { takeCoverage } from 'node:v8';
import type { Message } from './messages';

/** Mocha's tests need time on a loaded machine, and poll. */
const testLimit = 120_000;

export async function run(): Promise<void> {
  const socket = await connect(process.env.GRADLENS_TEST_SOCKET ?? '');
  const send = (message: Message) => socket.write(`${JSON.stringify(message)}\n`);
  redirectOutput((text) => send({ kind: 'output', text }));
  try {
    const failed = await runSuites(send);
    if (failed > 0) throw new Error(`${failed} failed`);
  } finally {
    takeCoverage();
    await new Promise<void>((resolve) => socket.end(resolve));
  }
}

async function runSuites(send: (message: Message) => void): Promise<number> {
  // Loaded only now, as it keeps the `console.log` that it finds.
  const { default: Mocha } = await import('mocha');
  const mocha = new Mocha({ ui: 'bdd', reporter: 'spec', color: false, timeout: testLimit, slow: 5000 });
  const pattern = process.env.GRADLENS_TEST_FILES;
  const names = readdirSync(__dirname, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.test.js'),
  );
  const chosen = names.filter((name) => pattern === undefined || name.includes(pattern)).sort();
  for (const name of chosen) mocha.addFile(join(__dirname, name));
  return new Promise((resolve, reject) => {
    try {
      const runner = mocha.run((failures) => {
        const { passes = 0, pending = 0 } = runner.stats ?? {};
        send({ kind: 'result', passed: passes, failed: failures, skipped: pending });
        resolve(failures);
      });
    } catch (error) {
      send({ kind: 'output', text: `${(error as Error).stack}\n` });
      reject(error);
    }
  });
}

function connect(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path, () => resolve(socket)).on('error', reject);
  });
}

/** In the extension host `console`'s methods are accessors without setters; mocha prints through them. */
function redirectOutput(print: (text: string) => void): void {
  const line = (...values: unknown[]) => print(`${format(...values)}\n`);
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    Object.defineProperty(console, method, { value: line, configurable: true, writable: true });
  }
}
