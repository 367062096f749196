/** The end outside VS Code of the driver extension: commands and settings, by name instead of by keyboard. */
import { cpSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { poll } from './poll';
import { temporaryFolder } from './processes';

interface Answer {
  id: number;
  result?: unknown;
  error?: string;
}

export class Driver {
  private readonly waiting = new Map<number, (answer: Answer) => void>();
  private socket: Socket | undefined;
  private next = 1;

  private constructor(
    readonly path: string,
    private readonly server: Server,
  ) {
    server.on('connection', (socket) => {
      this.socket = socket;
      socket
        .on('error', () => undefined)
        .on('close', () => (this.socket = this.socket === socket ? undefined : this.socket));
      createInterface({ input: socket }).on('line', (line) => {
        const answer = JSON.parse(line) as Answer;
        this.waiting.get(answer.id)?.(answer);
        this.waiting.delete(answer.id);
      });
    });
  }

  /** Listens for the extension, which `installInto` has put where VS Code finds it. */
  static async listen(): Promise<Driver> {
    const path =
      process.platform === 'win32'
        ? `\\\\.\\pipe\\gradlens-driver-${process.pid}-${Math.random()}`
        : join(temporaryFolder('driver'), 'socket');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(path, resolve));
    server.unref();
    return new Driver(path, server);
  }

  installInto(extensions: string): void {
    cpSync(join(__dirname, 'driver'), join(extensions, 'gradlens-test.driver-1.0.0'), { recursive: true });
  }

  /** The environment in which the extension host finds this end. */
  get environment(): Record<string, string> {
    return { GRADLENS_DRIVER_SOCKET: this.path };
  }

  execute(command: string, ...args: unknown[]): Promise<unknown> {
    return this.ask({ action: 'execute', command, args });
  }

  async configure(key: string, value: unknown): Promise<void> {
    await this.ask({ action: 'configure', key, value });
  }

  close(): void {
    this.socket?.destroy();
    this.server.close();
  }

  private async ask(request: Record<string, unknown>): Promise<unknown> {
    const socket = await poll('the driver in the extension host', () => this.socket);
    const id = this.next++;
    const answer = await new Promise<Answer>((resolve) => {
      this.waiting.set(id, resolve);
      socket.write(`${JSON.stringify({ id, ...request })}\n`);
    });
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.result;
  }
}
