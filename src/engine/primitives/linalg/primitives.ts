/** Matrix decompositions and triangular systems, batched over leading axes. */
import type { PrimitiveTable } from '../primitive';
import { cholesky } from './cholesky';
import { eigh } from './eigh';
import { lu } from './lu';
import { qr } from './qr';
import { svd } from './svd';
import { triangularSolve } from './triangularSolve';

export const linearAlgebra = { cholesky, triangularSolve, lu, qr, eigh, svd } satisfies Partial<PrimitiveTable>;
