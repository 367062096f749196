/** Registers the ways to run programs that are faster than the reference interpreter. The last registered is asked first. */
import { arrayTier } from './arrays/executable';
import { addTier } from './run';
import { scalarTier } from './scalar/tier';

addTier(arrayTier);
addTier(scalarTier);
