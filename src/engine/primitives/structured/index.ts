/** The primitives whose parameters hold programs, and the rows that make a program a program. */
import type { PrimitiveTable } from '../primitive';
import { base } from './base';

export const structured = { ...base } satisfies Partial<PrimitiveTable>;
