/** Answers the panel's requests: most go on to the runner, the others to VS Code. */
import { commands, env, Uri, window, workspace } from 'vscode';
import type { LeafInfo, MatrixPart } from '../../runner/protocol';
import {
  RemoteError,
  type HostChannel,
  type MatrixResult,
  type PanelProgress,
  type RequestContext,
} from '../../webview/protocol';
import { COMMANDS } from '../commandIds';
import { toErrorInfo } from '../format/errors';
import { t } from '../format/l10n';
import { runnerText } from '../format/runnerText';
import type { InspectionService, InspectionTarget } from '../inspection';
import { checkInWords, errorInWords, noticeInWords, profileInWords, rowInWords } from './userWords';

export interface RequestHost {
  target(): InspectionTarget | undefined;
  setTarget(target: InspectionTarget): void;
  /** The result of that version is the newest, and nothing has changed since. */
  isNewest(version: number): boolean;
}

/** Milliseconds that a profile may take beyond its budget: it records, compiles and warms up first. */
const PROFILE_EXTRA = 30_000;
const LONG = 60_000;
/** How long a change of the point waits for its result before the panel may send the next. */
const POINT_WAIT = 15_000;

export function answerRequests(channel: HostChannel, service: InspectionService, host: RequestHost): void {
  const target = (): InspectionTarget => {
    const current = host.target();
    if (current === undefined) throw new RemoteError('no-function', t('The panel shows no function.'));
    return current;
  };
  const options = ({ signal, progress }: RequestContext<PanelProgress>, timeLimit: number) => ({
    signal,
    timeLimit,
    onProgress: (done: number, total: number, message: string, rows?: PanelProgress['rows']) =>
      progress({
        done,
        total,
        message: runnerText(message),
        ...(rows === undefined ? {} : { rows: rows.map(rowInWords) }),
      }),
  });

  channel.handle('matrix', ({ kind, version, part }, context) =>
    told(async () => {
      const whole = (): void => {
        if (part !== undefined && !host.isNewest(version))
          throw new RemoteError('outdated', t('The function or its point has changed meanwhile.'));
      };
      whole();
      const result = await matrixOf(service, target(), { kind, part }, options(context, LONG));
      // A part of another point's matrix must not stand beside the others.
      whole();
      return result;
    }),
  );
  channel.handle('evaluate', (params, context) =>
    told(async () => {
      const { value, result, strategy, operations, backend, float32, notice } = await service.request(
        target(),
        'evaluate',
        params,
        options(context, LONG),
      );
      return {
        value,
        result,
        strategy: runnerText(strategy),
        operations,
        backend,
        float32,
        notice: notice && noticeInWords(notice),
      };
    }),
  );
  channel.handle('check', (_params, context) =>
    told(async () => checkInWords(await service.request(target(), 'check', {}, options(context, LONG)))),
  );
  channel.handle('profile', (params, context) =>
    told(async () =>
      profileInWords(
        await service.request(target(), 'profile', params, options(context, params.budget + PROFILE_EXTRA)),
      ),
    ),
  );
  channel.handle('slice', (params, context) =>
    told(async () => {
      const { notice, ...slice } = await service.request(target(), 'slice', params, options(context, LONG));
      return { ...slice, ...(notice ? { notice: noticeInWords(notice) } : {}) };
    }),
  );
  channel.handle('program', (params, context) =>
    told(() => service.request(target(), 'program', params, options(context, LONG))),
  );
  channel.handle('exportProgram', (params, context) =>
    told(() => service.request(target(), 'exportProgram', params, options(context, LONG))),
  );

  channel.handle('setArguments', ({ args }) => {
    return withinLimit(service.setPoint(target(), { args }));
  });
  channel.handle('setPoint', ({ pointIndex }) => {
    host.setTarget({ ...target(), pointIndex });
    return null;
  });
  channel.handle('resetPoint', () => {
    void service.setPoint(target(), undefined);
    return null;
  });
  channel.handle('writePoint', () =>
    told(async () => {
      await commands.executeCommand(COMMANDS.writePoint, target());
      return null;
    }),
  );
  channel.handle('save', async ({ name, bytes }) => save(name, bytes, target()));
  channel.handle('copy', async ({ text }) => {
    await env.clipboard.writeText(text);
    return null;
  });
  channel.on('command', ({ command }) => {
    // A page asks, and only for what the panel itself offers.
    if ((Object.values(COMMANDS) as string[]).includes(command)) void commands.executeCommand(command);
  });
}

type RunnerOptions = NonNullable<Parameters<InspectionService['request']>[3]>;

async function matrixOf(
  service: InspectionService,
  target: InspectionTarget,
  { kind, part }: { kind: 'derivative' | 'hessian'; part: MatrixPart | undefined },
  options: RunnerOptions,
): Promise<MatrixResult> {
  const op = kind === 'hessian' ? 'hessian' : 'jacobian';
  const { matrix, inputs, outputs, backend, float32, notice } = await service.request(
    target,
    'evaluate',
    { op, structured: false, ...(part === undefined ? {} : { part }) },
    options,
  );
  if (matrix === undefined)
    throw new RemoteError('no-matrix', t('The derivative of this function is too large for a matrix.'));
  return {
    matrix,
    inputs,
    outputs: kind === 'hessian' ? hessianRows(matrix.rows, inputs, outputs) : outputs,
    backend,
    ...(float32 ? { float32 } : {}),
    ...(notice ? { notice: noticeInWords(notice) } : {}),
  };
}

function hessianRows(rowCount: number, inputs: LeafInfo[], outputs: LeafInfo[]): LeafInfo[] {
  const size = inputs.reduce((sum, leaf) => sum + leaf.size, 0);
  // Of a scalar, rows are inputs as well; of several results, one block of rows belongs to each.
  if (rowCount === size) return inputs;
  return outputs.flatMap((output) =>
    Array.from({ length: output.size }, (_, i) => i + output.offset).flatMap((row) =>
      inputs.map((leaf) => ({
        ...leaf,
        path: `${output.path || 'f'}[${row - output.offset}] ${leaf.path}`,
        offset: row * size + leaf.offset,
      })),
    ),
  );
}

/** Errors of the runner with the words that the panel shows. */
async function told<T>(request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (error) {
    if (error instanceof RemoteError) throw error;
    const { code, message, hint } = errorInWords(toErrorInfo(error));
    throw new RemoteError(code, message, hint);
  }
}

/** Resolves when the point's result (or error) has been sent to the panel, or when that takes too long. */
async function withinLimit(answered: Promise<void>): Promise<null> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => (timer = setTimeout(resolve, POINT_WAIT)));
  await Promise.race([answered, limit]);
  clearTimeout(timer);
  return null;
}

async function save(name: string, bytes: Uint8Array, { uri }: InspectionTarget): Promise<{ path: string } | null> {
  const folder = workspace.getWorkspaceFolder(uri)?.uri ?? Uri.joinPath(uri, '..');
  const clean = name.replace(/[^\w.-]+/g, '-');
  const chosen = await window.showSaveDialog({ defaultUri: Uri.joinPath(folder, clean) });
  if (chosen === undefined) return null;
  await workspace.fs.writeFile(chosen, bytes);
  return { path: workspace.asRelativePath(chosen) };
}
