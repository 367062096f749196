// @ts-check
/** The steps of a test run: each a process of its own, counted, limited in time, and ended with the run. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { constants, setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {string[]} args of node
 * @property {boolean} [suite] leaves its own counts in out/results; a check counts as one test
 * @property {number} [minutes] after which it has failed
 * @property {boolean} [background] leaves the processor to what else runs
 */

/**
 * Puts a process and all that it starts behind the others.
 *
 * @param {import('node:child_process').ChildProcess} child
 */
function standBack({ pid }) {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It has ended already, or the system does not let us: it takes its turns like the others.
  }
}

export class Run {
  total = { passed: 0, failed: 0 };
  /** @type {string[]} */
  summary = [];
  /** @type {Set<import('node:child_process').ChildProcess>} */
  running = new Set();
  interrupted = false;
  /** A step whose output is shown as it comes; what others print waits for its end. */
  live = false;
  /** @type {string[]} */
  held = [];

  /** @param {string} root */
  constructor(root) {
    this.root = root;
    // Everything temporary lies in one folder that goes away with the run, whatever a browser or a server leaves in it.
    const base = process.platform === 'darwin' ? '/tmp' : realpathSync(tmpdir());
    this.temporary = mkdtempSync(join(base, 'gradlens-'));
    process.on('exit', () => {
      for (const child of this.running) child.kill('SIGKILL');
      rmSync(this.temporary, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    });
    // A signal may come twice, from the terminal and from npm. The steps end what they started, then we end.
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
      process.on(signal, () => void this.interrupt());
    }
    // Or the process that started us dies, and nobody tells us.
    const parent = process.ppid;
    setInterval(() => process.ppid === parent || void this.interrupt(), 1000).unref();
  }

  async interrupt() {
    if (this.interrupted) return;
    this.interrupted = true;
    await Promise.all(
      [...this.running].map((child) => new Promise((done) => child.once('exit', done).kill('SIGTERM'))),
    );
    process.exit(130);
  }

  /**
   * Runs a step with its output as it comes. True when it passed.
   *
   * @param {Step} step
   */
  async step(step) {
    console.log(`\n▶ ${step.name}`);
    this.live = true;
    const { passed } = await this.execute(step, 'inherit');
    this.live = false;
    for (const text of this.held.splice(0)) console.log(text);
    return passed;
  }

  /**
   * Runs steps that don't disturb each other, so many at a time; what one prints is shown when it ends, but not amid the output
   * of a `step`. True when all passed.
   *
   * @param {Step[]} steps
   * @param {number} lanes
   */
  async together(steps, lanes = 2) {
    const queue = [...steps];
    let all = true;
    const lane = async () => {
      for (let step = queue.shift(); step !== undefined; step = queue.shift()) {
        const { passed, output } = await this.execute(step, 'pipe');
        all &&= passed;
        const text = `\n▶ ${step.name}\n${output.trimEnd()}`;
        if (this.live) this.held.push(text);
        else console.log(text);
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    return all;
  }

  /**
   * @param {Step} step
   * @param {'inherit' | 'pipe'} stdio
   * @returns {Promise<{ passed: boolean, output: string }>}
   */
  async execute({ name, args, suite = false, minutes = 10, background = false }, stdio) {
    const started = performance.now();
    const results = join(this.root, 'out/results', `${name}.json`);
    rmSync(results, { force: true });
    const env = { ...process.env, TMPDIR: this.temporary };
    const child = spawn(process.execPath, args, { cwd: this.root, stdio: ['ignore', stdio, stdio], env });
    this.running.add(child);
    if (background) standBack(child);
    let output = '';
    child.stdout?.on('data', (chunk) => (output += chunk));
    child.stderr?.on('data', (chunk) => (output += chunk));
    const watchdog = setTimeout(() => {
      console.error(`${name} did not end within ${minutes} minutes.`);
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), 30_000).unref();
    }, minutes * 60_000);
    const code = await new Promise((resolve) => child.on('close', resolve).on('error', () => resolve(1)));
    clearTimeout(watchdog);
    this.running.delete(child);
    const counts = suite && existsSync(results) ? JSON.parse(readFileSync(results, 'utf8')) : { passed: 0, failed: 0 };
    if (code === 0 && !suite) counts.passed = 1;
    this.count(name, counts, code === 0, (performance.now() - started) / 1000);
    return { passed: code === 0 && counts.failed === 0, output };
  }

  /**
   * Adds counts to the total. A step that failed, or in which nothing passed, has at least one failure.
   *
   * @param {string} name
   * @param {{ passed: number, failed: number }} counts
   * @param {boolean} succeeded
   * @param {number} seconds
   */
  count(name, counts, succeeded, seconds = 0) {
    if (!succeeded || counts.passed === 0) counts.failed = Math.max(1, counts.failed);
    this.total.passed += counts.passed;
    this.total.failed += counts.failed;
    const mark = counts.failed === 0 ? '✔' : '✘';
    this.summary.push(`${mark} ${name}: ${counts.passed} passed, ${counts.failed} failed (${seconds.toFixed(0)} s)`);
  }

  /**
   * Prints the summary and, last, the total; ends the process.
   *
   * @returns {never}
   */
  finish() {
    console.log(`\n${this.summary.join('\n')}\n\n${this.total.passed} passed, ${this.total.failed} failed`);
    process.exit(this.total.failed === 0 ? 0 : 1);
  }
}
