import { readdirSync, readFileSync } from "node:fs";
import { optimizerRows } from "../../src/autodiff/optimizers/index.js";
import type { LossChoice, OptimizerName, OptimizerOptions } from "../../src/compile/options.js";
import type { ModelOptions } from "../../src/index.js";

// What scripts/fixtures/parity.py writes.

const folder = new URL("../fixtures/parity/", import.meta.url).pathname;

/** The options are the command line's. */
export type ParityOptions = Omit<ModelOptions, "optimizer" | "loss"> & {
  readonly loss: LossChoice;
  readonly optimizer: OptimizerName;
  readonly lr: number;
  readonly batch: number;
  readonly steps: number;
  readonly noShuffle: boolean;
};

export interface ParityCase {
  readonly options: ParityOptions;
  readonly rows: number;
  readonly spread: Readonly<Record<string, number>>;
  /** The case whose model and rows this one has. */
  readonly base?: string;
}

/** Every case that trains a model. */
export const parityCases = readdirSync(folder).filter((name) => name !== "adam-eps-inside");

export function parityCase(name: string): ParityCase {
  return JSON.parse(readFileSync(`${folder}${name}/case.json`, "utf8")) as ParityCase;
}

export function parityFile(name: string, part: string): Uint8Array {
  return new Uint8Array(readFileSync(`${folder}${name}/${part}`));
}

/** The model or the rows of a case. */
export function parityGiven(name: string, part: "model.onnx" | "x.npy" | "y.npy"): Uint8Array {
  return parityFile(parityCase(name).base ?? name, part);
}

/** What `compile` takes of a parity case. */
export function modelOptionsOf(options: ParityOptions): ModelOptions {
  const { batch, steps, noShuffle, ...others } = options;
  const rows = optimizerRows(options.optimizer);
  const own = Object.entries(others).filter(([key]) => !Object.hasOwn(rows, key));
  return { ...Object.fromEntries(own), optimizer: optimizerOf(options) };
}

/** The optimizer of a parity case, without the options of other things. */
export function optimizerOf({ optimizer: name, ...options }: ParityOptions): OptimizerOptions {
  const rows = optimizerRows(name);
  const own = Object.entries(options).filter(([key]) => Object.hasOwn(rows, key));
  return { ...Object.fromEntries(own), name } as OptimizerOptions;
}
