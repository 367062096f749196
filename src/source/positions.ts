/** Offsets, lines and columns, and the table of sites: the places in the user's text that rewritten code refers to by number. */
import type ts from 'typescript';

/** Lines and columns are 1-based, the end is exclusive. */
export interface SourceRange {
  line: number;
  column: number;
  endLine: number;
  endColumn: number;
}

/** 1-based line and column of an offset. */
export function lineAndColumn(sourceFile: ts.SourceFile, offset: number): { line: number; column: number } {
  const { line, character } = sourceFile.getLineAndCharacterOfPosition(offset);
  return { line: line + 1, column: character + 1 };
}

export function rangeOf(sourceFile: ts.SourceFile, start: number, end: number): SourceRange {
  const from = lineAndColumn(sourceFile, start);
  const to = lineAndColumn(sourceFile, end);
  return { ...from, endLine: to.line, endColumn: to.column };
}

export interface Site extends SourceRange {
  file: string;
  start: number;
  end: number;
  text: string;
}

/** The sites of one version of one module: ids `base` … `base + count − 1`. */
export class ModuleSites {
  private offsets = new Int32Array(256);
  count = 0;

  constructor(
    readonly base: number,
    readonly sourceFile: ts.SourceFile,
  ) {}

  add(start: number, end: number): number {
    if (this.count * 2 + 2 > this.offsets.length) {
      const larger = new Int32Array(this.offsets.length * 2);
      larger.set(this.offsets);
      this.offsets = larger;
    }
    this.offsets[this.count * 2] = start;
    this.offsets[this.count * 2 + 1] = end;
    return this.base + this.count++;
  }

  at(id: number): Site {
    const start = this.offsets[(id - this.base) * 2];
    const end = this.offsets[(id - this.base) * 2 + 1];
    return {
      file: this.sourceFile.fileName,
      start,
      end,
      ...rangeOf(this.sourceFile, start, end),
      text: this.sourceFile.text.slice(start, end),
    };
  }

  line(id: number): number {
    return this.sourceFile.getLineAndCharacterOfPosition(this.offsets[(id - this.base) * 2]).line + 1;
  }

  /** Ids of the sites whose text lies exactly at [start, end). */
  exactly(start: number, end: number): number[] {
    const found: number[] = [];
    for (let index = 0; index < this.count; index++) {
      if (this.offsets[index * 2] === start && this.offsets[index * 2 + 1] === end) found.push(this.base + index);
    }
    return found;
  }
}
