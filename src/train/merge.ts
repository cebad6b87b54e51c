import { ROLE_OPTIMIZER } from "../../assembly/abi/program.js";
import { compileProgram, type ProgramParameter } from "../compile/compile.js";
import { fnv1a32 } from "../compile/hash.js";
import { completeOptions } from "../compile/options.js";
import { StropError } from "../errors.js";
import { selectTrained } from "../graph/parameters.js";
import { unview } from "../graph/view.js";
import { readCheckpoint } from "../runtime/checkpoint.js";
import type { Model } from "./model.js";
import { likelyLoss } from "./notes.js";

export interface MergeResult {
  /** The initializers that came from the device. */
  readonly merged: readonly string[];
  /** The phase that the device was in, counted from 1. */
  readonly phase: number;
  /** Steps that it had done of this phase. */
  readonly steps: number;
}

/**
 * Puts what a device learned into the model that its program was built from. What was frozen there is not
 * in the checkpoint, and stays.
 *
 * @param name of the checkpoint, for errors
 * @throws StropError for a damaged checkpoint, or one of another model
 */
export function mergeCheckpoint(model: Model, bytes: Uint8Array, name = "checkpoint"): MergeResult {
  const checkpoint = readCheckpoint(bytes, name);
  const places = placesByHash(model);
  const weights = new Map<string, Float32Array>();
  for (const { nameHash, role, data } of checkpoint.tensors) {
    if (role === ROLE_OPTIMIZER) continue;
    const place = places.get(nameHash);
    if (place?.role !== role)
      throw otherModel(name, "it holds a tensor that the model does not have");
    if (place.elements !== data.length) {
      const problem = `it holds ${data.length} values for '${place.name}', which has ${place.elements}`;
      throw otherModel(name, problem);
    }
    weights.set(place.name, unview(place.initializer, data));
  }
  if (weights.size === 0) throw otherModel(name, "it holds no weights");
  model.setWeights(weights);
  const { phase, steps } = checkpoint;
  return { merged: [...weights.keys()], phase: phase + 1, steps };
}

/** Where everything lies that can be trained, as the compiler lays it out whatever is frozen. */
function placesByHash(model: Model): ReadonlyMap<number, ProgramParameter> {
  const { graph } = model;
  const trained = selectTrained(graph);
  const options = completeOptions({
    rows: 32,
    loss: likelyLoss(graph),
    trainable: (name) => trained.has(name),
  });
  const { parameters } = compileProgram(graph, options);
  return new Map(parameters.map((parameter) => [fnv1a32(parameter.name), parameter]));
}

function otherModel(name: string, problem: string): StropError {
  return new StropError(`this checkpoint is of another model: ${problem}`, {
    code: "checkpoint-model",
    where: name,
    hint: "Give the model that the program was built from; if it was built with --head N, give --head N.",
  });
}
