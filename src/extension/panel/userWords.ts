/** The runner's sentences in what goes to the panel, in the user's language. */
import type { CheckReport, ErrorInfo, Inspection, Notice, Profile, ProfileRow } from '../../runner/protocol';
import { runnerText } from '../format/runnerText';

/** An error without its stack, which is for the output channel. */
export function errorInWords({ stack: _, ...error }: ErrorInfo): Omit<ErrorInfo, 'stack'> {
  const { message, hint } = error;
  return { ...error, message: runnerText(message), ...(hint === undefined ? {} : { hint: runnerText(hint) }) };
}

export function noticeInWords({ message, hint, ...notice }: Notice): Notice {
  return { ...notice, message: runnerText(message), ...(hint === undefined ? {} : { hint: runnerText(hint) }) };
}

export function inspectionInWords(inspection: Inspection): Inspection {
  const { matrixReason, notice } = inspection;
  return {
    ...inspection,
    strategy: runnerText(inspection.strategy),
    ...(matrixReason === undefined ? {} : { matrixReason: runnerText(matrixReason) }),
    ...(notice === undefined ? {} : { notice: noticeInWords(notice) }),
  };
}

export function checkInWords(report: CheckReport): CheckReport {
  return {
    ...report,
    verdict: runnerText(report.verdict),
    parts: report.parts.map((part) => ({ ...part, name: runnerText(part.name), message: runnerText(part.message) })),
  };
}

/** A row of a profile. */
export function rowInWords(row: ProfileRow): ProfileRow {
  const { label, unavailable } = row;
  return {
    ...row,
    label: runnerText(label),
    ...(unavailable === undefined ? {} : { unavailable: runnerText(unavailable) }),
  };
}

export function profileInWords(profile: Profile): Profile {
  const { crossover, gpuChoice } = profile;
  return {
    ...profile,
    rows: profile.rows.map(rowInWords),
    advice: runnerText(profile.advice),
    ...(gpuChoice === undefined ? {} : { gpuChoice: runnerText(gpuChoice) }),
    ...(crossover ? { crossover: { ...crossover, message: runnerText(crossover.message) } } : {}),
  };
}
