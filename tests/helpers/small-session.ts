import { type CompiledProgram, compileProgram } from "../../src/compile/compile.js";
import { type CompileOptions, completeOptions } from "../../src/compile/options.js";
import type { Dataset } from "../../src/data/dataset.js";
import type { Flavour } from "../../src/runtime/flavour.js";
import { Session } from "../../src/runtime/session.js";
import { BATCH, ROWS, type SmallModel } from "./small-models.js";

/** The program of a small model, trained with clipping and Adam. */
export function compileSmall(
  { make }: SmallModel,
  options: Partial<CompileOptions> = {},
): CompiledProgram {
  const fixed = { rows: ROWS, loss: "cross-entropy", trainable: () => true } as const;
  const defaults = { batch: BATCH, epochs: 2, seed: 5, clipNorm: 1 };
  return compileProgram(make().graph, completeOptions({ ...defaults, ...options, ...fixed }));
}

/** Rows as a session takes them, labels unchecked. */
export function datasetOf({ x, y }: Pick<SmallModel, "x" | "y">): Dataset {
  const rows = x.shape[0]!;
  const data = x.data as Float32Array;
  const targets = { kind: "classes", elements: 1, data: y } as const;
  return { rows, rowElements: data.length / rows, x: data, y: targets, notes: [] };
}

export interface SessionRun {
  readonly session: Session;
  /** Of each step, the rows it was made of. */
  readonly batches: readonly number[][];
  readonly losses: readonly number[];
  readonly pauses: number;
  readonly epochs: number;
  readonly fingerprint: string;
}

/** Trains in a session of its own. */
export function runSession(
  small: SmallModel,
  options: Partial<CompileOptions> = {},
  run: { budget?: number; flavour?: Flavour; onStep?: (session: Session) => void } = {},
): SessionRun {
  const session = new Session(compileSmall(small, options).bytes, run.flavour ?? "simd");
  const [batches, losses]: [number[][], number[]] = [[], []];
  let [pauses, epochs] = [0, 0];
  for (const event of session.train(datasetOf(small), run.budget ?? 0)) {
    if (event.kind === "pause") pauses++;
    if (event.kind === "epoch") epochs++;
    if (event.kind !== "step") continue;
    batches.push([...session.batchRows]);
    losses.push(event.loss);
    run.onStep?.(session);
  }
  return { session, batches, losses, pauses, epochs, fingerprint: session.core.fingerprint() };
}
