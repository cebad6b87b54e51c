/** Where the training stands, as far as an instruction may ask. */
export interface Position {
  /** Finished steps of the phase. */
  readonly step: number;
  /** Rows of this epoch that are done. */
  readonly row: number;
}

/** One instruction at work: its operands cut to their elements at this batch. */
export interface Call {
  readonly operands: readonly Float64Array[];
  readonly attributes: readonly number[];
  readonly batch: number;
  readonly position: Position;
  /** Index of the instruction in its procedure, for errors. */
  readonly index: number;
}

/** Computes one opcode, naively and in f64. */
export type Kernel = (call: Call) => void;

/** An attribute that holds the bits of an f32. */
export function floatOf(word: number): number {
  return new Float32Array(Uint32Array.of(word).buffer)[0]!;
}
