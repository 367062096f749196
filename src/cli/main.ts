/** `gradlens`: the runner without VS Code. */
import { join } from 'node:path';
import { RunnerClient, RunnerRequestError } from '../runner/client/runnerClient';
import { batch } from './batch';
import { COMMANDS, printError, publicError, type Output } from './commands';
import { toJson } from './json';
import { parseOptions, type Options } from './options';
import { HELP, OVERVIEW, UsageError } from './usage';

const OK = 0;
const FAILED = 1;
const WRONG_USAGE = 2;

const output: Output = {
  line: (text) => void process.stdout.write(`${text}\n`),
  error: (text) => void process.stderr.write(`${text}\n`),
  colors: process.stdout.isTTY && !process.env.NO_COLOR,
};

async function main(argv: readonly string[]): Promise<number> {
  let options: Options;
  try {
    options = parseOptions(argv);
  } catch (error) {
    return wrongUsage(error as Error);
  }
  const { command, values } = options;
  if (values.help || command === 'help' || (command === undefined && argv.length === 0)) {
    const about = command === 'help' ? options.positionals[0] : command;
    output.line(about !== undefined && about in HELP ? HELP[about] : OVERVIEW);
    return OK;
  }
  const run = command === 'batch' ? undefined : COMMANDS[command ?? ''];
  if (command !== 'batch' && !run) {
    return wrongUsage(new UsageError(command === undefined ? 'Give a command.' : `There is no command '${command}'.`));
  }
  const client = new RunnerClient({ runnerPath: join(__dirname, 'runner.js'), debuggable: values.debug });
  try {
    return run ? await run(client, options, output) : await batch(client, process.stdin, output);
  } catch (error) {
    if (error instanceof UsageError) return wrongUsage(error);
    if (!(error instanceof RunnerRequestError)) throw error;
    if (values.json) output.line(toJson({ error: publicError(error.info) }));
    else printError(error.info, output);
    return FAILED;
  } finally {
    client.dispose();
  }
}

function wrongUsage({ message }: Error): number {
  output.error(`${message}\n\n${OVERVIEW}`);
  return WRONG_USAGE;
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    output.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exitCode = FAILED;
  },
);
