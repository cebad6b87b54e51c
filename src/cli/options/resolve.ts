import type {
  FitOptions,
  InferenceOptions,
  LossName,
  ModelOptions,
  OptimizerOptions,
} from "../../node.js";
import type { Output } from "../output.js";
import { badOption, flagOf } from "./option.js";
import type { TrainOptions } from "./train.js";

type OptimizerName = NonNullable<TrainOptions["optimizer"]>;

/** Options of an optimizer's own. */
const OWN: Readonly<Record<OptimizerName, readonly (keyof TrainOptions)[]>> = {
  sgd: ["momentum", "nesterov"],
  momentum: ["momentum", "nesterov"],
  adam: ["beta1", "beta2", "eps", "epsInside"],
};
const ALL_OWN = [...new Set(Object.values(OWN).flat())];

/**
 * The train options with every default filled in that does not depend on the data, and checked against each
 * other: they run again through --config.
 *
 * @throws StropError with exit code 2 for options that do not go together
 */
export function resolveOptions(given: TrainOptions): TrainOptions & { optimizer: OptimizerName } {
  const { optimizer = "adam" } = given;
  checkOptimizer(optimizer, given);
  checkValidation(given);
  checkBatchNorm(given);
  const isAdam = optimizer === "adam";
  const own = isAdam
    ? { beta1: 0.9, beta2: 0.999, eps: 1e-8 }
    : { momentum: optimizer === "momentum" ? 0.9 : 0 };
  const { loss, epochs, steps } = given;
  const resolved = {
    bn: "batch",
    batch: 32,
    seed: 0,
    lr: isAdam ? 1e-3 : 1e-2,
    weightDecay: 0,
    ...own,
    ...(epochs === undefined && steps === undefined && { epochs: 10 }),
    ...given,
    ...(loss && { loss: lossName(loss) }),
    optimizer,
  } as const;
  if (resolved.nesterov && !resolved.momentum) {
    throw badOption("--nesterov", "it needs a momentum", "Give --momentum 0.9.");
  }
  return resolved;
}

function checkOptimizer(optimizer: OptimizerName, given: TrainOptions): void {
  for (const key of ALL_OWN) {
    if (given[key] === undefined || OWN[optimizer].includes(key)) continue;
    const owners = (Object.keys(OWN) as OptimizerName[]).filter((name) => OWN[name].includes(key));
    const problem = `it does not belong to the optimizer ${optimizer}`;
    throw badOption(flagOf(key), problem, `It is an option of ${owners.join(" and ")}.`);
  }
}

function checkValidation(given: TrainOptions): void {
  const { validation, validationData, validationLabels, patience } = given;
  if (patience !== undefined && validation === undefined && validationData === undefined) {
    const hint = "Give --validation 0.2, or --validation-data.";
    throw badOption("--patience", "there are no held-out rows to watch", hint);
  }
  if (validation !== undefined && validationData !== undefined) {
    throw badOption("--validation", "--validation-data is given too", "Give one of them.");
  }
  if (validationLabels !== undefined && validationData === undefined) {
    throw badOption("--validation-labels", "it needs --validation-data");
  }
}

function checkBatchNorm({ bn, bnOnly, bnReestimate }: TrainOptions): void {
  if (bnOnly && bnReestimate) {
    throw badOption("--bn-only", "--bn-reestimate is given too", "Give one of them.");
  }
  if (bn === "frozen" && (bnOnly || bnReestimate)) {
    const problem = "--bn frozen keeps the statistics that are to be estimated anew";
    throw badOption(bnOnly ? "--bn-only" : "--bn-reestimate", problem, "Give one of them.");
  }
}

/** The loss without its aliases. */
export function lossName(loss: NonNullable<TrainOptions["loss"]>): LossName {
  return loss === "softmax-cross-entropy" ? "cross-entropy" : loss;
}

/** Resolved options as `compile` takes them. */
export function modelOptionsOf(options: ReturnType<typeof resolveOptions>): ModelOptions {
  const { loss, freeze, trainOnly, noDecay, bn, clipValue, clipNorm } = options;
  return {
    optimizer: optimizerOf(options),
    ...(loss && { loss: lossName(loss) }),
    ...(freeze && { freeze }),
    ...(trainOnly && { trainOnly }),
    ...(noDecay && { noDecay }),
    ...(bn && { bn }),
    ...(clipValue !== undefined && { clipValue }),
    ...(clipNorm !== undefined && { clipNorm }),
  };
}

function optimizerOf(options: ReturnType<typeof resolveOptions>): OptimizerOptions {
  const { optimizer, lr, weightDecay, momentum, nesterov, beta1, beta2, eps, epsInside } = options;
  const common = given({ lr, weightDecay });
  if (optimizer !== "adam") return { name: "sgd", ...common, ...given({ momentum, nesterov }) };
  return { name: "adam", ...common, ...given({ beta1, beta2, eps, epsInside }) };
}

/** Resolved options as `fit`, `plan` and `build` take them; the gradient's norm goes with the metrics. */
export function fitOptionsOf(options: TrainOptions): FitOptions {
  const { batch, epochs, steps, dropLast, noShuffle, seed, validation, metrics, flavour } = options;
  const { bnOnly, bnReestimate } = options;
  return given({
    batchSize: batch,
    epochs,
    steps,
    dropLast,
    seed,
    flavour,
    shuffle: noShuffle ? false : undefined,
    reestimate: bnOnly ? "only" : bnReestimate ? "after" : undefined,
    validationSplit: validation,
    gradNorm: metrics === undefined ? undefined : true,
  });
}

/** Options of runs that train nothing. */
export function inferenceOptionsOf(
  { batch, flavour }: Pick<TrainOptions, "batch" | "flavour">,
  output: Output,
): InferenceOptions {
  const onNote = (note: string) => output.note(note);
  return { ...given({ batchSize: batch, flavour }), onNote };
}

type Given<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

function given<T extends object>(options: T): Given<T> {
  const there = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(there) as Given<T>;
}
