/** What a tensor's bytes are counted as in the plan. */
export type Category = "weights" | "gradients" | "optimizer" | "activations" | "scratch" | "rows";
export const CATEGORIES: readonly Category[] = [
  "weights",
  "gradients",
  "optimizer",
  "activations",
  "scratch",
  "rows",
];

/** A tensor's place in a checkpoint. */
export interface StateEntry {
  /** ROLE_* of the program format. */
  readonly role: number;
  /** The initializer's name, or "<state>:<name>" for optimizer state; its hash is the entry's key. */
  readonly name: string;
}

/** A block of memory that instructions read and write. Two tensors are the same if they are one object. */
export interface Tensor {
  readonly name: string;
  readonly type: "f32" | "i32";
  /** elements = c0 + c1·batch */
  readonly c0: number;
  readonly c1: number;
  readonly category: Category;
  /**
   * "run": it keeps its bytes from load to end. "phase": from the first to the last step of the phase, or of the block
   * of a phase, that uses it. "procedure": its place is free before first and after last use.
   */
  readonly lifetime: "run" | "phase" | "procedure";
  /** Initial content of a tensor that lives for the run; zeros if left out. */
  readonly data?: Float32Array | Int32Array;
  /** What a tensor that lives for a phase begins with; zeros if left out. */
  readonly fill?: number | Uniform;
  readonly state?: StateEntry;
}

/** Uniform in ±bound. */
export interface Uniform {
  readonly bound: number;
  readonly seed: bigint;
}

export interface Instruction {
  /** The signature word of abi/opcodes. */
  readonly opcode: number;
  readonly operands: readonly Tensor[];
  /** u32 words, or the bits of an f32. */
  readonly attributes: readonly number[];
  /** Cost at the full batch, in multiply-adds or their like. */
  readonly work: number;
}

/** A flat list of instructions, with the tensors through which the host speaks to it. */
export interface Procedure {
  readonly name: string;
  /** KIND_* of the program format. */
  readonly kind: number;
  readonly batch: number;
  readonly instructions: readonly Instruction[];
  readonly x?: Tensor;
  readonly y?: Tensor;
  readonly output?: Tensor;
  /** Mean over the batch. */
  readonly loss?: Tensor;
  /** What the mean was divided by, if not by the rows. */
  readonly weight?: Tensor;
  /** Right answers, and all of them. */
  readonly correct?: Tensor;
  readonly norm?: Tensor;
  /** Of a step that solves: what it made smaller, before it and after each of its sweeps. Read by name, not by the core. */
  readonly objective?: readonly Tensor[];
}

/** The tensors through which the host speaks to a procedure, in the order of the program format. */
export function rowsAndResults(procedure: Procedure): readonly (Tensor | undefined)[] {
  return [procedure.x, procedure.y, ...resultsOf(procedure)];
}

/** What the host reads when the procedure is over. */
export function resultsOf(procedure: Procedure): readonly (Tensor | undefined)[] {
  const { output, loss, weight, correct, norm } = procedure;
  return [output, loss, weight, correct, norm];
}

/** Which step runs, for how long, in which order of rows. */
export interface Phase {
  /** "train", "statistics", or what a strategy calls it. */
  readonly name: string;
  /** Whether its loss is the model's own, which evaluate tells of any rows. */
  readonly isModels: boolean;
  /** Indices of its step procedure, or of those of its blocks, one behind the other. */
  readonly step: number;
  readonly blocks: number;
  /** Of as many procedures that fill what lives for the phase or the block. */
  readonly begin?: number;
  /** How blocks are chosen. */
  readonly choice?: BlockChoice;
  readonly batch: number;
  /** No batch may have fewer rows. */
  readonly smallestBatch: number;
  /** 0: steps decide. */
  readonly epochs: number;
  /** 0: epochs decide. */
  readonly steps: number;
  readonly shuffle: boolean;
  readonly dropLast: boolean;
  readonly seed: bigint;
  readonly lrTensor: Tensor;
  readonly lr: number;
  readonly schedule: Schedule;
  /** The host tells how well each epoch did: plateauMetric(). */
  readonly takesMetric: boolean;
}

/** In which order blocks of parameters have their turns, of how many steps each. */
export interface BlockChoice {
  /** BLOCK_ORDER_* of the program format. */
  readonly order: number;
  readonly steps: number;
  /** Gauss-Southwell: the procedure that scores all blocks, and a score for each. */
  readonly scoring?: { readonly procedure: number; readonly scores: readonly Tensor[] };
}

/** How the rate goes on from the phase's own; which field means what to which kind is told by abi/program. */
export interface Schedule {
  /** SCHEDULE_* of the program format. */
  readonly kind: number;
  readonly warmup: number;
  readonly period?: number;
  readonly factor?: number;
  readonly lrEnd?: number;
  readonly lrStart?: number;
  readonly threshold?: number;
}

/** Everything that a program file holds, before anything has an address. */
export interface TrainingGraph {
  readonly procedures: readonly Procedure[];
  readonly phases: readonly Phase[];
  /** What a checkpoint holds, in its order. */
  readonly states: readonly Tensor[];
  readonly rowOrder?: Tensor;
  /** How many rows the row order holds; 0 without training. */
  readonly rowsMax: number;
}

export function elementsAt(tensor: Pick<Tensor, "c0" | "c1">, batch: number): number {
  return tensor.c0 + tensor.c1 * batch;
}

/** Bytes at a batch, padded to 16. Every element type so far has four bytes. */
export function bytesAt(tensor: Pick<Tensor, "c0" | "c1">, batch: number): number {
  return Math.ceil(elementsAt(tensor, batch) / 4) * 16;
}

/** The words of f64s, low first, as instructions store them. */
export function doubleBits(...values: readonly number[]): number[] {
  return [...new Uint32Array(Float64Array.from(values).buffer)];
}

/** The bits of an f32, as instructions and phases store it. */
export function floatBits(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0]!;
}

/** The words of a seed, low first. */
export function seedWords(seed: bigint): [number, number] {
  return [Number(seed & 0xffffffffn), Number(seed >> 32n)];
}
