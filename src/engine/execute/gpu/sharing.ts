/**
 * Steps that differ only in the places that they read, as the turns of a loop that is written out do, run one kernel: the places are
 * numbers that each step gives to it. What takes gpu.js milliseconds is to make a kernel, not to run it again.
 */

/** A step as it is written, with numbers in its text. */
export interface WrittenStep {
  readonly args: readonly string[];
  readonly body: string;
  readonly threads: number;
  /** Lengths of the arrays s0, s1 …: gpu.js writes them into what it makes for WebGL. */
  readonly lengths: readonly number[];
}

export interface SharedText {
  /** `function (p, s0, …, nan, inf, n0, …) { … }` */
  readonly source: string;
  /** What the step gives for n0 … */
  readonly numbers: readonly number[];
}

/** Equal for steps that can run one kernel. */
export function kernelKey({ source, threads, lengths }: SharedText & Omit<WrittenStep, 'args' | 'body'>): string {
  return `${threads} ${lengths.join()} ${source}`;
}

/** Kernels take few arguments. */
const MOST_NUMBERS = 8;

/** Where a place stands in the text: as an array's index, as what a pointer begins with, as the start of a sum. Whole numbers are nothing else. */
const PLACES = /(\b(?:p|s\d+)\[)(\d+)(?=\]| \+ )|(\b(v\d+)\+\+; \4 = )(\d+)(?=;)|( = )(\d+)(?= \+ )/g;

/** What stands before a pointer's place. */
const POINTER = /\+\+; v\d+ = $/;

/** The text between the places, and the places. */
function taken({ body, threads, lengths }: WrittenStep): { key: string; parts: string[]; places: number[] } {
  const parts: string[] = [];
  const places: number[] = [];
  let end = 0;
  for (const match of body.matchAll(PLACES)) {
    const [, array, place, pointer, , begin, sum, first] = match;
    const before = array ?? pointer ?? sum;
    parts.push(body.slice(end, match.index) + before);
    places.push(Number(place ?? begin ?? first));
    end = match.index + match[0].length;
  }
  parts.push(body.slice(end));
  return { key: `${threads} ${lengths.join()} ${parts.join('#')}`, parts, places };
}

/** The texts of steps, in their order. */
export function shareTexts(steps: readonly WrittenStep[]): SharedText[] {
  const groups = new Map<string, number[]>();
  const all = steps.map(taken);
  all.forEach(({ key }, at) => {
    const group = groups.get(key);
    if (group) group.push(at);
    else groups.set(key, [at]);
  });
  const texts = new Array<SharedText>(steps.length);
  for (const group of groups.values()) {
    const { args } = steps[group[0]];
    const { parts, places } = all[group[0]];
    const columns = places.map((_, place) => group.map((at) => all[at].places[place]));
    const keys = columns.map((column) => (column.every((value) => value === column[0]) ? '' : column.join()));
    const names = [...new Set(keys)].filter((key) => key !== '');
    const several = names.length <= MOST_NUMBERS;
    for (const at of several ? group.slice(0, 1) : group) {
      const own = all[at].places;
      const write = (place: number): string => {
        if (!several || keys[place] === '') return String(own[place]);
        // WebGL's arguments are floats, and its pointers are not.
        return `n${names.indexOf(keys[place])}${POINTER.test(parts[place]) ? ' | 0' : ''}`;
      };
      const body = parts.map((part, place) => (place < own.length ? part + write(place) : part)).join('');
      const more = several ? names.map((_, index) => `n${index}`) : [];
      const source = `function (${[...args, ...more].join(', ')}) {\n${body}}`;
      const firsts = names.map((key) => keys.indexOf(key));
      if (several)
        for (const member of group)
          texts[member] = { source, numbers: firsts.map((place) => all[member].places[place]) };
      else texts[at] = { source, numbers: [] };
    }
  }
  return texts;
}
