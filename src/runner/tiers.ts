/** The ways to run programs that are faster than the reference interpreter, the runner's own among them. */
import '../engine/execute/tiers';
import { addTier } from '../engine/execute/run';
import { gradientTier } from '../engine/execute/scalar/gradient';

addTier(gradientTier);
