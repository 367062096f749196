/** Functions in kernel source, and what each needs. */
export interface KernelFunction {
  readonly source: string;
  /** Kernel functions that this one calls. */
  readonly uses: readonly string[];
  /** Names of the arguments, all numbers. */
  readonly args: readonly string[];
}

/** A table of functions, filled by `define`, on top of another. */
export function functionTable(base: Readonly<Record<string, KernelFunction>> = {}) {
  const table: Record<string, KernelFunction> = { ...base };
  function define(name: string, args: readonly string[], body: string, uses: readonly string[] = []): void {
    const text = body.trim().replace(/\s+/g, ' ');
    table[name] = { source: `function ${name}(${args.join(', ')}) { ${text} }`, uses, args };
  }
  return { table, define };
}
