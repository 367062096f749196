/**
 * Map and Set with traced numbers as keys. A traced number that enters stays itself, so that what comes out again still has its derivative; which
 * entry a key meets is decided by its value, and the program holds for that value only.
 */
/* eslint-disable @typescript-eslint/no-explicit-any */
import { Tracer } from '../../engine/trace/tracer';
import { key as losingKey } from './operators';
import { pin } from './state';

type Collection = ReadonlySet<unknown> | ReadonlyMap<unknown, unknown>;

/** The traced keys of a collection by their values. */
const tracedKeys = new WeakMap<Collection, Map<number, Tracer>>();
/** Until there is one, plain keys go straight on. */
let any = false;

/** The key under which an equal one is already in the collection, else the key itself. */
function keyIn(collection: Collection, has: (this: unknown, key: unknown) => boolean, key: unknown): unknown {
  if (!(key instanceof Tracer)) {
    const met = any && typeof key === 'number' ? tracedKeys.get(collection)?.get(key) : undefined;
    if (met) losingKey(met, 0);
    return met ?? key;
  }
  const value = pin(key, 0);
  const met = tracedKeys.get(collection)?.get(value);
  if (met && met.row === key.row && met.recorder === key.recorder) return met;
  // An equal number that was calculated in another way: whose derivative is meant cannot be known.
  if (met || has.call(collection, value)) losingKey(key, 0);
  return met ?? (has.call(collection, value) ? value : key);
}

export function installCollections(realm: Record<string, any>): void {
  for (const { prototype } of [realm.Map, realm.Set]) {
    const { has } = prototype;
    for (const name of ['get', 'set', 'add', 'has', 'delete']) {
      const native = prototype[name];
      if (typeof native !== 'function') continue;
      const enters = name === 'set' || name === 'add';
      prototype[name] = function (this: Collection, first: unknown, ...rest: unknown[]) {
        const key = keyIn(this, has, first);
        if (key instanceof Tracer) {
          if (enters) remember(this, key);
          if (name === 'delete') tracedKeys.get(this)?.delete(pin(key, 0));
        }
        return native.call(this, key, ...rest);
      };
    }
    const { clear } = prototype;
    prototype.clear = function (this: Collection) {
      tracedKeys.delete(this);
      clear.call(this);
    };
  }
}

function remember(collection: Collection, key: Tracer): void {
  any = true;
  let keys = tracedKeys.get(collection);
  if (!keys) tracedKeys.set(collection, (keys = new Map()));
  keys.set(pin(key, 0), key);
}
