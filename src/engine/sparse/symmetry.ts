/** Whether derivatives of derivatives are sure to be symmetric. */
import { OPCODES } from '../primitives/opcodes';
import type { Program } from '../program/program';
import { programsIn } from '../program/validate';

/** Primitives whose derivative is what a user says that it is. */
const USERS = [OPCODES.customJvp, OPCODES.customVjp, OPCODES.linearCall];

/**
 * Is the Hessian that the transforms make of a program symmetric? It is where every rule is the engine's own; the derivatives that
 * users state need not be those of anything.
 */
export function hasSymmetricHessian({ columns: { opcodes, params } }: Program): boolean {
  return !USERS.some((opcode) => opcodes.includes(opcode)) && params.flatMap(programsIn).every(hasSymmetricHessian);
}
