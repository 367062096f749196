/**
 * How long the extension keeps its host from anything else: a CPU profile of the host, cut into stretches without a pause, and
 * of each the part that runs inside the extension's own code. What VS Code itself and other extensions do in the same process
 * is told apart by it; and no stretch counts for more than the processor time that the host had meanwhile.
 */
import { Session } from 'node:inspector';
import { readFileSync } from 'node:fs';

interface ProfileNode {
  id: number;
  callFrame: { functionName: string; url: string; lineNumber: number };
  children?: number[];
}

interface Profile {
  nodes: ProfileNode[];
  samples: number[];
  timeDeltas: number[];
  /** Microseconds of the clock of `process.hrtime`. */
  startTime: number;
}

export interface Stalls {
  /**
   * Milliseconds of the event loop's delays: of everything that runs in the host, less the time that the host waited for a
   * processor (where the system tells it).
   */
  loop: { median: number; p99: number; longest: number; above: number };
  /** Milliseconds of the extension's longest stretch, and all above the limit with the functions that took most of each. */
  longest: number;
  above: { milliseconds: number; where: string }[];
  /** Milliseconds of the extension in all, and by function. */
  total: number;
  shares: Map<string, number>;
}

const RESOLUTION = 5;

/** Runs `body` and measures the host meanwhile; `folder` is the extension's, others have an extension.js too. */
export async function measureStalls(folder: string, body: () => Promise<void>, limit: number): Promise<Stalls> {
  const session = new Session();
  session.connect();
  const post = <T>(method: string, params?: object): Promise<T> =>
    new Promise((resolve, reject) =>
      session.post(method, params, (error, result) =>
        error ? reject(new Error(error.message)) : resolve(result as T),
      ),
    );
  await post('Profiler.enable');
  await post('Profiler.setSamplingInterval', { interval: 500 });
  await post('Profiler.start');
  const delays = watchLoop();
  await body();
  const ticks = delays();
  const loop = ticks.map(({ delay }) => delay).sort((a, b) => a - b);
  const { profile } = await post<{ profile: Profile }>('Profiler.stop');
  session.disconnect();
  const at = (share: number): number => loop[Math.floor(share * (loop.length - 1))] ?? 0;
  return {
    loop: { median: at(0.5), p99: at(0.99), longest: at(1), above: loop.filter((delay) => delay > limit).length },
    ...stretches(profile, folder, limit, ticks),
  };
}

/** Milliseconds that this thread has run and has stood in the queue for a processor, as Linux counts them (to some ms). */
function processorTime(): { used: number; queued: number } {
  try {
    const [used, queued] = readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ');
    return { used: Number(used) / 1e6, queued: Number(queued) / 1e6 };
  } catch {
    // Elsewhere nothing is known of it: every moment counts.
    return { used: performance.now(), queued: 0 };
  }
}

/** From one call of the timer to the next, in milliseconds of `process.hrtime`. */
interface Tick {
  end: number;
  /** How late the call was, less the time in the queue for a processor. */
  delay: number;
  /** Processor time of the thread. */
  used: number;
}

/** A timer that looks how late it is; the result stops it and gives what it saw. */
function watchLoop(): () => Tick[] {
  const ticks: Tick[] = [];
  let last = performance.now();
  let before = processorTime();
  const look = (): void => {
    const now = performance.now();
    const { used, queued } = processorTime();
    const delay = Math.max(0, now - last - RESOLUTION - (queued - before.queued));
    ticks.push({ end: Number(process.hrtime.bigint()) / 1e6, delay, used: used - before.used });
    last = now;
    before = { used, queued };
  };
  const timer = setInterval(look, RESOLUTION);
  return () => {
    clearInterval(timer);
    // What ran last has no call of the timer behind it yet.
    look();
    return ticks;
  };
}

/** Without a pause: the extension's samples that follow one another, collections of garbage between them included. */
function stretches(
  { nodes, samples, timeDeltas, startTime }: Profile,
  folder: string,
  limit: number,
  ticks: readonly Tick[],
): Omit<Stalls, 'loop'> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children }) => (children ?? []).map((child) => [child, id] as const)));
  const owners = new Map<number, string | undefined>();
  /** The innermost function of the extension that a sample is in. */
  const ownerOf = (id: number): string | undefined => {
    if (owners.has(id)) return owners.get(id);
    const { callFrame } = byId.get(id)!;
    const parent = parents.get(id);
    const own = callFrame.url.includes(folder);
    const name = own
      ? `${callFrame.functionName || '(anonymous)'}:${callFrame.lineNumber + 1}`
      : parent === undefined
        ? undefined
        : ownerOf(parent);
    owners.set(id, name);
    return name;
  };
  const result: Omit<Stalls, 'loop'> = { longest: 0, above: [], total: 0, shares: new Map() };
  let now = 0;
  let clock = startTime / 1000;
  let began = clock;
  let tick = 0;
  let shares = new Map<string, number>();
  const end = (): void => {
    if (now === 0) return;
    while (tick < ticks.length && ticks[tick].end < began) tick++;
    let used = 0;
    for (let index = tick; index < ticks.length; index++) {
      used += ticks[index].used;
      if (ticks[index].end >= clock) break;
    }
    now = Math.min(now, used);
    result.longest = Math.max(result.longest, now);
    result.total += now;
    if (now > limit) {
      const largest = [...shares].sort((a, b) => b[1] - a[1]).slice(0, 3);
      const where = largest.map(([name, time]) => `${name} ${time.toFixed(0)}`).join(', ');
      result.above.push({ milliseconds: now, where });
    }
    now = 0;
    shares = new Map();
  };
  samples.forEach((id, index) => {
    // A delta is the time before its sample; what the sample found lasts until the next one.
    const time = Math.max(0, timeDeltas[index + 1] ?? 0) / 1000;
    clock += (timeDeltas[index] ?? 0) / 1000;
    const owner = ownerOf(id);
    const collecting = byId.get(id)?.callFrame.functionName === '(garbage collector)';
    if (owner !== undefined) {
      if (now === 0) began = clock;
      now += time;
      for (const map of [shares, result.shares]) map.set(owner, (map.get(owner) ?? 0) + time);
    } else if (collecting && now > 0) {
      now += time;
      shares.set('collecting garbage', (shares.get('collecting garbage') ?? 0) + time);
    } else end();
  });
  end();
  return result;
}
