import type { CheckReport, ErrorInfo } from '../../runner/protocol';

/** The verdict on a derivative. It stands until the text or the point changes. */
export type CheckState =
  | { kind: 'none' }
  | { kind: 'running' }
  | { kind: 'passed' | 'failed'; report: CheckReport }
  | { kind: 'error'; error: ErrorInfo };

export const unchecked: CheckState = { kind: 'none' };
