/** Files of the workspace whose text asks for checks. */
import { type Uri, workspace } from 'vscode';

/** More files than this are not searched: the rest is found when it is opened. */
const LIMIT = 2000;

/** The files that contain `@check` or `@gradientOf`, as they are found. */
export async function* findCheckFiles(): AsyncGenerator<Uri> {
  const files = await workspace.findFiles(
    '**/*.{ts,tsx,mts,cts,js,jsx,mjs,cjs}',
    '**/{node_modules,dist,out}/**',
    LIMIT,
  );
  for (const uri of files) {
    if (uri.path.endsWith('.d.ts')) continue;
    try {
      const text = Buffer.from(await workspace.fs.readFile(uri)).toString('utf8');
      if (/@(?:check|gradientOf)\b/.test(text)) yield uri;
    } catch {
      // A file that vanished while we looked has no tests.
    }
  }
}
