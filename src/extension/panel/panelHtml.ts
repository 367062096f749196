/** The panel's page: everything it loads comes from the extension's folder, scripts carry a nonce, nothing else may run. */

export interface PanelPage {
  /** What VS Code serves the extension's files from. */
  cspSource: string;
  nonce: string;
  script: string;
  styles: string;
  icons: string;
  locale: string;
}

export function panelHtml({ cspSource, nonce, script, styles, icons, locale }: PanelPage): string {
  const policy = [
    "default-src 'none'",
    `img-src ${cspSource} data: blob:`,
    `style-src ${cspSource}`,
    `font-src ${cspSource}`,
    // Compiled derivatives and gpu.js's CPU path are WebAssembly; JavaScript from strings stays forbidden.
    `script-src 'nonce-${nonce}' 'wasm-unsafe-eval'`,
    'worker-src blob:',
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="${locale}">
  <head>
    <meta charset="UTF-8" />
    <meta http-equiv="Content-Security-Policy" content="${policy}" />
    <meta name="viewport" content="width=device-width, initial-scale=1.0" />
    <link rel="stylesheet" href="${icons}" id="vscode-codicon-stylesheet" />
    <link rel="stylesheet" href="${styles}" />
    <title>GradLens</title>
  </head>
  <body>
    <div id="app"></div>
    <script nonce="${nonce}" src="${script}"></script>
  </body>
</html>
`;
}
