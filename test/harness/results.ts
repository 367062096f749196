/** The counts of a suite, kept in a file so that the runner of all suites can add them up. */
import { join } from 'node:path';
import { write } from './stage';
import { root } from './vscode';

export interface Counts {
  passed: number;
  failed: number;
}

/** Writes a suite's counts to out/results/NAME.json. */
export function saveCounts(name: string, counts: Counts): void {
  write(join(root, 'out/results', `${name}.json`), JSON.stringify(counts));
}
