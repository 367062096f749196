/** Einstein summation: reading the subscripts. Labels are letters; axes under an ellipsis are labelled by their place from the end. */
import { GradLensError } from '../errors';
import type { Shape } from '../program/aval';

export interface EinsumSpec {
  /** Labels of every operand's axes. */
  readonly inputs: readonly (readonly string[])[];
  readonly output: readonly string[];
  /** Size of every label. */
  readonly sizes: ReadonlyMap<string, number>;
}

function einsumError(subscripts: string, problem: string): GradLensError {
  return new GradLensError('bad-subscripts', `np.einsum("${subscripts}"): ${problem}.`);
}

/**
 * Reads `subscripts` for operands of these shapes. Without `->` the output is the ellipsis and the labels that occur once, in
 * alphabetical order.
 * @throws GradLensError (code `bad-subscripts`) naming the operand, the label and the sizes that do not fit
 */
export function parseEinsum(subscripts: string, shapes: readonly Shape[]): EinsumSpec {
  const [left, right, extra] = subscripts.replace(/\s+/g, '').split('->');
  if (extra !== undefined) throw einsumError(subscripts, "'->' may stand once");
  const terms = left.split(',');
  if (terms.length !== shapes.length) {
    throw einsumError(subscripts, `there are subscripts for ${terms.length} operands, but ${shapes.length} are given`);
  }
  const sizes = new Map<string, number>();
  let ellipsis = 0;
  const inputs = terms.map((term, index) => {
    const labels = labelsOf(subscripts, term, shapes[index], `operand ${index}`);
    ellipsis = Math.max(ellipsis, labels.filter((label) => label.startsWith('.')).length);
    labels.forEach((label, axis) => {
      const extent = shapes[index][axis];
      const known = sizes.get(label);
      // Size one broadcasts, as in numpy.
      if (known === undefined || known === 1) sizes.set(label, extent);
      else if (extent !== known && extent !== 1) {
        throw einsumError(
          subscripts,
          `label '${label[0] === '.' ? '...' : label}' has size ${known} before and ${extent} in operand ${index}`,
        );
      }
    });
    return labels;
  });
  const dots = Array.from({ length: ellipsis }, (_, index) => `.${ellipsis - index}`);
  return { inputs, output: outputOf(subscripts, right, inputs, dots), sizes };
}

/** Letters become labels; an ellipsis becomes '.k' … '.1', counted from the end so that operands align at their last axes. */
function labelsOf(subscripts: string, term: string, shape: Shape, who: string): string[] {
  if (!/^[A-Za-z]*(\.\.\.)?[A-Za-z]*$/.test(term))
    throw einsumError(subscripts, `'${term}' may hold letters and one '...' only`);
  const [before, after] = term.split('...');
  const named = before.length + (after?.length ?? 0);
  if (after === undefined ? named !== shape.length : named > shape.length) {
    throw einsumError(
      subscripts,
      `${who} has ${shape.length} axes (shape [${shape.join(', ')}]), but '${term}' names ${named}`,
    );
  }
  if (after === undefined) return [...before];
  const count = shape.length - named;
  return [...before, ...Array.from({ length: count }, (_, index) => `.${count - index}`), ...after];
}

function outputOf(
  subscripts: string,
  right: string | undefined,
  inputs: readonly (readonly string[])[],
  dots: readonly string[],
): string[] {
  const all = inputs.flat();
  if (right === undefined) {
    const once = [...new Set(all)].filter(
      (label) => !label.startsWith('.') && all.filter((other) => other === label).length === 1,
    );
    return [...dots, ...once.sort()];
  }
  if (!/^[A-Za-z]*(\.\.\.)?[A-Za-z]*$/.test(right))
    throw einsumError(subscripts, `'${right}' may hold letters and one '...' only`);
  const [before, after] = right.split('...');
  const output = after === undefined ? [...before] : [...before, ...dots, ...after];
  const unknown = output.find((label) => !all.includes(label));
  if (unknown !== undefined) throw einsumError(subscripts, `the output label '${unknown}' is in no operand`);
  if (new Set(output).size !== output.length)
    throw einsumError(subscripts, `the output '${right}' names a label twice`);
  if (after === undefined && dots.length > 0)
    throw einsumError(subscripts, "the operands have '...', so the output needs it too");
  return output;
}
