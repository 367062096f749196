/** A tracer and its recorder are one subject: see recorder.ts. */
export { Tracer } from './recorder';
