/**
 * gpu.js puts a kernel's functions in the order of its own trace of the calls, in which a function that several others call may come
 * before what it calls itself: WebGL refuses such text. Where that would happen all functions are named first, callers before callees.
 */
import { KERNEL_FUNCTIONS, withDependencies } from './functions';

const NAMES = /\bgl[A-Z]\w*/g;

/** The functions that a text calls, each once, in the order in which they occur. */
function callsIn(text: string): string[] {
  return [...new Set(text.match(NAMES))];
}

function callsOf(name: string): string[] {
  return callsIn(KERNEL_FUNCTIONS[name].source).filter((other) => other !== name);
}

/** gpu.js's order, the last one first: what is met again moves to the end, without what it calls. */
function traced(calls: readonly string[], list: string[] = []): string[] {
  for (const name of calls) {
    const at = list.indexOf(name);
    if (at >= 0) list.push(...list.splice(at, 1));
    else {
      list.push(name);
      traced(callsOf(name), list);
    }
  }
  return list;
}

/** A statement to begin a kernel's body with, so that its functions stand in an order that WebGL takes; '' where they do. */
export function orderOfCalls(body: string): string {
  const calls = callsIn(body);
  const order = traced(calls);
  const isRight = order.every((name, at) => callsOf(name).every((other) => order.indexOf(other) > at));
  if (isRight) return '';
  const named = withDependencies(calls)
    .reverse()
    .map((name) => `${name}(${KERNEL_FUNCTIONS[name].args.map(() => 'inf').join(', ')})`);
  return `  let order = 0;\n  if (inf < 0) { order = ${named.join(' + ')}; }\n`;
}
