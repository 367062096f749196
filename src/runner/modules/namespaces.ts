/** What `import * as` gives of a module: the exports of an ES module, and of others what Node and bundlers make of theirs. */
import { isJson } from './files';
import type { ModuleInstance } from './realm';

export class Namespaces {
  private readonly made = new WeakMap<object, Record<string, unknown>>();

  /** @param newObject an empty object of the realm */
  constructor(private readonly newObject: () => Record<string, unknown>) {}

  of(instance: ModuleInstance): Record<string, unknown> {
    const { exports } = instance;
    if (
      instance.esm ||
      (typeof exports === 'object' && exports !== null && exports.__esModule === true && 'default' in exports)
    )
      return exports;
    if ((typeof exports !== 'object' && typeof exports !== 'function') || exports === null) return { default: exports };
    let namespace = this.made.get(exports);
    if (!namespace) {
      namespace = this.newObject();
      this.made.set(exports, namespace);
    }
    const names = isJson(instance.file) && Array.isArray(exports) ? [] : Object.keys(exports);
    for (const name of names) {
      if (Object.hasOwn(namespace, name)) continue;
      Object.defineProperty(namespace, name, { get: () => exports[name], enumerable: true, configurable: true });
    }
    if (!('default' in namespace))
      Object.defineProperty(namespace, 'default', {
        get: () => instance.exports,
        enumerable: true,
        configurable: true,
      });
    return namespace;
  }
}
