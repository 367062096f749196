/**
 * The order in which nodes run, with those fused that walk the same index space: one loop computes all of them, and a value that
 * nothing else reads never reaches memory.
 */
import { sizeOf, type Shape } from '../../program/aval';
import type { ArrayGraph, ArrayNode, Lane } from './nodes';
import { isFlat, isUniform } from './views';

export interface Group {
  readonly kind: 'group';
  readonly size: number;
  readonly lane: Lane;
  /** The axes that some member needs to tell apart; undefined: one axis of `size`. */
  domain: Shape | undefined;
  readonly nodes: ArrayNode[];
}

interface Single {
  readonly kind: 'dot' | 'other';
  readonly node: ArrayNode;
}

export type Step = Group | Single;

export interface Schedule {
  readonly steps: readonly Step[];
  /** Step that computes each value; −1 for inputs, constants and literals. */
  readonly stepOf: Int32Array;
  /** Last step that reads each value from memory; −1: it stays in registers. Outputs are read after the last step. */
  readonly lastRead: Int32Array;
}

/** Registers run out, and compilation takes longer, beyond this many nodes in one loop. */
const MOST_NODES = 120;

/** Does a node read a value at its own place in the index space? */
function isInPlace(node: ArrayNode, operand: ArrayNode['operands'][number]): boolean {
  return operand.offset === 0 && isFlat(operand.strides, node.domain);
}

/** Does a node need the axes of its index space? */
function needsAxes(node: ArrayNode): boolean {
  if (node.kind === 'reduce' && node.axes?.length !== node.domain.length) return true;
  return node.operands.some(({ strides }) => !isUniform(strides, node.domain) && !isFlat(strides, node.domain));
}

function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}

export function schedule(graph: ArrayGraph): Schedule {
  const { nodes, values } = graph;
  const steps: Step[] = [];
  const stepOf = new Int32Array(values.length).fill(-1);
  const isReduced = new Uint8Array(values.length);
  for (const node of nodes) {
    let earliest = 0;
    const size = sizeOf(node.domain);
    for (const operand of node.operands) {
      const at = stepOf[operand.value];
      if (at < 0) continue;
      const group = steps[at];
      const together =
        group.kind === 'group' &&
        (node.kind === 'elementwise' || node.kind === 'reduce' || node.kind === 'guard') &&
        group.size === size &&
        group.lane === node.lane &&
        isReduced[operand.value] === 0 &&
        isInPlace(node, operand);
      earliest = Math.max(earliest, together ? at : at + 1);
    }
    let at = steps.length;
    if (node.kind === 'elementwise' || node.kind === 'reduce' || node.kind === 'guard') {
      const axes = needsAxes(node);
      for (let index = earliest; index < steps.length; index++) {
        const step = steps[index];
        if (step.kind !== 'group' || step.size !== size || step.lane !== node.lane || step.nodes.length >= MOST_NODES)
          continue;
        if (axes && step.domain && !sameShape(step.domain, node.domain)) continue;
        step.nodes.push(node);
        if (axes) step.domain = node.domain;
        at = index;
        break;
      }
      if (at === steps.length) {
        steps.push({ kind: 'group', size, lane: node.lane, domain: axes ? node.domain : undefined, nodes: [node] });
      }
    } else {
      steps.push({ kind: node.kind, node });
    }
    for (const result of node.results) {
      stepOf[result] = at;
      if (node.kind === 'reduce') isReduced[result] = 1;
    }
  }
  const lastRead = new Int32Array(values.length).fill(-1);
  steps.forEach((step, at) => {
    for (const node of step.kind === 'group' ? step.nodes : [step.node]) {
      for (const { value } of node.operands) if (stepOf[value] !== at) lastRead[value] = at;
    }
  });
  for (const value of graph.outputs) lastRead[value] = steps.length;
  return { steps, stepOf, lastRead };
}
