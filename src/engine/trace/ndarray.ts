/** What the array API's functions take and give: concrete arrays and tracers are both `NdArray`s. */
import { ShapeError } from '../errors';
import type { ArrayData, ArrayValue, Aval, DType, Shape } from '../program/aval';

/** Methods (`add`, `sum`, `at`, …) are added by numpy/methods.ts. */
export abstract class NdArray {
  abstract get aval(): Aval;
  /** The concrete value; computed on demand for a tracer. Reading it alone records nothing: see `item` for control flow. */
  abstract get concrete(): ArrayValue;
  /** The only element, as a number or (for bool) a boolean. @throws ShapeError for any other size */
  abstract item(): number | boolean;

  [Symbol.toPrimitive](hint: string): string | number {
    return hint === 'string' ? this.toString() : this.asNumber();
  }

  /** What operators see: the number of a concrete one-element array. */
  protected asNumber(): number {
    return Number(this.item());
  }

  get shape(): Shape {
    return this.aval.shape;
  }

  get dtype(): DType {
    return this.aval.dtype;
  }

  get ndim(): number {
    return this.aval.shape.length;
  }

  get size(): number {
    return this.aval.shape.reduce((product, extent) => product * extent, 1);
  }

  protected requireOneElement(): void {
    if (this.size !== 1)
      throw new ShapeError('item', 'only an array of one element can be converted to a number', [this.aval]);
  }
}

/** An array with its numbers. */
export class ConcreteArray extends NdArray implements ArrayValue {
  readonly #aval: Aval;

  constructor(
    readonly data: ArrayData,
    shape: Shape,
    dtype: DType,
  ) {
    super();
    this.#aval = { shape, dtype };
  }

  static of(value: ArrayValue): ConcreteArray {
    return value instanceof ConcreteArray ? value : new ConcreteArray(value.data, value.shape, value.dtype);
  }

  get aval(): Aval {
    return this.#aval;
  }

  get concrete(): ArrayValue {
    return this;
  }

  item(): number | boolean {
    this.requireOneElement();
    return this.dtype === 'bool' ? this.data[0] !== 0 : this.data[0];
  }
}
