/**
 * The line (from 0) of the first function that takes numbers, found without running or even loading anything: in an
 * untrusted workspace the one lens that says so stands there.
 */
export function firstFunctionLine(text: string): number | undefined {
  const declaration =
    /^[ \t]*(?:export\s+)?(?:default\s+)?(?:async\s+)?(?:function\s+\w+|(?:const|let)\s+\w+\s*=\s*(?:function\b|\())[^;{]*?:\s*(?:number\b|Float(?:32|64)Array\b)/m;
  const match = declaration.exec(text);
  if (match) return text.slice(0, match.index).split('\n').length - 1;
  const tag = /@at\b/.exec(text);
  return tag ? text.slice(0, tag.index).split('\n').length - 1 : undefined;
}
