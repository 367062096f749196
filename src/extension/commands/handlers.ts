/** Commands by their names. What a handler returns goes to whoever called `executeCommand`. */
export type Handler = (...args: unknown[]) => unknown;
export type Handlers = [id: string, handler: Handler][];
