/** What the processes behind a window have used of the processor: unlike the clock it says the same on a machine that is busy. */
import { readdirSync, readFileSync } from 'node:fs';
import type { VsCodeServer } from '../../harness/server';

/** Milliseconds by process; undefined where the system does not tell (it is not Linux). */
export interface ProcessorTime {
  runner: number;
  host: number;
}

/** Clock ticks of Linux's process statistics. */
const TICK = 10;

/** The processor time so far of the runners and of the extension host of a server. */
export function processorTime({ group }: VsCodeServer): ProcessorTime | undefined {
  if (process.platform !== 'linux' || group === undefined) return undefined;
  const time = { runner: 0, host: 0 };
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      // `pid (name) state parent group …`; a name may hold anything.
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (Number(fields[2]) !== group) continue;
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      const used = (Number(fields[11]) + Number(fields[12])) * TICK;
      if (command.includes('dist/runner.js')) time.runner += used;
      else if (command.includes('--type=extensionHost')) time.host += used;
    } catch {
      // It has ended meanwhile.
    }
  }
  return time;
}
