/**
 * Random expressions out of everything that the grammar of JavaScript offers, written without a space as minifiers write: the recorded
 * function has the values and side effects of the native one, errors included.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { deriveFile, nativeValue, session } from './support/derive';

const VALUES = 'x y n v w k 2 .5 1e1 arr[0] arr[i] t[1] t[i] o.a o.p.q[0] o?.["a"]'.split(' ');

/** Forms of expressions: `#` is a number, `@` a place to assign to, `$` an optional chain, `?!` a condition. */
const FORMS = [
  ...['(#+ #)', '(#- #)', '#*#', '#/#', '(#)%n', '(#)**2', '(-(#))', '+(#)', '(?!?#:#)', '(#,#)', '($??#)', '(#||#)'],
  ...[
    'Math.sin(#)',
    'Math.max(#,...[#])',
    'o.f(#)',
    'o["f"](#)',
    'o?.f?.(#)',
    'o[key](#)',
    '(0,o.f)(#)',
    'tag`a${#}b`',
  ],
  ...['g.call(o,#)', 'g.apply(o,[#])', 'g(...[#])', 'g.bind(o,#)()', 'new P(#).m(#)', 'new P(#).g', 'P.s(#)'],
  ...['(@=#)', '(@+=#)', '(@-=#)', '(@*=#)', '(@??=#)', '(@||=#)', '(@&&=#)', '@++', '@--', '(++@)', '(--@)'],
  ...['((z)=>#*z)(#)', '((z=#)=>z)()', '(([z,q=#])=>z*q)([#])', '(({a:z,...r})=>z+r.b)({a:#,b:#})'],
  ...[
    '((...r)=>r[0]+r.length)(#,1)',
    '(function(){return[#,2][0]})()',
    '(()=>{for(const e of[#,#])if(e>1)return e;return-1})()',
  ],
  '(function(){switch(#){case-1:return-(#);case x:return(#);default:return{v:#}.v}})()',
  ...[
    '(()=>{try{throw[#]}catch([e]){return e}finally{v=1}})()',
    '(()=>{let s=0;for(let j=0;j<3;j++)s+=#*j;return s})()',
  ],
  '(()=>{let s=0;do{s+=#;if(s>5)break}while(s<2&&i++<9);return s})()',
  '(()=>{l:for(const a of arr){for(const b in[1,2]){if(b>0)continue l;v+=#}}return v})()',
  ...['[#,#].map(e=>e*2).reduce((a,b)=>a+b)', '[...gen(#)][1]', '({get z(){return #},[kk+"1"]:2}).z', '({[kk]:#}).a'],
  ...['new Map([["q",#]]).get("q")', '(typeof(#)=="number"?#:0)', '(void(#)??#)', '[...[#]][0]', '({...{a:#}}).a'],
  ...[
    '(([o.a,arr[0]]=[#,#]),o.a*arr[0])',
    '(({a:t[0],b:v=#}={a:#}),t[0]+v)',
    '[#,#].at(-1)',
    'Number(#)',
    '`${#}`.length',
  ],
];
const PLACES = 'v w o.a o["a"] o[kk] arr[1] arr[i] t[0] t[i] o.p.q[0] arr2[i++%2]'.split(' ');
const CONDITIONS =
  'x>1 n===3 !u b y!=1 "p"in(o) o.k instanceof(P) arr.includes(2) !($) (#)<# #===# !(#<#)&&b #>1||b $==null'.split(' ');
const LINKS = '?.p ?.q ?.a ?.u ?.f ?.[0] ?.[kk] ?.[i] ?.[#] ?.(#) ?.length'.split(' ');

const chain = fc
  .tuple(
    fc.constantFrom('o', 'arr', 'u', 'nul', 'o.p', 'o.u', 'g'),
    fc.array(fc.constantFrom(...LINKS), { minLength: 1, maxLength: 4 }),
  )
  .map(([base, links]) => base + links.join(''));

const expression: (depth: number) => fc.Arbitrary<string> = fc.memo((depth) => {
  const leaf = fc.constantFrom(...VALUES);
  if (depth <= 0) return leaf;
  const filled = (form: string): fc.Arbitrary<string> => {
    const parts = form.split(/(\?!|[#@$](?!\{))/);
    const arbitraries = parts.map((part) => {
      if (part === '#') return expression(depth - 1);
      if (part === '@') return fc.constantFrom(...PLACES);
      if (part === '$') return chain.chain(filled);
      if (part === '?!') return fc.constantFrom(...CONDITIONS).chain(filled);
      return fc.constant(part);
    });
    return fc.tuple(...arbitraries).map((texts) => texts.join(''));
  };
  return fc.oneof({ weight: 1, arbitrary: leaf }, { weight: 6, arbitrary: fc.constantFrom(...FORMS).chain(filled) });
});

const moduleOf = (
  text: string,
): string => `const flat=(r,d=0)=>{switch(typeof r){case"number":return[r];case"string":return[r.length];
case"boolean":return[r?1:0];case"function":return[-8]}if(r==null)return[-7];if(d>3)return[-5];
return Array.isArray(r)?r.flatMap(e=>flat(e,d+1)):flat(Object.values(r),d+1)};
class P{#v;constructor(v){this.#v=v}m(z){return this.#v*z+this.g}get g(){return this.#v+1}static s(z){return z*z}}
function*gen(z){yield z;yield z*2}
const tag=(s,...v)=>v[0]*s.length;
export function f([x,y]){let n=3,v=x*y,w=1,k=y,i=0,b=true,u,nul=null,kk='a',key='f';
const arr=[x,2,[y]],arr2=[y,x],t=Float64Array.of(1,2),o={p:{q:[x,y]},a:y,u,k:new P(1),f(z){return z*2}};
const g=function(z){return z+(this?.a??1)};let r;
try{r=${text}}catch(e){r=[-99,e?.name?.length??0]}
return flat([r,v,w,o.a,arr[0],arr[1],arr2,t[0],t[1],o.p,i])}`;

describe('random syntax', function () {
  this.timeout(120_000);

  it('of 200 expressions is recorded with the values and side effects that it has natively', async () => {
    const file = '/virtual/syntax.js';
    await fc.assert(
      fc.asyncProperty(expression(3), async (text) => {
        session.overlay(file, moduleOf(text));
        const native = Array.from(nativeValue(file, [[1.37, 0.62]]));
        const { value } = await deriveFile(file, [[1.37, 0.62]]);
        assert.equal(value.length, native.length);
        // `**` of two numbers that are known may differ from products in the last digit.
        native.forEach((one, index) => {
          const close = Math.abs(one - value[index]) <= 1e-12 * Math.abs(one);
          assert.ok(
            Object.is(one, value[index]) || one === value[index] || close,
            `${value.join()} for ${native.join()}`,
          );
        });
      }),
      { numRuns: 200, seed: 11 },
    );
  });
});
