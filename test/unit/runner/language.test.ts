/** Every feature of the language that numbers go through, against derivatives worked out by hand. */
import assert from 'node:assert/strict';
import { derive, deriveFile } from './support/derive';

interface Case {
  name: string;
  /** The body of `f(x: number[])`, or a whole module with `f` in it. */
  code: string;
  at: unknown[];
  value?: number[];
  jacobian: number[];
  /** Codes of warnings expected. */
  warnings?: string[];
}

const cos = Math.cos(0.5);

const CASES: Case[] = [
  {
    name: 'arithmetic',
    code: 'return x[0] * x[1] - x[0] / x[1] + 3;',
    at: [[2, 4]],
    value: [10.5],
    jacobian: [3.75, 2.125],
  },
  { name: 'unary minus and plus', code: 'return -x[0] + +x[1];', at: [[2, 4]], jacobian: [-1, 1] },
  { name: 'powers', code: 'return x[0] ** 3 + x[1] ** 2 + 2 ** x[0];', at: [[2, 3]], jacobian: [12 + 4 * Math.LN2, 6] },
  { name: 'remainder', code: 'return x[0] % x[1];', at: [[7, 2]], value: [1], jacobian: [1, -3] },
  {
    name: 'objects that convert to traced numbers',
    code: 'const o: any = { valueOf: () => x[0] * 2 }, p: any = { [Symbol.toPrimitive]: () => x[1] * 3 }; return o * x[1] + (p - 0) + +o + Math.sin(o - o) + (-p) + (o < p ? o / 2 : 0) + (o == 4 ? p : 0) + o ** 2 + Math.max(o, p);',
    at: [[2, 3]],
    value: [12 + 9 + 4 - 9 + 2 + 9 + 16 + 9],
    jacobian: [6 + 2 + 1 + 16, 4 + 3 - 3 + 3 + 3],
  },
  {
    name: 'objects that convert to text',
    code: 'const o: any = { toString: () => "a" }; return (o + x[0] === "a2" && o == "a" ? 1 : 0) * x[0] + (([] as any) - 0) + x[1];',
    at: [[2, 3]],
    value: [5],
    jacobian: [1, 1],
  },
  {
    name: 'compound assignment',
    code: 'let s = x[0]; s += x[1]; s *= x[0]; s -= 1; s /= 2; s **= 2; return s;',
    at: [[2, 3]],
    value: [20.25],
    jacobian: [4.5 * 7, 4.5 * 2],
  },
  {
    name: 'compound assignment to elements and properties',
    code: 'const a = [1, 2]; const o = { p: { q: 3 } }; a[0] += x[0]; a[1] *= x[1]; o.p.q -= x[0]; o["p"].q *= 2; return a[0] * a[1] + o.p.q;',
    at: [[2, 3]],
    jacobian: [6 - 2, 6],
  },
  {
    name: 'compound assignment evaluates its object once',
    code: 'let n = 0; const a = [x[0], x[1]]; const at = () => n++; a[at()] *= 5; return a[0] + a[1] + n;',
    at: [[2, 3]],
    value: [14],
    jacobian: [5, 1],
  },
  {
    name: '++ and --',
    code: 'let a = x[0]; const b = a++; const c = ++a; a--; --a; const o = { v: x[1] }; const d = o.v++; const l = [x[0]]; const e = l[0]--; return a * b * c + d * o.v + e * l[0];',
    at: [[2, 3]],
    value: [16 + 12 + 2],
    jacobian: [2 * 4 + 2 * 4 + 4 + 3, 3 + 4],
  },
  {
    name: 'comparisons and branches',
    code: 'if (x[0] > x[1]) return x[0] * 2; else if (x[0] === x[1]) return 7; return x[1] * 3;',
    at: [[2, 3]],
    jacobian: [0, 3],
  },
  { name: 'conditional expression', code: 'return x[0] >= 0 ? x[0] ** 2 : -x[0];', at: [[3, 0]], jacobian: [6, 0] },
  {
    name: 'logical operators give operands',
    code: 'return (x[0] && x[1]) + (x[0] || x[1]) + (null ?? x[0]);',
    at: [[2, 3]],
    value: [7],
    jacobian: [2, 1],
  },
  {
    name: 'a traced zero is false but keeps its derivative',
    code: 'return (x[0] && 5) + (x[0] || x[1]) + (!x[0] ? 1 : 2);',
    at: [[0, 3]],
    value: [4],
    jacobian: [1, 1],
  },
  {
    name: 'logical assignment',
    code: 'let a = x[0], b = null as number | null; a ||= 9; b ??= x[1]; let c = 1; c &&= x[0] * 2; return a + b + c;',
    at: [[2, 3]],
    jacobian: [3, 1],
  },
  {
    name: 'assignment to object patterns',
    code: 'let a = 0, b = 0, r: any; const o = [1]; ({ p: a, ["q"]: b = x[1], s: o[0] = 4, ...r } = { p: x[0] * 2, t: x[1] } as any); return a * b + o[0] + r.t;',
    at: [[2, 3]],
    value: [12 + 4 + 3],
    jacobian: [6, 4 + 1],
  },
  {
    name: 'elements of typed arrays by text, spread, pattern, Object, Reflect and methods of Array',
    code: `const a = Float64Array.from([x[0] * 2, x[1]]) as any; const { 0: p, ...r } = a; let q = 0; ({ 1: q } = a); let s = p * r[1] * q;
for (const k in a) s += a[k]; s += { ...a }[0] + a['1'] + Object.values(a as number[])[0] * Object.entries(a as number[])[1][1] + Object.assign({}, a)[0];
s += Reflect.get(a, 0) + Reflect.apply([].at, a, [1]) + Object.getOwnPropertyDescriptor(a, '0')!.value + JSON.parse(JSON.stringify(a))[1];
s += Array.prototype.map.call(a, (v: any) => v * v)[0] as any; Array.prototype.reverse.call(a); Object.assign(a, { 1: x[1] }); Reflect.set(a, '0', x[0] * a[0]); return s + a[0] * a[1];`,
    at: [[2, 3]],
    value: [36 + 7 + 4 + 3 + 12 + 4 + 4 + 3 + 4 + 3 + 16 + 18],
    jacobian: [18 + 2 + 2 + 6 + 2 + 2 + 2 + 16 + 9, 24 + 1 + 1 + 4 + 1 + 1 + 12],
  },
  {
    name: 'tagged templates',
    code: 'const sum = (text: TemplateStringsArray, ...values: number[]) => values.reduce((a, v, i) => a + v * text[i].length, 0); return sum`ab${x[0]}cde${x[1] * x[0]}`;',
    at: [[2, 3]],
    value: [22],
    jacobian: [11, 6],
  },
  {
    name: 'logical assignment to elements, and to properties of computed objects, evaluates the object once',
    code: 'const c: any = [x[0], 0, null]; let n = 0; const at = (i: number) => (n++, i); const o = { p: x[0] - x[0], q: x[1] }; const get = () => (n++, o); c[at(0)] ||= 9; c[at(1)] ||= x[1]; c[2] ??= x[0] * x[1]; c[0] &&= c[0] * 2; get().p ||= x[0] ** 2; get().q &&= o.q * 3; return c[0] + c[1] + c[2] + o.p + o.q + n;',
    at: [[2, 3]],
    value: [4 + 3 + 6 + 4 + 9 + 4],
    jacobian: [2 + 3 + 4, 1 + 2 + 3],
  },
  {
    name: 'assignment to private fields of computed objects',
    code: 'class A { #v = 0; static n = 0; static of(a: A) { A.n++; return a; } run() { A.of(this).#v += x[0]; A.of(this).#v++; const p = A.of(this).#v--; A.of(this).#v ||= 7; return p * this.#v + A.n; } } return new A().run() * x[1];',
    at: [[2, 3]],
    value: [30],
    jacobian: [(2 + 3) * 3, 10],
  },
  {
    name: 'loops',
    code: 'let s = 0; for (let i = 0; i < 3; i++) s += x[i % 2]; for (const v of x) s += v * v; let k = 0; while (k < 2) { s *= 2; k++; } do { s += x[0]; } while (s < 0); for (const i in x) s += x[i]; return s;',
    at: [[2, 3]],
    jacobian: [4 * (2 + 4) + 2, 4 * (1 + 6) + 1],
  },
  {
    name: 'labels, break and continue',
    code: 'let s = 0; outer: for (let i = 0; i < 4; i++) { for (let j = 0; j < 4; j++) { if (j === 2) continue outer; if (i === 2) break outer; s += x[j] * (i + 1); } } return s;',
    at: [[1, 1]],
    value: [6],
    jacobian: [3, 3],
  },
  {
    name: 'a loop that a traced number ends',
    code: 'let s = x[0]; while (s < 100) s *= x[1]; return s;',
    at: [[2, 3]],
    value: [162],
    jacobian: [81, 2 * 4 * 27],
  },
  {
    name: 'switch',
    code: 'switch (Math.floor(x[0])) { case 1: return x[0]; case 2: return x[0] * x[1]; default: return 0; }',
    at: [[2.5, 3]],
    jacobian: [3, 2.5],
  },
  {
    name: 'try, catch, finally',
    code: 'let s = x[0]; try { s *= x[1]; if (s > 5) throw new Error("big"); s = 0; } catch { s += x[0]; } finally { s *= 2; } return s;',
    at: [[2, 3]],
    value: [16],
    jacobian: [8, 4],
  },
  {
    name: 'recursion',
    code: 'const fact = (n: number): number => (n <= 1 ? x[0] : n * fact(n - 1)); return fact(4) * x[1];',
    at: [[2, 3]],
    value: [144],
    jacobian: [72, 48],
  },
  {
    name: 'destructuring',
    code: 'const [a, b = 5, ...rest] = x; const { p, q: { r } } = { p: a, q: { r: b } }; let u = 1, v = 2; [u, v] = [p * r, u]; ({ u } = { u: u * 2 }); return u + v + rest.length;',
    at: [[2, 3]],
    jacobian: [6, 4],
  },
  {
    name: 'swap by destructuring',
    code: 'const a = new Float64Array(x); [a[0], a[1]] = [a[1], a[0]]; return a[0] * 10 + a[1];',
    at: [[2, 3]],
    value: [32],
    jacobian: [1, 10],
  },
  {
    name: 'spread',
    code: 'return Math.max(...x) + Math.min(...[...x, 10]) + Math.hypot(...x);',
    at: [[3, 4]],
    value: [12],
    jacobian: [1.6, 1.8],
  },
  {
    name: 'default and rest parameters',
    code: 'const g = (a: number, b = a * 2, ...c: number[]) => a * b + c.reduce((s, v) => s + v, 0); return g(x[0]) + g(x[0], x[1], x[0], x[1]);',
    at: [[2, 3]],
    jacobian: [8 + 3 + 1, 2 + 1],
  },
  {
    name: 'closures and generators',
    code: 'function* squares(l: number[]) { for (const v of l) yield v * v; } let s = 0; for (const q of squares(x)) s += q; return s + [...squares([x[0]])][0];',
    at: [[2, 3]],
    jacobian: [8, 6],
  },
  { name: 'comma and sequence', code: 'let s = 0; return s = x[0], s * x[1];', at: [[2, 3]], jacobian: [3, 2] },
  {
    name: 'typeof, void, in, delete',
    code: 'const o: any = { a: x[0], b: 1 }; delete o.b; return (typeof x[0] === "number" ? x[0] : 0) + ("a" in o ? o.a : 0) + (void 0 === undefined ? 1 : 0);',
    at: [[2, 3]],
    jacobian: [2, 0],
  },
  {
    name: 'optional chaining',
    code: 'const o: any = { f: (v: number) => v * 2, l: [x[1]] }; const none: any = null; return o?.f?.(x[0]) + o.l?.[0] + (none?.[0] ?? 1) + (none?.a.b ?? 0);',
    at: [[2, 3]],
    value: [8],
    jacobian: [2, 1],
  },
  {
    name: 'optional chaining through elements',
    code: 'const o: any = { l: [[x[0]], { p: x[1] }], t: Float64Array.of(x[0]) }, none: any = null; let i = 0; const skipped = none?.[i++]?.p; return o?.l[0][0] * o?.l?.[1]?.p + o?.l[1].p + (o.l?.[5]?.[i]?.p ?? o?.["t"]?.[0]) + i + (skipped ?? 0);',
    at: [[2, 3]],
    value: [11],
    jacobian: [4, 3],
  },
  {
    name: 'Math',
    code: 'return Math.sin(x[0]) + Math.exp(x[1]) + Math.sqrt(x[0]) + Math.log(x[1]) + Math.atan2(x[0], x[1]) + Math.abs(-x[0]) + Math.pow(x[0], 2);',
    at: [[0.5, 1]],
    jacobian: [cos + 0.5 / Math.sqrt(0.5) + 1 / 1.25 + 1 + 1, Math.E + 1 - 0.5 / 1.25],
  },
  {
    name: 'Math under another name',
    code: 'const { sin, PI } = Math; const M = Math; const fns = [M.cos, Math["tan"]]; return sin(x[0]) * PI + fns[0](x[0]) + x.map(Math.exp)[1];',
    at: [[0.5, 1]],
    jacobian: [cos * Math.PI - Math.sin(0.5), Math.E],
  },
  {
    name: 'steps',
    code: 'return Math.floor(x[0]) + Math.round(x[1]) + Math.sign(x[0]) + (x[0] | 0) + (~~x[1]) + x[0];',
    at: [[2.3, 3.6]],
    value: [2 + 4 + 1 + 2 + 3 + 2.3],
    jacobian: [1, 0],
  },
  {
    name: 'Number and conversions',
    code: 'return Number(x[0]) + parseFloat(x[1] as any) + (Number.isFinite(x[0]) ? x[0] : 0) + (isNaN(x[1]) ? 0 : 1);',
    at: [[2, 3]],
    jacobian: [2, 1],
  },
  {
    name: 'array methods',
    code: 'const y = x.map((v) => v * v).concat([x[0]]).slice(0, 3).reverse(); return y.reduce((a, b) => a + b, 0) + y.filter((v) => v > 3).length + (y.find((v) => v === 9) ?? 0) + y.at(-1)! + Array.from(x, (v) => v * 2)[0] + [...y.entries()][0][1] + y.flatMap((v) => [v, v]).pop()!;',
    at: [[2, 3]],
    jacobian: [4 + 1 + 4 + 2 + 1 + 4, 6 + 6],
  },
  {
    name: 'sort',
    code: 'const s = [...x, 2.5].sort((a, b) => a - b); const t = [...x].sort((a, b) => (a > b ? -1 : 1)); return s[0] * 100 + s[2] * 10 + t[0];',
    at: [[3, 2]],
    value: [233],
    jacobian: [11, 100],
  },
  {
    name: 'indexOf and includes',
    code: 'return x.indexOf(x[1]) + (x.includes(3) ? x[0] : 0) + [1, 2].indexOf(x[0]);',
    at: [[2, 3]],
    value: [4],
    jacobian: [1, 0],
  },
  {
    name: 'Map and Set of traced values',
    code: 'const m = new Map<string, number>([["a", x[0]]]); m.set("b", x[1]); let s = 0; for (const [, v] of m) s += v * v; return s;',
    at: [[2, 3]],
    jacobian: [4, 6],
  },
  {
    name: 'a key that is traced',
    code: 'const m = new Map<number, number>(); m.set(x[0], 5); return (m.get(2) ?? 0) * x[1];',
    at: [[2, 3]],
    value: [15],
    jacobian: [0, 5],
    warnings: ['derivative-lost'],
  },
  {
    name: 'traced keys that come out again',
    code: 'const seen = new Map<number, number>(x.map((v, i) => [v, i])); let s = 0; for (const [v, i] of seen) s += v * v * (i + 1); for (const v of new Set(x)) s += v; return s + seen.get(x[1])! * x[0];',
    at: [[2, 3]],
    value: [4 + 18 + 5 + 2],
    jacobian: [4 + 1 + 1, 12 + 1],
    warnings: [],
  },
  {
    name: 'traced keys deleted and cleared',
    code: 'const s = new Set(x); s.delete(x[0]); const n = s.size; const has = s.has(x[0]); s.clear(); s.add(x[0]); return [...s][0] * n + (has ? 1 : 0) + s.size;',
    at: [[2, 3]],
    value: [3],
    jacobian: [1, 0],
    warnings: [],
  },
  {
    name: 'equal keys that were calculated differently',
    code: 'const memo = new Map<number, number>(); const square = (v: number) => { if (!memo.has(v)) memo.set(v, v * v); return memo.get(v)!; }; return square(x[0]) + square(x[1]);',
    at: [[2, 2]],
    value: [8],
    jacobian: [8, 0],
    warnings: ['derivative-lost'],
  },
  {
    name: 'a property named by a traced number',
    code: 'const o: Record<number, number> = {}; o[x[0]] = x[1]; return o[2];',
    at: [[2, 3]],
    jacobian: [0, 1],
    warnings: ['derivative-lost'],
  },
  {
    name: 'an index from floor is no loss',
    code: 'const table = [1, 2, 3, 4]; return table[Math.floor(x[0])] * x[0];',
    at: [[2.5, 0]],
    jacobian: [3, 0],
  },
  {
    name: 'new Array(n) and lengths',
    code: 'const a = new Array(Math.round(x[0])).fill(0).map((_, i) => x[1] * i); return a.length + a[1];',
    at: [[2, 3]],
    value: [5],
    jacobian: [0, 1],
  },
  {
    name: 'Float64Array',
    code: 'const a = new Float64Array(3); a[0] = x[0]; a[1] = a[0] * x[1]; a.set([x[1]], 2); const b = a.subarray(1); b[0] *= 2; let s = 0; for (const v of a) s += v; return s + a.map((v) => v * 2)[0] + a.reduce((p, c) => p + c, 0) + Math.max(...b);',
    at: [[2, 3]],
    jacobian: [1 + 6 + 2 + 7 + 6, 4 + 1 + 4 + 1 + 4],
  },
  {
    name: 'views of one buffer',
    code: 'const buffer = new ArrayBuffer(16); const a = new Float64Array(buffer); const b = new Float64Array(buffer, 8, 1); a[1] = x[0] * 3; const v = new DataView(buffer); v.setFloat64(0, x[1], true); return b[0] + a[0] + v.getFloat64(8, true);',
    at: [[2, 3]],
    jacobian: [6, 1],
  },
  {
    name: 'Float32Array rounds',
    code: 'const a = new Float32Array([x[0]]); return a[0] * x[1];',
    at: [[0.1, 3]],
    value: [Math.fround(0.1) * 3],
    jacobian: [3, Math.fround(0.1)],
  },
  {
    name: 'Int32Array loses',
    code: 'const a = new Int32Array(1); a[0] = x[0]; return a[0] * x[1];',
    at: [[2.5, 3]],
    value: [6],
    jacobian: [0, 2],
    warnings: ['derivative-lost'],
  },
  {
    name: 'typed array methods',
    code: 'const a = Float64Array.from(x); const b = Float64Array.of(x[1], 1); a.fill(x[1], 1); const c = a.slice().sort().reverse(); return a[0] * a[1] + b[0] + c[0] + Array.from(a)[0] + a.at(-1)! + (a instanceof Float64Array ? 1 : 0) + a.join().length;',
    at: [[2, 3]],
    jacobian: [3 + 1, 2 + 1 + 1 + 1],
  },
  {
    name: 'Function.prototype.apply with a typed array',
    code: 'return Math.max.apply(null, new Float64Array(x) as any) + Math.min.apply(null, x) + Math.pow.call(null, x[0], 2) + Reflect.apply(Math.sin, null, [x[0]]);',
    at: [[2, 3]],
    jacobian: [1 + 4 + Math.cos(2), 1],
  },
  {
    name: 'JSON copies',
    code: 'const c = JSON.parse(JSON.stringify({ a: x, b: [1, { d: x[1] }] })); return c.a[0] * c.b[1].d;',
    at: [[2, 3]],
    jacobian: [3, 2],
  },
  {
    name: 'structuredClone',
    code: 'const c = structuredClone({ a: x, t: new Float64Array(x) }); return c.a[0] * c.t[1];',
    at: [[2, 3]],
    jacobian: [3, 2],
  },
  {
    name: 'text shown is no loss',
    code: 'const label = `${x[0]} ${x[1].toFixed(2)}`; return x[0] * label.length;',
    at: [[2, 3]],
    value: [12],
    jacobian: [6, 0],
  },
  {
    name: 'text that becomes a number again is one',
    code: 'return Number(x[0].toFixed(1)) + x[1];',
    at: [[2.25, 3]],
    jacobian: [0, 1],
    warnings: ['derivative-lost'],
  },
  {
    name: 'digits that are taken apart and put together',
    code: 'const [a, b] = String(x[0]).split("."); return Number(a) + Number(b) / 10 ** b.length;',
    at: [[2.25]],
    value: [2.25],
    jacobian: [0],
    warnings: ['derivative-lost'],
  },
  {
    name: 'text of a traced number beside a result that keeps it',
    code: 'console.log(`${x[0]}`); return [x[0] * 2, 1];',
    at: [[2.25]],
    jacobian: [2, 0],
    warnings: [],
  },
  {
    name: 'text by unary plus',
    code: 'return +`${x[0]}` + x[1];',
    at: [[2.25, 3]],
    jacobian: [0, 1],
    warnings: ['derivative-lost'],
  },
  {
    name: 'bits',
    code: 'return (x[0] & 3) + (x[0] << 1) + (x[1] >> 1) + (x[1] ^ 1) + x[0];',
    at: [[2, 3]],
    value: [2 + 4 + 1 + 2 + 2],
    jacobian: [1, 0],
  },
  {
    name: 'Object.is, Object.values, Object.entries, Object.assign',
    code: 'const o = Object.assign({ a: x[0] }, { b: x[1] }); return (Object.is(x[0], 2) ? 1 : 0) + Object.values(o).reduce((a, b) => a * b, 1) + Object.entries(o)[0][1];',
    at: [[2, 3]],
    value: [9],
    jacobian: [4, 2],
  },
  {
    name: 'code made by new Function',
    code: 'const g = new Function("a", "b", "var s = 0; for (var i = 0; i < 2; i++) s += a * b; return s;"); return g(x[0], x[1]) + Function("return 1")();',
    at: [[2, 3]],
    value: [13],
    jacobian: [6, 4],
  },
  {
    name: 'a tie shares',
    code: 'return Math.max(x[0], x[1]) + Math.min(x[0], x[1]) * 2;',
    at: [[3, 3]],
    jacobian: [1.5, 1.5],
  },
  { name: 'abs at 0', code: 'return Math.abs(x[0]) + x[1];', at: [[0, 3]], jacobian: [0, 1] },
  {
    name: 'infinite slopes and zero give NaN both ways',
    code: 'return Math.sqrt(x[0]) * 0 + x[1];',
    at: [[0, 3]],
    value: [3],
    jacobian: [NaN, 1],
  },
  {
    name: 'a branch that is not taken contributes nothing',
    code: 'return x[0] > 0 ? Math.log(x[0]) : x[1] / 0;',
    at: [[2, 3]],
    jacobian: [0.5, 0],
  },
];

