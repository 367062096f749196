/** Inputs of programs that are made of a trace's loops. */
import { Emitter } from '../../program/emitter';
import type { Program, Row } from '../../program/program';
import { inline } from '../../transforms/transcribe';

/** The same program with its inputs in another order: the k-th is the one that was the `order[k]`-th. */
export function withInputOrder(program: Program, order: readonly number[]): Program {
  const b = new Emitter(program.columns.positionTable);
  const rows = order.map((input) => b.input(program.inputAvals[input]));
  return b.finish(
    inline(
      b,
      program,
      program.inputAvals.map((_, input) => rows[order.indexOf(input)]),
    ),
  );
}

/** The vector of all inputs from those of the active and of the other ones. */
export function joinInputs(b: Emitter, active: readonly boolean[]): Row {
  const count = active.filter(Boolean).length;
  const [first, second] = [count, active.length - count].map((size) =>
    size === 0 ? -1 : b.input({ shape: [size], dtype: 'float64' }),
  );
  const parts: Row[] = [];
  const used = [0, 0];
  for (let at = 0; at < active.length;) {
    let end = at + 1;
    while (end < active.length && active[end] === active[at]) end++;
    const which = active[at] ? 0 : 1;
    parts.push(b.sliceAxis(which === 0 ? first : second, 0, used[which], used[which] + end - at));
    used[which] += end - at;
    at = end;
  }
  return b.concatenate(parts, 0);
}
