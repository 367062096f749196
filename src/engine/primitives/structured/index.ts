/** The primitives whose parameters hold programs, and the rows that make a program a program. */
import type { PrimitiveTable } from '../primitive';
import { base } from './base';
import { calls } from './call';
import { cond } from './cond';
import { customs } from './custom';
import { scan } from './scan';
import { whileLoop } from './while';

export const structured = {
  ...base,
  ...calls,
  ...customs,
  cond,
  scan,
  while: whileLoop,
} satisfies Partial<PrimitiveTable>;
