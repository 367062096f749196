import { workspace } from 'vscode';
import type { PanelSettings } from '../../webview/protocol';

/** The settings that the panel follows. */
export function readPanelSettings(locale: string): PanelSettings {
  const section = workspace.getConfiguration('gradlens');
  return {
    backend: section.get<PanelSettings['backend']>('backend') ?? 'auto',
    reducedMotion: workspace.getConfiguration('workbench').get<string>('reduceMotion') === 'on',
    locale,
  };
}
