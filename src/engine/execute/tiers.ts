/** Registers the ways to run programs that are faster than the reference interpreter. The last registered is asked first. */
import { addTier } from './run';
import { scalarTier } from './scalar/tier';

addTier(scalarTier);
