/** The globals, besides the language's own and WebAssembly, that every place the engine runs in provides. */
declare const performance: { now(): number };
declare const console: { log(...data: unknown[]): void; warn(...data: unknown[]): void };
