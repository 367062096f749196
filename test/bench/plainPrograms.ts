/** The way of a plain function through the extension's runner, in this process: rewritten, recorded, differentiated, executed. */
import { join } from 'node:path';
import { compile, type Executable } from '../../src/engine/execute/run';
import { Program } from '../../src/engine/program/program';
import { jvpProgram } from '../../src/engine/transforms/jvp';
import { gradientProgram } from '../../src/runner/derivatives';
import { record, type Recorded, type UserFunction } from '../../src/runner/record';
import { Session } from '../../src/runner/session';
import '../../src/runner/tiers';

const file = join(__dirname, 'plain', 'functions.ts');
const session = new Session();

/** A function of functions.ts in one of the runner's realms: rewritten to be recorded, or as it runs on plain numbers. */
export function prepared(name: string, recording: boolean): UserFunction {
  return session.prepare({ file, fn: name, args: [[0.5, 0.25]] }, recording).fn;
}

/** One run on traced numbers. */
export async function recorded(name: string, point: readonly number[]): Promise<Recorded> {
  return record(prepared(name, true), [[...point]], [0], ['x']);
}

export async function gradientOf(name: string, point: readonly number[]): Promise<Executable> {
  return compile(gradientProgram((await recorded(name, point)).program));
}

/** (x, v) → Hessian times v, forward over reverse. */
export async function hvpOf(name: string, point: readonly number[]): Promise<Executable> {
  const gradient = gradientProgram((await recorded(name, point)).program);
  const moved = jvpProgram(
    gradient,
    gradient.inputAvals.map(() => true),
  );
  return compile(new Program({ ...moved.columns, outputs: moved.outputs.slice(gradient.outputs.length) }));
}
