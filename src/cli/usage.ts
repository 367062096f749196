/** Help texts, and errors of usage (exit code 2). */

export class UsageError extends Error {}

export const OVERVIEW = `gradlens: derivatives of plain TypeScript functions

Usage:
  gradlens list FILE [--json]
  gradlens eval FILE FUNCTION --op OP [options]
  gradlens check FILE [FUNCTION] [--json]
  gradlens profile FILE FUNCTION [--json]
  gradlens program FILE FUNCTION [--op OP]
  gradlens batch

gradlens COMMAND --help says more. OP is one of:
  value grad jvp vjp jacobian jacfwd jacrev hessian hvp`;

export const HELP: Record<string, string> = {
  list: `gradlens list FILE [--json]

Lists the functions of a file: parameters, whether they can be differentiated (and why not), and the points of their @at tags.`,
  eval: `gradlens eval FILE FUNCTION --op OP [options]

Evaluates a function or a derivative of it at one point: its first @at tag, unless --args or --at says otherwise.

  --op OP              value grad jvp vjp jacobian jacfwd jacrev hessian hvp (default: value)
  --args JSON          all arguments as a JSON array; "NaN" and "Infinity" are numbers
  --at EXPRESSION      the argument list as in a call: '[1, 2], k', or 'x = [1, 2], k = 3'
  --wrt 0,1            arguments to differentiate by (default: 0); with several the result is a list
  --tangent JSON       for jvp, in the structure of the argument(s)
  --cotangent JSON     for vjp, in the structure of the result
  --vector JSON        for hvp, in the structure of the argument(s)
  --backend NAME       auto, interpret, wasm or gpu
  --time-limit MS      time for the function (default: 2000)
  --plot               draws matrices as heatmaps
  --json               one line: {"value", "result", "warnings", "operations", "timing"},
                       with "backend" and "float32" (its error) where a GPU computed it`,
  check: `gradlens check FILE [FUNCTION] [--json] [--at EXPRESSION] [--tolerance NUMBER]

Checks derivatives: Taylor test, dot-product test, Richardson differences, and gradients marked @gradientOf. Checks every
differentiable function of the file unless one is named. Exit code 1 when a check fails.

  --debug              for a debugger: no time limit, and the process that runs your code lets itself be attached to`,
  profile: `gradlens profile FILE FUNCTION [--json] [--at EXPRESSION] [--budget MS]

Times every strategy and every backend.`,
  program: `gradlens program FILE FUNCTION [--op OP] [--at EXPRESSION] [--json]

Prints the program of an operation.`,
  batch: `gradlens batch

Reads one JSON request a line from standard input and writes one answer a line:
  {"id": 1, "file": "f.ts", "fn": "f", "op": "grad", "args": [[1, 2]]}
Also: "at", "wrt", "tangent", "cotangent", "vector", "backend".`,
};
