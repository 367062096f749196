/** Edits of the arguments: live while dragged, undoable when dropped. */
import type { Data } from '../../runner/protocol';
import type { PanelController } from '../controller';
import { t } from '../l10n';
import type { InputsState } from '../store';
import { getAt, mapNumbers, setAt, type DataPath } from './dataTree';
import { pasteInto } from './paste';

const UNDO = 100;

export class InputsController {
  constructor(private readonly panel: PanelController) {}

  get args(): Data[] {
    const { inputs, ready } = this.panel.store.get();
    return inputs.draft ?? ready?.inspection.args ?? [];
  }

  private get state(): InputsState {
    return this.panel.store.get().inputs;
  }

  private patch(patch: Partial<InputsState>): void {
    this.panel.store.set({ inputs: { ...this.state, ...patch } });
  }

  range(name: string): readonly [number, number] | undefined {
    return this.state.ranges[name];
  }

  /** The range of the slider that is being dragged: it must not jump under the pointer. */
  dragged(name: string): readonly [number, number] | undefined {
    return this.panel.dragging === name ? this.state.ranges[name] : undefined;
  }

  isOpen(name: string): boolean {
    return this.state.open.includes(name);
  }

  open(name: string): void {
    this.patch({ open: [...this.state.open, name] });
  }

  /** A slider moves: its range stays, and what was before the drag can be undone to. */
  drag(name: string, range: readonly [number, number], path: DataPath, value: number): void {
    const before = this.panel.dragging === name ? undefined : this.args;
    this.panel.dragging = name;
    this.patch({
      ranges: { ...this.state.ranges, [name]: range },
      ...(before === undefined ? {} : this.remembered(before)),
    });
    this.send(setAt(this.args, path, value) as Data[]);
  }

  /** Let go: the view gives a slider whose value stands at its end a new range. */
  drop(): void {
    this.panel.release();
  }

  commit(path: DataPath, value: Data): void {
    this.replace(setAt(this.args, path, value) as Data[]);
  }

  undo(): void {
    const { undo, redo } = this.state;
    const last = undo.at(-1);
    if (last === undefined) return;
    this.patch({ undo: undo.slice(0, -1), redo: [...redo, this.args] });
    this.send(last);
  }

  redo(): void {
    const { undo, redo } = this.state;
    const next = redo.at(-1);
    if (next === undefined) return;
    this.patch({ redo: redo.slice(0, -1), undo: [...undo, this.args] });
    this.send(next);
  }

  /** New numbers in −2 … 2 for what is differentiated; the rest stays. */
  randomize(): void {
    const wrt = this.panel.store.get().ready?.inspection.wrt ?? [];
    this.replace(
      this.args.map((arg, i) =>
        wrt.includes(i) ? mapNumbers(arg, () => Math.round((Math.random() * 4 - 2) * 1000) / 1000) : arg,
      ),
    );
  }

  pasteText(path: DataPath, text: string): boolean {
    const pasted = pasteInto(getAt(this.args, path), text);
    if (pasted === undefined) {
      this.panel.tell('error', t.inputs.pasteFailed);
      return false;
    }
    this.commit(path, pasted);
    return true;
  }

  pasteClipboard(argument: number): void {
    navigator.clipboard.readText().then(
      (text) => this.pasteText([argument], text),
      (error: unknown) => this.panel.tell('error', error instanceof Error ? error.message : String(error)),
    );
  }

  private replace(args: Data[]): void {
    this.patch(this.remembered(this.args));
    this.send(args);
  }

  private remembered(args: Data[]): Partial<InputsState> {
    return { undo: [...this.state.undo, args].slice(-UNDO), redo: [] };
  }

  private send(args: Data[]): void {
    this.patch({ draft: args });
    this.panel.setArguments(args);
  }
}
