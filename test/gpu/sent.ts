/** Cases as they go to a browser's worker. */
import { programToJson } from '../../src/engine/program/serialize';
import type { ProgramCase } from './programs';

export interface SentCase {
  readonly name: string;
  readonly json: string;
  readonly inputs: readonly number[][];
  readonly outputs: readonly number[][];
  readonly bounds: readonly number[][];
}

export function toSend({ name, program, inputs, outputs, bounds }: ProgramCase): SentCase {
  return {
    name,
    json: programToJson(program),
    inputs: inputs.map(({ data }) => Array.from(data)),
    outputs: outputs.map(({ data }) => Array.from(data)),
    bounds: bounds.map((data) => Array.from(data)),
  };
}
