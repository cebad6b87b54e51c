/** A small generator of uniform numbers in −1 … 1, the same in every run (a 32-bit LCG's high bits). */
export class TestRandom {
  constructor(private state = 1) {}

  next(): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return (this.state >>> 8) / 2 ** 23 - 1;
  }

  array(length: number, scale = 1, shift = 0): Float32Array {
    return Float32Array.from({ length }, () => this.next() * scale + shift);
  }

  labels(length: number, classes: number): number[] {
    return Array.from({ length }, () => Math.floor((this.next() + 1) * 0.4999999 * classes));
  }
}
