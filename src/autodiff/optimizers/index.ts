import { ROLE_OPTIMIZER } from "../../../assembly/abi/program.js";
import { type Conflict, type OptionRow, withDefaults } from "../../option-rows.js";
import type { Tensor } from "../training-graph.js";
import { type AdadeltaOptions, adadelta } from "./adadelta.js";
import { type AdagradOptions, adagrad } from "./adagrad.js";
import { type AdamOptions, adam } from "./adam.js";
import { type AdamaxOptions, adamax } from "./adamax.js";
import { adamw } from "./adamw.js";
import { amsgrad } from "./amsgrad.js";
import { type LionOptions, lion } from "./lion.js";
import { momentum } from "./momentum.js";
import { type NadamOptions, nadam } from "./nadam.js";
import { type RmspropOptions, rmsprop } from "./rmsprop.js";
import type { CommonOptions, Emitter, NewState, OptimizerSpec, UpdateRates } from "./rule.js";
import { type SgdOptions, sgd } from "./sgd.js";

/** What each optimizer takes, by the names that the command line uses. */
export interface OptimizerOptionsByName {
  /** w ← w − lr·(g + weightDecay·w). lr 1e-2. */
  readonly sgd: SgdOptions;
  /** sgd with momentum 0.9. */
  readonly momentum: SgdOptions;
  /** AdaGrad (Duchi et al. 2011). lr 1e-3, eps 1e-10 outside the root. */
  readonly adagrad: AdagradOptions;
  /** RMSProp (Tieleman & Hinton 2012). lr 1e-3, alpha 0.99, eps 1e-8 outside the root. */
  readonly rmsprop: RmspropOptions;
  /** AdaDelta (Zeiler 2012). lr 1e-3, rho 0.9, eps 1e-6. */
  readonly adadelta: AdadeltaOptions;
  /** Adam (Kingma & Ba 2015). lr 1e-3, beta1 0.9, beta2 0.999, eps 1e-8 outside the root. */
  readonly adam: AdamOptions;
  /** AMSGrad (Reddi et al. 2018). Defaults as adam. */
  readonly amsgrad: AdamOptions;
  /** AdamW (Loshchilov & Hutter 2019). Defaults as adam, but weightDecay 1e-2. */
  readonly adamw: AdamOptions;
  /** NAdam (Dozat 2016). Defaults as adam, momentumDecay 4e-3. */
  readonly nadam: NadamOptions;
  /** Adamax (Kingma & Ba 2015). Defaults as adam. */
  readonly adamax: AdamaxOptions;
  /** Lion (Chen et al. 2023). lr 1e-3, beta1 0.9, beta2 0.99. */
  readonly lion: LionOptions;
}

export type OptimizerName = keyof OptimizerOptionsByName;

export type OptimizerOptions = {
  readonly [N in OptimizerName]: { readonly name: N } & OptimizerOptionsByName[N];
}[OptimizerName];

/** Every optimizer; checks, defaults, the API and the command line follow from its row. */
const OPTIMIZERS: {
  readonly [N in OptimizerName]: OptimizerSpec<OptimizerOptionsByName[N]>;
} = { sgd, momentum, adagrad, rmsprop, adadelta, adam, amsgrad, adamw, nadam, adamax, lion };

export const OPTIMIZER_NAMES = Object.keys(OPTIMIZERS) as readonly OptimizerName[];

/** The rows of an optimizer's options. */
export function optimizerRows(name: OptimizerName): Readonly<Record<string, OptionRow>> {
  return specOf(name).rows as Readonly<Record<string, OptionRow>>;
}

/** What does not go together in options that are fine one by one. */
export function optimizerConflict({ name, ...given }: OptimizerOptions): Conflict | undefined {
  const spec = specOf(name);
  return spec.conflict?.(withDefaults(spec.rows, given));
}

/** The options that every optimizer has, defaults filled in. */
export function commonOptions({ name, ...given }: OptimizerOptions): Required<CommonOptions> {
  return withDefaults(specOf(name).rows, given);
}

function specOf(name: OptimizerName): OptimizerSpec<CommonOptions> {
  return OPTIMIZERS[name] as OptimizerSpec<CommonOptions>;
}

/** An optimizer as instructions, with the state it owns. */
export interface Optimizer {
  readonly lr: number;
  readonly weightDecay: number;
  /** Written by the trainer before each step; holds the first rate from the start. */
  readonly lrTensor: Tensor;
  /** Once a step, before the first update. Returns the rate that updates take. */
  begin(b: Emitter): Tensor;
  update(b: Emitter, w: Tensor, gradient: Tensor, rates: UpdateRates): void;
  /** Once a step, after the last update. */
  end(b: Emitter): void;
  /** State made so far, in the order it was made. */
  readonly states: readonly Tensor[];
}

/** Whose optimizer it is, if a program has several. */
export interface OptimizerOwner {
  /** In front of the names of its state. */
  readonly prefix: string;
  readonly lrTensor: Tensor;
}

/** @param owner the phase or block that its state lives for; without, it lives for the run */
export function makeOptimizer(
  { name, ...given }: OptimizerOptions,
  owner?: OptimizerOwner,
): Optimizer {
  const states: Tensor[] = [];
  const newState: NewState = (kind, parameter, c0, data) => {
    const key = `${owner?.prefix ?? ""}${kind}:${parameter}`;
    const tensor: Tensor = {
      name: key,
      type: "f32",
      c0,
      c1: 0,
      category: "optimizer",
      ...(owner
        ? { lifetime: "phase", ...(data && { fill: data[0]! }) }
        : { lifetime: "run", state: { role: ROLE_OPTIMIZER, name: key }, ...(data && { data }) }),
    };
    states.push(tensor);
    return tensor;
  };
  const spec = specOf(name);
  const options = withDefaults(spec.rows, given);
  const rule = spec.make(options, newState);
  const { lr, weightDecay } = options;
  const lrTensor = owner?.lrTensor ?? rateTensor(lr);
  return {
    lr,
    weightDecay,
    lrTensor,
    states,
    begin: (b) => rule.begin?.(b, lrTensor) ?? lrTensor,
    update: (b, w, gradient, rates) => rule.update(b, w, gradient, rates),
    end: (b) => rule.end?.(b),
  };
}

/** The tensor into which the trainer writes each step's rate. */
function rateTensor(lr: number): Tensor {
  const count = { type: "f32", c0: 1, c1: 0 } as const;
  const data = Float32Array.of(lr);
  return { name: "lr", ...count, category: "optimizer", lifetime: "run", data };
}
