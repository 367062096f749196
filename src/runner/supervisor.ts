/**
 * A thread beside the one that runs user code. It sees what that one cannot tell while it is busy: that memory outside the heap
 * (typed arrays) grows past the limit, and that the client is gone.
 */
import { Worker } from 'node:worker_threads';

const INTERVAL = 200;

/** Runs in the thread. Its text is the function's own, so it must not use anything outside it. */
const BODY = `
const { parentPort, workerData } = require('node:worker_threads');
const { writeSync } = require('node:fs');
let limit = workerData.limit;
parentPort.on('message', (next) => { limit = next; });
const parent = process.ppid;
setInterval(() => {
  const gone = process.ppid !== parent;
  const full = process.memoryUsage.rss() > limit;
  if (!gone && !full) return;
  if (full) writeSync(2, 'memory limit\\n');
  process.kill(process.pid, 'SIGKILL');
}, workerData.interval);
`;

/** Megabytes of heap → bytes that the process may have in all. */
function residentLimit(memoryLimit: number): number {
  return (1.5 * memoryLimit + 512) * 2 ** 20;
}

export class Supervisor {
  private worker: Worker | undefined;

  constructor(memoryLimit: number) {
    try {
      const worker = new Worker(BODY, {
        eval: true,
        workerData: { limit: residentLimit(memoryLimit), interval: INTERVAL },
        resourceLimits: { maxOldGenerationSizeMb: 16 },
      });
      worker.unref();
      worker.on('error', () => (this.worker = undefined));
      this.worker = worker;
    } catch {
      // A runtime that allows no threads: the heap's own limit and the client's patience have to do.
    }
  }

  setLimit(memoryLimit: number): void {
    this.worker?.postMessage(residentLimit(memoryLimit));
  }
}
