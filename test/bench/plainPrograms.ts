/** The way of a plain function through the extension's runner, in this process: rewritten, recorded, differentiated, executed. */
import { join } from 'node:path';
import { compile, type Executable } from '../../src/engine/execute/run';
import { gradientProgram, hvpProgram } from '../../src/runner/derivativePrograms';
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

/** (x, v) → Hessian times v. */
export async function hvpOf(name: string, point: readonly number[]): Promise<Executable> {
  return compile(hvpProgram((await recorded(name, point)).program));
}
