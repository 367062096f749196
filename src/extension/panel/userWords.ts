/** The runner's sentences in what goes to the panel, in the user's language. */
import type { CheckReport, ErrorInfo, Inspection, Notice, Profile } from '../../runner/protocol';
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
    ...(matrixReason === undefined ? {} : { matrixReason: runnerText(matrixReason) }),
    ...(notice === undefined ? {} : { notice: noticeInWords(notice) }),
  };
}

export function checkInWords(report: CheckReport): CheckReport {
  return {
    ...report,
    verdict: runnerText(report.verdict),
    parts: report.parts.map((part) => ({ ...part, message: runnerText(part.message) })),
  };
}

export function profileInWords(profile: Profile): Profile {
  const { crossover } = profile;
  return {
    ...profile,
    advice: runnerText(profile.advice),
    ...(crossover ? { crossover: { ...crossover, message: runnerText(crossover.message) } } : {}),
  };
}
