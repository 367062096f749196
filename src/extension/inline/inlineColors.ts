/** The theme colours of inline values, as package.json contributes them for light, dark and high contrast. */
import { ThemeColor } from 'vscode';
import type { Tone } from './inlineModel';

const color = (name: string): ThemeColor => new ThemeColor(`gradlens.${name}`);

export const VALUE_COLOR = color('inlineValueForeground');
export const STALE_COLOR = color('inlineStaleForeground');
export const ALARM_COLOR = color('inlineNotFiniteForeground');

export const TONE_COLORS: Record<Tone, ThemeColor> = {
  zero: color('adjointZeroForeground'),
  positive: color('adjointPositiveForeground'),
  positiveWeak: color('adjointPositiveWeakForeground'),
  negative: color('adjointNegativeForeground'),
  negativeWeak: color('adjointNegativeWeakForeground'),
  notFinite: ALARM_COLOR,
  none: VALUE_COLOR,
};
