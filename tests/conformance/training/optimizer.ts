import { compileOptimizer } from "../../../src/compile/optimizer-program.js";
import type { OptimizerOptions } from "../../../src/compile/options.js";
import { Core } from "../../../src/runtime/core.js";
import { type Computed, difference, floatsOf, integersOf } from "../compare.js";
import { FLAVOURS } from "../inference.js";
import { attempt, type Driver, judged, type Outcome, worst } from "../outcome.js";
import { TrainingNode } from "./node.js";

// Adagrad, Adam and Momentum of ai.onnx.preview.training: inputs R (rate), T (updates so far), then for all
// parameters X…, G…, and each state…; outputs X…, and each state…

/** What of ours an op is, and what its states hold before the update. */
interface Mapping {
  readonly options: OptimizerOptions;
  /** By the op's order: what compileOptimizer calls each state of a parameter. */
  readonly states: readonly string[];
  /** Memory of the whole optimizer: name and content. */
  readonly whole?: readonly [name: string, values: Float32Array | Float64Array];
}

type Map = (node: TrainingNode, rate: number, step: number) => Mapping;

function optimizer(mapping: Map): Driver {
  return (one) =>
    attempt(() => {
      const node = new TrainingNode(one);
      const [rate] = floatsOf(node.input(0)!).data;
      const [step] = integersOf(node.input(1)!);
      const mapped = mapping(node, rate!, step!);
      return worst(FLAVOURS.map((flavour) => update(node, mapped, flavour)));
    });
}

function update(node: TrainingNode, mapped: Mapping, flavour: (typeof FLAVOURS)[number]): Outcome {
  const count = (node.inputCount - 2) / (2 + mapped.states.length);
  const given = (kind: number, i: number) => floatsOf(node.input(2 + kind * count + i)!);
  const parameters = Array.from({ length: count }, (_, i) => given(0, i));
  const program = compileOptimizer(
    mapped.options,
    parameters.map(({ data }) => data.length),
  );
  const core = Core.load(program.bytes, flavour);
  const stateOf = (kind: string, i: number) => program.states.get(`${kind}:parameter ${i}`)!;
  const view = ({ offset, elements }: { offset: number; elements: number }) =>
    core.floats(offset, elements);
  for (const [i, { data }] of parameters.entries()) {
    view(program.parameters[i]!).set(data);
    view(program.gradients[i]!).set(given(1, i).data);
    for (const [k, kind] of mapped.states.entries())
      view(stateOf(kind, i)).set(given(2 + k, i).data);
  }
  if (mapped.whole) {
    const [name, values] = mapped.whole;
    core
      .bytes(program.states.get(name)!.offset, values.byteLength)
      .set(new Uint8Array(values.buffer));
  }
  core.execute(program.procedure, 1);
  const places = [
    ...program.parameters,
    ...mapped.states.flatMap((kind) => parameters.map((_, i) => stateOf(kind, i))),
  ];
  const wrong = places.map((place, i) => {
    const computed: Computed = { shape: parameters[i % count]!.shape, data: view(place) };
    return difference(computed, node.outputs[i]!);
  });
  return judged(wrong.find((problem) => problem !== undefined));
}

/**
 * V ← αV + (1−α)G; H ← βH + (1−β)G²; X ← X − R·√(1−βᵀ)/(1−αᵀ) · V/(√H + ε), the corrections only for T > 0. Ours
 * has ε beside √H/√(1−βᵀ), and the corrections in a state that an update moves from T−1 to T.
 */
export const adam = optimizer((node, lr, step) => {
  const { attributes } = node;
  if (attributes.float("norm_coefficient_post", 0) !== 0) node.refuse("a decay after the update");
  const betas = [attributes.float("alpha", 0.9), attributes.float("beta", 0.999)] as const;
  const correction = (beta: number, t: number) => (step === 0 ? 1 : 1 - beta ** t);
  const eps = attributes.float("epsilon", 1e-6) / Math.sqrt(correction(betas[1], step));
  const weightDecay = attributes.float("norm_coefficient", 0);
  const [beta1, beta2] = betas;
  return {
    options: { name: "adam", lr, beta1, beta2, eps, weightDecay },
    states: ["m", "v"],
    whole: ["corrections:", Float64Array.from(betas, (beta) => correction(beta, step - 1))],
  };
});

/**
 * V ← αV + βG (β 1 for T = 0); X ← X − R·V, or with Nesterov's momentum X − R·(G + αV). Ours takes all of the first
 * gradient, and of later ones a share that a state holds.
 */
export const momentum = optimizer((node, lr, step) => {
  const { attributes } = node;
  const beta = step === 0 ? 1 : attributes.float("beta", 1);
  const nesterov = attributes.string("mode", "standard") === "nesterov";
  const weightDecay = attributes.float("norm_coefficient", 0);
  const momentum = attributes.float("alpha", 0);
  return {
    options: { name: "sgd", lr, momentum, dampening: 1 - beta, nesterov, weightDecay },
    states: ["m"],
    ...(beta !== 1 && { whole: ["take:", Float32Array.of(beta)] as const }),
  };
});

/** H ← H + G²; X ← X − R/(1 + T·decay)·G/(√H + ε). */
export const adagrad = optimizer((node, lr, step) => {
  const { attributes } = node;
  const lrDecay = attributes.float("decay_factor", 0);
  const eps = attributes.float("epsilon", 1e-6);
  const weightDecay = attributes.float("norm_coefficient", 0);
  return {
    options: { name: "adagrad", lr, lrDecay, eps, weightDecay },
    states: ["v"],
    ...(lrDecay !== 0 && { whole: ["rate decay:", Float64Array.of(step * lrDecay)] as const }),
  };
});
