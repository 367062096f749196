/** The squiggles: findings of the open documents, each in the file it speaks of, with its severity and a link. */
import { Diagnostic, languages, type Range, type TextDocument, Uri, workspace } from 'vscode';
import type { Finding, FindingCode } from '../../runner/protocol';
import { COMMANDS } from '../commandIds';
import { type Configuration, severityOf } from '../configuration';
import { runnerText } from '../format/runnerText';
import { type Disposable, DisposableStore } from '../lifecycle/disposables';
import { Soon } from '../lifecycle/soon';
import { toRange } from '../session/convert';
import type { Session } from '../session/sessions';
import type { SessionManager } from '../session/sessionManager';
import { collectFindings } from './collect';

/** The name under `source`, by which users filter. */
const SOURCE = 'GradLens';

/** A squiggle that remembers what it came from, for the quick fixes. */
export class FindingDiagnostic extends Diagnostic {
  constructor(
    range: Range,
    readonly finding: Finding,
    /** The version of the open document that the range was computed for. */
    readonly version: number | undefined,
    severity: NonNullable<ReturnType<typeof severityOf>>,
  ) {
    super(range, [finding.message, finding.hint ?? ''].map(runnerText).join(' ').trim(), severity);
    this.source = SOURCE;
    const link = encodeURIComponent(JSON.stringify([finding.code]));
    this.code = { value: finding.code, target: Uri.parse(`command:${COMMANDS.explain}?${link}`) };
  }
}

export class Diagnostics implements Disposable {
  private readonly store = new DisposableStore();
  private readonly collection = this.store.add(languages.createDiagnosticCollection('gradlens'));
  /** By session: the files it speaks of, and what it says of each. */
  private readonly bySession = new Map<Session, Map<string, Finding[]>>();
  private readonly outdated = new Set<Session>();
  private readonly soon = this.store.add(new Soon(() => this.updateAll(), 30, 100));

  constructor(
    private readonly manager: SessionManager,
    private readonly configuration: Configuration,
  ) {
    const { store } = this;
    const outdate = (uri: Uri): void => {
      const session = manager.sessions.find(uri);
      if (session) this.outdate(session);
    };
    store.add(manager.onDidChange(({ uri }) => outdate(uri)));
    store.add(manager.onDidChangeFunctions(outdate));
    store.add(manager.sessions.onClose.on((session) => this.remove(session)));
    store.add(configuration.onDidChange(() => manager.sessions.all().forEach((session) => this.outdate(session))));
  }

  /** The squiggles of a document whose ranges fit its text. */
  of(document: TextDocument): readonly FindingDiagnostic[] {
    return (this.collection.get(document.uri) ?? [])
      .filter((entry) => entry instanceof FindingDiagnostic)
      .filter(({ version }) => version === undefined || version === document.version);
  }

  private outdate(session: Session): void {
    this.outdated.add(session);
    this.soon.ask();
  }

  private updateAll(): void {
    const sessions = [...this.outdated];
    this.outdated.clear();
    for (const each of sessions) this.update(each);
  }

  private update(session: Session): void {
    const { live } = session;
    // While results are on their way the old squiggles stand; VS Code moves them with the text.
    const waiting = [...live.targets.values()].some(({ dirty, state }) => dirty && state.kind === 'stale');
    const shown = this.configuration.of(session.document.uri).live && workspace.isTrusted;
    if (shown && (waiting || live.listDue)) return;
    const findings = shown ? collectFindings(live) : [];
    const byFile = new Map<string, Finding[]>();
    for (const finding of findings) {
      const list = byFile.get(finding.location.file) ?? [];
      list.push(finding);
      byFile.set(finding.location.file, list);
    }
    this.replace(session, byFile);
  }

  private replace(session: Session, byFile: Map<string, Finding[]>): void {
    const before = this.bySession.get(session);
    this.bySession.set(session, byFile);
    for (const file of new Set([...(before?.keys() ?? []), ...byFile.keys()])) this.publish(file);
  }

  private remove(session: Session): void {
    const files = [...(this.bySession.get(session)?.keys() ?? [])];
    this.bySession.delete(session);
    this.outdated.delete(session);
    for (const file of files) this.publish(file);
    if (session.document.uri.scheme !== 'file') this.collection.delete(session.document.uri);
  }

  private publish(file: string): void {
    const open = this.manager.sessions.ofFile(file)?.document;
    const uri = open?.uri ?? Uri.file(file);
    const diagnostics: FindingDiagnostic[] = [];
    const seen = new Set<string>();
    const severities = new Map<FindingCode, ReturnType<typeof severityOf>>();
    const severity = (code: FindingCode): ReturnType<typeof severityOf> => {
      if (!severities.has(code)) severities.set(code, severityOf(code, uri));
      return severities.get(code);
    };
    for (const byFile of this.bySession.values()) {
      for (const finding of byFile.get(file) ?? []) {
        const level = severity(finding.code);
        const range = toRange(finding.location);
        const key = `${finding.code}|${range.start.line}|${range.start.character}|${finding.message}`;
        if (level === undefined || seen.has(key)) continue;
        seen.add(key);
        diagnostics.push(new FindingDiagnostic(range, finding, open?.version, level));
      }
    }
    this.collection.set(uri, diagnostics);
  }

  dispose(): void {
    this.store.dispose();
  }
}
