/** Which open documents are under inspection. A document is the object, not its name: names are used again. */
import { type TextDocument, type Uri, window, workspace } from 'vscode';
import { type Disposable, DisposableStore } from '../lifecycle/disposables';
import { Signal } from '../lifecycle/signal';
import type { LiveDocument } from '../live/liveDocument';
import type { LiveScheduler } from '../live/scheduler';
import { readAttention } from './attention';
import { toEdits } from './convert';
import { isSupported, runnerFile } from './documentFiles';

export interface Session {
  readonly document: TextDocument;
  readonly live: LiveDocument;
}

export class Sessions implements Disposable {
  readonly onOpen = new Signal<Session>();
  readonly onClose = new Signal<Session>();
  private readonly store = new DisposableStore();
  private readonly byDocument = new Map<TextDocument, Session>();
  /** The newest of each name. */
  private readonly byName = new Map<string, Session>();
  private readonly byId = new Map<number, Session>();
  private readonly byFile = new Map<string, Session>();
  private serial = 1;

  constructor(private readonly scheduler: LiveScheduler) {
    const attend = (): void => this.attend();
    this.store.add(workspace.onDidOpenTextDocument((document) => this.open(document)));
    this.store.add(workspace.onDidCloseTextDocument((document) => this.close(document)));
    this.store.add(
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        const session = this.byDocument.get(document);
        if (session && contentChanges.length > 0) {
          scheduler.edit(session.live, toEdits(contentChanges), document.version);
        }
      }),
    );
    this.store.add(window.onDidChangeVisibleTextEditors(attend));
    this.store.add(window.onDidChangeActiveTextEditor(attend));
    this.store.add(window.onDidChangeTextEditorVisibleRanges(attend));
    this.store.add(window.onDidChangeTextEditorSelection(attend));
    for (const document of workspace.textDocuments) this.open(document);
    this.attend();
  }

  /** The session of the open document of that name. */
  find(uri: Uri): Session | undefined {
    return this.byName.get(uri.toString());
  }

  ofDocument(document: TextDocument): Session | undefined {
    return this.byDocument.get(document);
  }

  ofLive(live: LiveDocument): Session | undefined {
    return this.byId.get(live.id);
  }

  /** The session whose document the runner knows by that name. */
  ofFile(file: string): Session | undefined {
    return this.byFile.get(file);
  }

  all(): Session[] {
    return [...this.byDocument.values()];
  }

  private open(document: TextDocument): void {
    if (document.isClosed || !isSupported(document) || this.byDocument.has(document)) return;
    const file = runnerFile(document, this.serial++);
    const differs = document.isDirty || document.uri.scheme !== 'file';
    const live = this.scheduler.open(file, () => document.getText(), document.version, differs);
    const session: Session = { document, live };
    this.byDocument.set(document, session);
    this.byName.set(document.uri.toString(), session);
    this.byId.set(live.id, session);
    this.byFile.set(file, session);
    this.onOpen.fire(session);
    this.attend();
  }

  private close(document: TextDocument): void {
    const session = this.byDocument.get(document);
    if (!session) return;
    this.byDocument.delete(document);
    const name = document.uri.toString();
    if (this.byName.get(name) === session) this.byName.delete(name);
    this.byId.delete(session.live.id);
    if (this.byFile.get(session.live.file) === session) this.byFile.delete(session.live.file);
    this.scheduler.close(session.live);
    this.onClose.fire(session);
  }

  private attend(): void {
    this.scheduler.attend(readAttention((document) => this.byDocument.get(document)?.live.id));
  }

  dispose(): void {
    this.store.dispose();
    this.onOpen.dispose();
    this.onClose.dispose();
  }
}
