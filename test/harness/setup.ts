/** Installs what the tests in VS Code need besides the packages: VS Code itself and a Chromium. */
import { ensureChromium } from './chromium';
import { ensureVsCode } from './vscode';

async function main(): Promise<void> {
  console.log(`Browser: ${ensureChromium()}`);
  await ensureVsCode();
  console.log('VS Code: ready');
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
