/** The entrance for UI suites; test/README.md shows how to write one. */
import { Workbench } from './workbench';

export { poll } from '../../harness/poll';
export { Workbench } from './workbench';

const opened: Workbench[] = [];
let shared: Promise<Workbench> | undefined;

/** One trusted window with the extension loaded, booted once for all suites that ask for it. */
export function workbench(): Promise<Workbench> {
  return (shared ??= openWorkbench());
}

/** A window of a suite's own, for another folder, an untrusted workspace or an installed VSIX. */
export async function openWorkbench(options?: Parameters<typeof Workbench.open>[0]): Promise<Workbench> {
  const window = await Workbench.open(options);
  opened.push(window);
  return window;
}

/** The windows that are open, for the evidence that a failing test leaves. */
export function openWorkbenches(): readonly Workbench[] {
  return opened.filter(({ page }) => !page.isClosed());
}
