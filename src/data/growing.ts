type Numbers = Float32Array | Float64Array | Int32Array;

/** Numbers whose count is not known beforehand, in a typed array that doubles when it is full. */
export class Growing<T extends Numbers> {
  #numbers: T;
  #length = 0;
  readonly #make: (length: number) => T;

  constructor(make: (length: number) => T) {
    this.#make = make;
    this.#numbers = make(1024);
  }

  push(value: number): void {
    if (this.#length === this.#numbers.length) {
      const larger = this.#make(2 * this.#length);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers[this.#length++] = value;
  }

  get length(): number {
    return this.#length;
  }

  /** What there is so far, without a copy. */
  get values(): T {
    return this.#numbers.subarray(0, this.#length) as T;
  }
}
