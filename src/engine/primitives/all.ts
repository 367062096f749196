/** Every primitive, family by family. The type makes the table total: a primitive without an entry does not compile. */
import { conv } from './conv';
import { cumulatives } from './cumulative';
import { dotGeneral } from './dot';
import { dynamicSlices } from './dynamicSlices';
import { elementwiseBinary } from './elementwiseBinary';
import { elementwiseUnary } from './elementwiseUnary';
import { indexing } from './indexing';
import { linearAlgebra } from './linalg/primitives';
import type { PrimitiveTable } from './primitive';
import { randomBits } from './random';
import { reductions } from './reductions';
import { selection } from './select';
import { shapes } from './shape';
import { sorting } from './sorting';
import { specialFunctions } from './special/primitives';
import { structured } from './structured/index';
import { definePrimitives } from './table';

const table: PrimitiveTable = {
  ...structured,
  ...elementwiseUnary,
  ...elementwiseBinary,
  ...specialFunctions,
  ...selection,
  ...reductions,
  ...cumulatives,
  ...sorting,
  ...shapes,
  ...indexing,
  ...dynamicSlices,
  dotGeneral,
  conv,
  ...linearAlgebra,
  randomBits,
};

definePrimitives(table);
