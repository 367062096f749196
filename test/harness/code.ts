/**
 * A stand-in for the executable of a desktop VS Code, as @vscode/test-electron starts it: reads the same arguments, boots the
 * served VS Code, opens it in a headless Chromium, waits for the test run in its extension host, and exits with the run's
 * exit code.
 */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { launchChromium } from './chromium';
import { cleanUp } from './processes';
import { VsCodeServer } from './server';

/** How long a whole run in the extension host may take: machines of a CI can be slow, a hang must still end. */
const limit = Number(process.env.GRADLENS_TEST_LIMIT ?? 600) * 1000;

interface Arguments {
  folder: string;
  development?: string;
  tests?: string;
  userData?: string;
  extensions?: string;
  trusted: boolean;
}

function parse(argv: readonly string[]): Arguments {
  const value = (name: string) => {
    const joined = argv.find((argument) => argument.startsWith(`--${name}=`));
    if (joined !== undefined) return joined.slice(name.length + 3);
    const index = argv.indexOf(`--${name}`);
    return index < 0 ? undefined : argv[index + 1];
  };
  const valued = new Set(['--user-data-dir', '--extensions-dir']);
  const folder = argv.find((argument, index) => !argument.startsWith('-') && !valued.has(argv[index - 1] ?? ''));
  return {
    folder: resolve(folder ?? '.'),
    development: value('extensionDevelopmentPath'),
    tests: value('extensionTestsPath'),
    userData: value('user-data-dir'),
    extensions: value('extensions-dir'),
    trusted: argv.includes('--disable-workspace-trust'),
  };
}

async function run(argv: readonly string[]): Promise<number> {
  const options = parse(argv);
  const server = await VsCodeServer.start(options);
  const browser = await launchChromium();
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const verbose = process.env.GRADLENS_TEST_VERBOSE !== undefined;
  if (verbose) page.on('console', (message) => console.error(`[workbench] ${message.text()}`));
  const finished = new Promise<number>((done) => {
    void page.exposeFunction('codeAutomationExit', done);
    page.on('crash', () => {
      console.error('The page of the workbench crashed.');
      done(1);
    });
    setTimeout(() => {
      console.error(`The extension host did not finish within ${limit / 1000} s.`);
      done(124);
    }, limit).unref();
  });
  const payload: [string, string][] = [];
  if (options.development !== undefined) payload.push(['extensionDevelopmentPath', server.uri(options.development)]);
  if (options.tests !== undefined) payload.push(['extensionTestsPath', server.uri(options.tests)]);
  await page.goto(server.url(options.folder, payload), { waitUntil: 'commit', timeout: 120_000 });
  const code = await finished;
  if (code !== 0) {
    const results = resolve(__dirname, '../../test-results/extension');
    await page.screenshot({ path: `${results}/workbench.png`, timeout: 30_000 }).catch(() => undefined);
    server.keepLogs(`${results}/logs`);
  }
  return code;
}

/** Whoever started us may have to end us: it finds the process here. */
const pidFile = process.env.GRADLENS_TEST_PID_FILE;
if (pidFile !== undefined) writeFileSync(pidFile, String(process.pid));

void run(process.argv.slice(2))
  .catch((error: unknown) => {
    console.error(error);
    return 1;
  })
  .then(async (code) => {
    await cleanUp();
    process.exit(code);
  });
