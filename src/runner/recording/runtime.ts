/** The functions that rewritten code calls, in the order of `RUNTIME_NAMES`. */
import { apply, call, get, maybe, ref, set, spread } from './elements';
import { math } from './mathFunctions';
import * as operators from './operators';

const BY_NAME: Record<string, unknown> = {
  $$add: operators.add,
  $$sub: operators.sub,
  $$mul: operators.mul,
  $$div: operators.div,
  $$rem: operators.rem,
  $$pow: operators.pow,
  $$band: operators.band,
  $$bor: operators.bor,
  $$bxor: operators.bxor,
  $$shl: operators.shl,
  $$shr: operators.shr,
  $$ushr: operators.ushr,
  $$lt: operators.lt,
  $$le: operators.le,
  $$gt: operators.gt,
  $$ge: operators.ge,
  $$eq: operators.eq,
  $$ne: operators.ne,
  $$seq: operators.seq,
  $$sne: operators.sne,
  $$neg: operators.neg,
  $$num: operators.num,
  $$bnot: operators.bnot,
  $$inc: operators.inc,
  $$dec: operators.dec,
  $$post: operators.post,
  $$typeof: operators.typeOf,
  $$truthy: operators.truthy,
  $$plain: operators.plain,
  $$or: operators.or,
  $$and: operators.and,
  $$andEnd: operators.andEnd,
  $$isArray: Array.isArray,
  $$get: get,
  $$maybe: maybe,
  $$set: set,
  $$key: operators.key,
  $$ref: ref,
  $$string: operators.stringOf,
  $$apply: apply,
  $$call: call,
  $$spread: spread,
  $$value: operators.value,
  $$called: operators.called,
  $$loop: operators.loop,
  $$iterate: operators.iterate,
  $$done: operators.done,
  $$Math: math,
};

/** @throws where rewriting asks for a function that does not exist */
export function runtimeFunctions(names: readonly string[]): unknown[] {
  return names.map((name) => {
    const found = BY_NAME[name];
    if (found === undefined) throw new Error(`The runtime has no ${name}.`);
    return found;
  });
}