const MODULES: Case[] = [
  {
    name: 'classes with private fields, accessors, static members and inheritance',
    code: `
class Vec { #x: number; static count = 0; constructor(x: number, public y = 1) { this.#x = x; Vec.count++; } get x() { return this.#x; } set x(v: number) { this.#x = v; } scale(k: number): Vec { this.#x *= k; this.#x++; return this; } static of(x: number) { return new Vec(x, x); } has(o: object) { return #x in o; } }
class Sub extends Vec { constructor(x: number) { super(x * 2, 3); } override scale(k: number) { super.scale(k); return this; } }
export function f(x: number[]): number { const v = new Vec(x[0]).scale(x[1]); v.x += 1; const s = new Sub(x[0]).scale(2); return v.x + v.y + s.x + s.y + Vec.of(x[1]).y + (v.has(s) ? 1 : 0); }`,
    at: [[2, 3]],
    jacobian: [3 + 4, 2 + 1],
  },
  {
    name: 'enums, namespaces and generics',
    code: `
enum Mode { Off, Double = 2, Triple } const enum Flag { A = 1 << 2 }
namespace Tools { export const k = 10; export function scale<T extends number>(v: T): number { return v * k; } export namespace Inner { export const z = 1; } }
export function f(x: number[]): number { return x[0] * Mode.Triple + Tools.scale(x[1]) + Mode[2].length + Flag.A + Tools.Inner.z; }`,
    at: [[2, 3]],
    value: [6 + 30 + 6 + 4 + 1],
    jacobian: [3, 10],
  },
  {
    name: 'async functions',
    code: `
const wait = async (v: number) => v * 2;
export async function f(x: number[]): Promise<number> { let s = 0; for await (const v of x.map(wait)) s += v; return s + (await Promise.all(x.map(wait)))[0]; }`,
    at: [[2, 3]],
    jacobian: [4, 2],
  },
  {
    name: 'overloads and default exports',
    code: `
function g(a: number): number; function g(a: number[]): number; function g(a: any): number { return Array.isArray(a) ? a[0] * 2 : a * 3; }
export default function (x: number[]): number { return g(x) + g(x[1]); }
export const f = (x: number[]) => g(x) + g(x[1]);`,
    at: [[2, 3]],
    jacobian: [2, 3],
  },
  {
    name: 'semicolons left out',
    code: `
export function f(x: number[]): number {
  let a = x[0]
  let b = 1
  a++
  b *= x[1]
  ;[a, b] = [b, a]
  let c = a || 1
  c && (c += 1)
  !c ? b : a
  return a * 10 + b + c
}`,
    at: [[2, 3]],
    value: [30 + 3 + 4],
    jacobian: [1, 11],
  },
  {
    name: 'memory of earlier calls',
    code: `
const memo = new Map<number, number>();
const fib = (n: number, x: number): number => n < 2 ? x : (memo.get(n) ?? (memo.set(n, fib(n - 1, x) + fib(n - 2, x)), memo.get(n)!));
export function f(x: number[]): number { return fib(10, x[0]) * x[1]; }`,
    at: [[2, 3]],
    jacobian: [267, 178],
  },
];

describe('the language', () => {
  for (const { name, code, at, value, jacobian, warnings } of [
    ...CASES.map((each) => ({ ...each, code: `export function f(x: number[]): number {\n${each.code}\n}\n` })),
    ...MODULES,
  ]) {
    it(name, async () => {
      const result = await derive(code, at);
      if (value) assert.deepEqual(result.value, value);
      result.jacobian.forEach((entry, index) => {
        const expected = jacobian[index];
        const close =
          Object.is(entry, expected) ||
          entry === expected ||
          Math.abs(entry - expected) <= 1e-12 * Math.max(1, Math.abs(expected));
        assert.ok(close, `component ${index} is ${entry}, not ${expected}`);
      });
      assert.equal(result.jacobian.length, jacobian.length);
      assert.deepEqual(
        result.warnings.map((warning) => warning.code),
        warnings ?? [],
      );
    });
  }

  it('records again what module state remembers of an earlier recording', async () => {
    const first = await derive(MODULES[MODULES.length - 1].code, [[2, 3]]);
    const second = await deriveFile(first.target.instance.file, [[4, 5]]);
    assert.deepEqual(second.value, [89 * 4 * 5]);
    assert.equal(second.target.impure, true);
  });
});
