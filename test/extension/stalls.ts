/**
 * How long the extension keeps its host from anything else: a CPU profile of the host, cut into stretches without a pause, and
 * of each the part that runs inside the extension's own code. What VS Code itself and other extensions do in the same process
 * is told apart by it.
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
}

export interface Stalls {
  /**
   * Milliseconds of the event loop's delays: of everything that runs in the host, less the time that the host waited for a
   * processor (where the system tells it).
   */
  loop: { median: number; p99: number; longest: number; above: number };
  /** Milliseconds of the extension's longest stretch, and all above the limit with the function that took most of each. */
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
  const loop = delays().sort((a, b) => a - b);
  const { profile } = await post<{ profile: Profile }>('Profiler.stop');
  session.disconnect();
  const at = (share: number): number => loop[Math.floor(share * (loop.length - 1))] ?? 0;
  return {
    loop: { median: at(0.5), p99: at(0.99), longest: at(1), above: loop.filter((delay) => delay > limit).length },
    ...stretches(profile, folder, limit),
  };
}

/** Milliseconds that this thread stood in the queue for a processor, as Linux counts them; else 0. */
function waited(): number {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[1]) / 1e6;
  } catch {
    return 0;
  }
}

/** A timer that looks how late it is; the result stops it and gives the delays. */
function watchLoop(): () => number[] {
  const delays: number[] = [];
  let last = performance.now();
  let queued = waited();
  const timer = setInterval(() => {
    const now = performance.now();
    const nowQueued = waited();
    delays.push(Math.max(0, now - last - RESOLUTION - (nowQueued - queued)));
    last = now;
    queued = nowQueued;
  }, RESOLUTION);
  return () => {
    clearInterval(timer);
    return delays;
  };
}

/** Without a pause: the extension's samples that follow one another, collections of garbage between them included. */
function stretches({ nodes, samples, timeDeltas }: Profile, folder: string, limit: number): Omit<Stalls, 'loop'> {
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
  let shares = new Map<string, number>();
  const end = (): void => {
    result.longest = Math.max(result.longest, now);
    result.total += now;
    if (now > limit) {
      const [where] = [...shares].sort((a, b) => b[1] - a[1])[0] ?? ['?'];
      result.above.push({ milliseconds: now, where });
    }
    now = 0;
    shares = new Map();
  };
  samples.forEach((id, index) => {
    // A delta is the time before its sample; what the sample found lasts until the next one.
    const time = Math.max(0, timeDeltas[index + 1] ?? 0) / 1000;
    const owner = ownerOf(id);
    const collecting = byId.get(id)?.callFrame.functionName === '(garbage collector)';
    if (owner !== undefined) {
      now += time;
      for (const map of [shares, result.shares]) map.set(owner, (map.get(owner) ?? 0) + time);
    } else if (collecting && now > 0) now += time;
    else end();
  });
  end();
  return result;
}
