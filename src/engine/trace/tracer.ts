/** A tracer and its recorder are one subject: see recorder.ts. */
export { KNOWN_NUMBER, NUMBER, Tracer } from './recorder';
