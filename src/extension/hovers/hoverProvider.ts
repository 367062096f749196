/** Hovers on function names, parameters and the values at line ends; each is put together only when it is asked for. */
import {
  Hover,
  type HoverProvider,
  languages,
  MarkdownString,
  type Position,
  type TextDocument,
  workspace,
} from 'vscode';
import type { FunctionInfo } from '../../runner/protocol';
import { COMMANDS } from '../commandIds';
import type { Configuration } from '../configuration';
import { type Disposable } from '../lifecycle/disposables';
import { ownsLine } from '../inline/inlineModel';
import { toRange } from '../session/convert';
import { LANGUAGES } from '../session/documentFiles';
import type { Session } from '../session/sessions';
import type { SessionManager } from '../session/sessionManager';
import { functionHover } from './functionHover';
import { lineHover } from './lineHover';
import { parameterHover } from './parameterHover';

export class GradLensHovers implements HoverProvider, Disposable {
  private readonly registration: Disposable;

  constructor(
    private readonly manager: SessionManager,
    private readonly configuration: Configuration,
  ) {
    this.registration = languages.registerHoverProvider(
      LANGUAGES.map((language) => ({ language })),
      this,
    );
  }

  provideHover(document: TextDocument, position: Position): Hover | undefined {
    const { live, hovers } = this.configuration.of(document.uri);
    if (!live || !hovers || !workspace.isTrusted) return undefined;
    const session = this.manager.sessions.ofDocument(document);
    if (!session) return undefined;
    for (const fn of session.live.functions) {
      const hover = this.onName(session, fn, position) ?? this.onParameter(session, fn, position);
      if (hover) return hover;
    }
    return this.onLineEnd(session, position);
  }

  private onName({ document }: Session, fn: FunctionInfo, position: Position): Hover | undefined {
    const range = toRange(fn.nameRange);
    if (!range.contains(position)) return undefined;
    const target = this.targetOf(document, fn);
    const link = { uri: document.uri.toString(), functionName: fn.name, pointIndex: target.pointIndex };
    const text = functionHover(fn, this.manager.state(target), link, this.configuration.of(document.uri).digits);
    return text === undefined ? undefined : new Hover(trusted(text), range);
  }

  private onParameter({ document }: Session, fn: FunctionInfo, position: Position): Hover | undefined {
    const index = fn.parameters.findIndex((parameter) => toRange(parameter.range).contains(position));
    if (index < 0) return undefined;
    const inspection = this.manager.inspection(this.targetOf(document, fn));
    const text = parameterHover(fn, index, inspection, this.configuration.of(document.uri).digits);
    return text === undefined ? undefined : new Hover(trusted(text));
  }

  /** The values are drawn behind the last character, so that is where the mouse is. */
  private onLineEnd({ document, live }: Session, position: Position): Hover | undefined {
    const { range } = document.lineAt(position.line);
    if (position.character < range.end.character) return undefined;
    const line = position.line + 1;
    for (const fn of live.functions) {
      if (!fn.differentiable || !ownsLine(fn, line, live.functions)) continue;
      const inspection = this.manager.inspection(this.targetOf(document, fn));
      const value = inspection?.lines.findLast((entry) => entry.file === live.file && entry.line === line);
      if (value) return new Hover(trusted(lineHover(value, fn.name, this.configuration.of(document.uri).digits)));
    }
    return undefined;
  }

  private targetOf(
    { uri }: TextDocument,
    fn: FunctionInfo,
  ): { uri: typeof uri; functionName: string; pointIndex: number } {
    return { uri, functionName: fn.name, pointIndex: this.manager.activePoint(uri, fn.name) };
  }

  dispose(): void {
    this.registration.dispose();
  }
}

function trusted(text: string): MarkdownString {
  const markdown = new MarkdownString(text, true);
  markdown.isTrusted = { enabledCommands: Object.values(COMMANDS) };
  return markdown;
}
