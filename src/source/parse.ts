/** Parses the text of a module: TypeScript's parser and nothing of its type checker. */
import ts from 'typescript';

interface SyntaxError_ {
  message: string;
  start: number;
  length: number;
}

export interface ParsedModule {
  file: string;
  text: string;
  sourceFile: ts.SourceFile;
  /** TypeScript (types, enums, …) rather than JavaScript. */
  typescript: boolean;
  /** It imports or exports as an ES module does. */
  esm: boolean;
  syntaxErrors: SyntaxError_[];
}

const KINDS: Record<string, ts.ScriptKind> = {
  '.ts': ts.ScriptKind.TS,
  '.mts': ts.ScriptKind.TS,
  '.cts': ts.ScriptKind.TS,
  '.tsx': ts.ScriptKind.TSX,
  '.js': ts.ScriptKind.JS,
  '.mjs': ts.ScriptKind.JS,
  '.cjs': ts.ScriptKind.JS,
  '.jsx': ts.ScriptKind.JSX,
};

export function extensionOf(file: string): string {
  return /\.[^./\\]+$/.exec(file)?.[0] ?? '';
}

/** Parses one module. Never throws: what cannot be read stands in `syntaxErrors`. */
export function parseModule(file: string, text: string): ParsedModule {
  const kind = KINDS[extensionOf(file)] ?? ts.ScriptKind.JS;
  const typescript = kind === ts.ScriptKind.TS || kind === ts.ScriptKind.TSX;
  const options: ts.CreateSourceFileOptions = {
    languageVersion: ts.ScriptTarget.ESNext,
    // Types stand in comments in the user's own JavaScript only; reading them takes a third of the time.
    jsDocParsingMode:
      typescript || file.includes('node_modules') ? ts.JSDocParsingMode.ParseNone : ts.JSDocParsingMode.ParseAll,
  };
  const sourceFile = ts.createSourceFile(file, text, options, /* setParentNodes */ true, kind);
  const { parseDiagnostics } = sourceFile as unknown as { parseDiagnostics: readonly ts.DiagnosticWithLocation[] };
  return {
    file,
    text,
    sourceFile,
    typescript,
    esm: ts.isExternalModule(sourceFile),
    syntaxErrors: parseDiagnostics.map((diagnostic) => ({
      message: ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n'),
      start: diagnostic.start,
      length: diagnostic.length,
    })),
  };
}
