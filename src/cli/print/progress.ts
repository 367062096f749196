/** A progress bar on standard error, when that is a terminal. */

const WIDTH = 24;

export class ProgressBar {
  private shown = false;

  constructor(private readonly stream: NodeJS.WriteStream = process.stderr) {}

  readonly update = (done: number, total: number, message: string): void => {
    if (!this.stream.isTTY || total <= 0) return;
    const filled = Math.round((WIDTH * done) / total);
    this.stream.write(
      `\r\u001b[K[${'█'.repeat(filled)}${' '.repeat(WIDTH - filled)}] ${Math.round((100 * done) / total)} % ${message}`,
    );
    this.shown = true;
  };

  clear(): void {
    if (this.shown) this.stream.write('\r\u001b[K');
    this.shown = false;
  }
}
