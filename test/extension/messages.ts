/** What the run inside the extension host tells the runner outside, one JSON text a line. */
export type Message =
  { kind: 'output'; text: string } | { kind: 'result'; passed: number; failed: number; skipped: number };
