/** Text of files: unsaved text first, then the disk. Parsed and rewritten modules are kept by content. */
import { readFileSync, statSync } from 'node:fs';
import { extensionOf, parseModule, type ParsedModule } from '../../source/parse';
import { RewrittenModule, type ModuleCode } from '../../source/rewrite/rewrite';
import type { ModuleSites } from '../../source/positions';
import { siteTable } from './siteTable';

const MAX_GENERATED = 1000;
/** Versions of a file whose sites are known: what runs or is shown may still be of the text before the last edit. */
const KEPT_VERSIONS = 3;

interface Cached {
  text: string;
  parsed?: ParsedModule;
  rewritten?: RewrittenModule;
}

export class FileStore {
  private readonly overlays = new Map<string, string>();
  private readonly disk = new Map<string, string | undefined>();
  private readonly cache = new Map<string, Cached>();
  private readonly versions = new Map<string, ModuleSites[]>();
  private readonly generatedCode = new Map<string, RewrittenModule>();

  hasOverlay(file: string): boolean {
    return this.overlays.has(file);
  }

  /** Unsaved text; null takes it away. True when the text that counts changed. */
  setOverlay(file: string, text: string | null): boolean {
    const before = this.read(file);
    if (text === null) {
      this.overlays.delete(file);
      this.disk.delete(file);
    } else {
      this.overlays.set(file, text);
    }
    return this.read(file) !== before;
  }

  /** The file changed on disk. */
  forget(file: string): void {
    this.disk.delete(file);
  }

  read(file: string): string | undefined {
    const overlay = this.overlays.get(file);
    if (overlay !== undefined) return overlay;
    if (this.disk.has(file)) return this.disk.get(file);
    let text: string | undefined;
    try {
      text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
    } catch {
      text = undefined;
    }
    this.disk.set(file, text);
    return text;
  }

  /** Without a client that watches files: reads again what changed since. */
  refresh(file: string): boolean {
    if (this.overlays.has(file) || !this.disk.has(file)) return false;
    const before = this.disk.get(file);
    this.disk.delete(file);
    try {
      statSync(file);
    } catch {
      return before !== undefined;
    }
    return this.read(file) !== before;
  }

  parsed(file: string): ParsedModule | undefined {
    const cached = this.cached(file);
    if (!cached) return undefined;
    cached.parsed ??= parseModule(file, cached.text);
    return cached.parsed;
  }

  rewritten(file: string): RewrittenModule | undefined {
    const cached = this.cached(file);
    const parsed = this.parsed(file);
    if (!cached || !parsed) return undefined;
    if (!cached.rewritten) {
      cached.rewritten = new RewrittenModule(parsed, siteTable.reserve(parsed.text.length), !isPackage(file));
      this.keepSites(file, cached.rewritten.sites);
    }
    return cached.rewritten;
  }

  private keepSites(file: string, sites: ModuleSites): void {
    siteTable.add(sites);
    const versions = this.versions.get(file) ?? [];
    this.versions.set(file, versions);
    versions.push(sites);
    if (versions.length > KEPT_VERSIONS) siteTable.forget(versions.shift() as ModuleSites);
  }

  /** Code that a program wrote while it ran, rewritten for recording. */
  generated(text: string): { code: ModuleCode } {
    return { code: this.rewrittenText(text, 'generated.cjs').recording };
  }

  /** An expression in TypeScript, for the scope of a module: as JavaScript, its functions rewritten as the module's are. */
  expression(text: string, recording: boolean): string {
    return this.rewrittenText(text, 'expression.ts').statement(recording);
  }

  private rewrittenText(text: string, name: string): RewrittenModule {
    const key = `${name}\n${text}`;
    let rewritten = this.generatedCode.get(key);
    if (!rewritten) {
      rewritten = new RewrittenModule(parseModule(name, text), siteTable.reserve(text.length), false);
      siteTable.add(rewritten.sites);
      if (this.generatedCode.size >= MAX_GENERATED) {
        for (const { sites } of this.generatedCode.values()) siteTable.forget(sites);
        this.generatedCode.clear();
      }
      this.generatedCode.set(key, rewritten);
    }
    return rewritten;
  }

  /** A module of that name was rewritten. */
  isLoaded(file: string): boolean {
    return this.cache.get(file)?.rewritten !== undefined;
  }

  /** Lines of the module's code as it was run for recording. */
  rewrittenLines(file: string): string[] | undefined {
    return this.cache.get(file)?.rewritten?.recording.code.split('\n');
  }

  private cached(file: string): Cached | undefined {
    const text = this.read(file);
    if (text === undefined) return undefined;
    let cached = this.cache.get(file);
    if (cached?.text !== text) this.cache.set(file, (cached = { text }));
    return cached;
  }
}

export function isPackage(file: string): boolean {
  return /[\\/]node_modules[\\/]/.test(file);
}

export function isJson(file: string): boolean {
  return extensionOf(file) === '.json';
}
