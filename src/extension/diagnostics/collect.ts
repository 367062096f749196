/** Which findings a document's targets give, each once. */
import type { CheckReport, ErrorInfo, Finding, FunctionInfo } from '../../runner/protocol';
import type { LiveDocument } from '../live/liveDocument';

/** All findings of a document: of the values, of the checks, and time-outs. */
export function collectFindings(document: LiveDocument): Finding[] {
  const all: Finding[] = [];
  for (const target of document.targets.values()) {
    // A stale or failed state keeps its squiggles: they moved with the text, and vanish only by a newer verdict.
    const { inspection, state, check } = target;
    if (inspection) all.push(...inspection.findings);
    if (check.kind === 'failed' || check.kind === 'passed') all.push(...check.report.warnings);
    if (check.kind === 'failed') all.push(failure(check.report, target.fn, document.file));
    if (state.kind === 'failed' && state.error.code === 'time-out') {
      all.push(timeOut(state.error, target.fn, document.file));
    }
  }
  return unique(all);
}

function timeOut(error: ErrorInfo, fn: FunctionInfo, file: string): Finding {
  return { code: 'time-out', message: error.message, hint: error.hint, location: { file, ...fn.nameRange } };
}

/** A failed check stands at the function's name: at the one that claims to be a gradient where that is what failed. */
function failure({ verdict, mismatch }: CheckReport, fn: FunctionInfo, file: string): Finding {
  const code = mismatch ? 'gradient-mismatch' : 'check-failed';
  return { code, message: verdict, location: { file, ...fn.nameRange } };
}

/** Two points of one function find the same thing at the same place: it is told once. */
function unique(findings: readonly Finding[]): Finding[] {
  const seen = new Map<string, Finding>();
  for (const finding of findings) {
    const { file, line, column, endLine, endColumn } = finding.location;
    const key = [finding.code, file, line, column, endLine, endColumn].join('|');
    const before = seen.get(key);
    if (!before || (!before.fix && finding.fix)) seen.set(key, finding);
  }
  return [...seen.values()];
}
