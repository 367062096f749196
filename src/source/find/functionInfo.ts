/** What a client is told of a function: its place, its parameters and the points at which it is looked at. Survives structured clone. */
import type { SourceRange } from '../positions';

export interface ParameterInfo {
  name: string;
  /** The type as the user would write it, aliases resolved. */
  type: string;
  range: SourceRange;
  optional: boolean;
  differentiable: boolean;
  /** Why the parameter is not differentiable. */
  reason?: string;
}

/** Where a function is looked at. `expression` is the argument list over the module's scope, as after `@at`. */
export interface PointInfo {
  source: '@at' | 'panel' | 'default' | 'random';
  expression: string;
  /**
   * `expression` is for reading only: lists end early, in `…`, or it holds an instance of a class that was moved. The request
   * `arguments` gives all of it, where there is such a text.
   */
  cut?: true;
  /** The range of the `@at` tag's text, where there is one. */
  range?: SourceRange;
}

export interface FunctionInfo {
  /** Qualified: `f`, `Class.method`, `namespace.f`, `default`. */
  name: string;
  /** The whole declaration, without the doc comment. */
  range: SourceRange;
  nameRange: SourceRange;
  parameters: ParameterInfo[];
  returnType?: string;
  exported: boolean;
  differentiable: boolean;
  /** Why the function is not differentiable, in one short sentence. */
  reason?: string;
  /** At least one where the function is differentiable. */
  points: PointInfo[];
  /** Indices of the arguments to differentiate: `@wrt`, else every floating-point argument. */
  wrt: number[];
  /** The function whose gradient this one claims to be (`@gradientOf f`). */
  gradientOf?: string;
  /** True where the doc comment asks for a check (`@check`) or `@gradientOf` stands. */
  checked: boolean;
}
