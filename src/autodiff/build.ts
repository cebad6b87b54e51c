import { CHECK_FINITE } from "../../assembly/abi/opcodes.js";
import { KIND_EVALUATE, KIND_PREDICT, KIND_STEP } from "../../assembly/abi/program.js";
import { StropError } from "../errors.js";
import type { Graph, Node, ValueInfo } from "../graph/graph.js";
import { inferShapes } from "../graph/infer.js";
import { shapeElements } from "../graph/shape.js";
import { checkBatches, checkHasBatch, checkReestimation } from "./check-batch.js";
import { makeLoss } from "./losses/index.js";
import type { Loss } from "./losses/loss.js";
import { backwardOf, forwardOf } from "./ops/index.js";
import { makeOptimizer, type Optimizer } from "./optimizers/index.js";
import type { TrainingOptions } from "./options.js";
import { ProcedureBuilder, type ProcedureContext } from "./procedure-builder.js";
import {
  differentiableInputs,
  nodesBefore,
  trainedValues,
  valuesNeedingGradient,
} from "./reach.js";
import { makeSchedule } from "./schedules.js";
import type { Phase, Procedure, Tensor, TrainingGraph } from "./training-graph.js";
import { Updates } from "./updates.js";
import { type StateTensor, Weights } from "./weights.js";

export interface BuiltTraining {
  readonly graph: TrainingGraph;
  /** Initializers that training changes, in the order of the checkpoint. */
  readonly changing: readonly StateTensor[];
  readonly classes: number | undefined;
}

/**
 * Makes predict, evaluate and the steps of a graph whose images lie NHWC.
 *
 * @param lossOn the value that the loss is taken on
 */
export function buildTraining(
  graph: Graph,
  options: TrainingOptions,
  lossOn = graph.outputs[0]!,
): BuiltTraining {
  const build = new Build(graph, options, lossOn);
  const procedures = [build.predict()];
  if (build.loss) procedures.push(build.evaluate(build.loss));
  if (!options.training) {
    const whole = { procedures, phases: [], states: [], rowsMax: 0 };
    return { graph: whole, changing: [], classes: build.loss?.classes };
  }
  if (!build.loss) throw new Error("training needs a loss");
  const optimizer = makeOptimizer(options.optimizer);
  const phases: Phase[] = [];
  if (options.reestimate !== "only") {
    const step = procedures.push(build.step(build.loss, optimizer)) - 1;
    phases.push(phaseOf(options, step, build.smallestBatch, optimizer));
  }
  if (options.reestimate) {
    const step = procedures.push(build.statistics(build.loss)) - 1;
    const order = { epochs: 1, steps: 0, shuffle: false } as const;
    const rate = { schedule: { name: "constant" }, takesMetric: false } as const;
    const whole = { ...options, ...order, ...rate };
    phases.push(phaseOf(whole, step, build.smallestBatch, optimizer));
  }
  const changing = build.weights.states;
  const rowOrder: Tensor = {
    name: "row order",
    type: "i32",
    c0: options.rows,
    c1: 0,
    category: "rows",
    lifetime: "run",
  };
  return {
    graph: {
      procedures,
      phases,
      states: [...changing.map(({ tensor }) => tensor), ...optimizer.states],
      rowOrder,
      rowsMax: options.rows,
    },
    changing,
    classes: build.loss.classes,
  };
}

function phaseOf(
  options: TrainingOptions,
  step: number,
  smallestBatch: number,
  optimizer: Optimizer,
): Phase {
  const { batch, epochs, steps, shuffle, dropLast, takesMetric } = options;
  const { lr, lrTensor } = optimizer;
  const schedule = makeSchedule(options.schedule, { lr, epochs: epochsOf(options) });
  const length = { epochs, steps, shuffle, dropLast, seed: seedOf(options) };
  return { step, batch, smallestBatch, ...length, lr, lrTensor, schedule, takesMetric };
}

/** How many epochs a run of so many steps has. */
function epochsOf({ epochs, steps, rows, batch }: TrainingOptions): number {
  return epochs || Math.ceil(steps / Math.ceil(rows / batch));
}

function seedOf({ seed }: TrainingOptions): bigint {
  return BigInt.asUintN(64, BigInt(seed));
}

class Build {
  readonly weights: Weights;
  readonly loss: Loss | undefined;
  /** Known once the step is built. */
  smallestBatch = 1;
  private readonly values: ReadonlyMap<string, ValueInfo>;
  private readonly trained: ReadonlySet<string>;
  private readonly x: Tensor;

  constructor(
    private readonly graph: Graph,
    private readonly options: TrainingOptions,
    lossOn: string,
  ) {
    this.values = inferShapes(graph);
    const [input, ...others] = graph.inputs;
    if (!input || others.length > 0) {
      throw new StropError(`a model with ${graph.inputs.length} inputs; one is supported`, {
        code: "unsupported",
      });
    }
    if (options.training || options.loss) checkHasBatch(input);
    const count = shapeElements(input.shape);
    this.x = { name: input.name, type: "f32", ...count, category: "rows", lifetime: "run" };
    this.loss = options.loss && makeLoss(options.loss, graph, lossOn, this.values);
    const nodes = this.loss ? nodesBefore(graph, this.loss.value) : [];
    const { training, trainable, reestimate } = options;
    const trains = training && reestimate !== "only";
    this.trained = trains ? trainedValues(graph, nodes, trainable) : new Set();
    this.weights = new Weights(graph, this.trained, training ? this.moving(nodes) : new Set());
  }

  predict(): Procedure {
    const b = this.builder(new Set(), "frozen");
    const output = this.graph.outputs[0]!;
    this.forward(b, nodesBefore(this.graph, output));
    return { ...this.header("predict", KIND_PREDICT, b), output: b.tensorOf(output) };
  }

  evaluate(loss: Loss): Procedure {
    const b = this.builder(new Set(), "frozen");
    this.forward(b, nodesBefore(this.graph, loss.value));
    const { mean, weight } = loss.forward(b);
    const correct = loss.countCorrect && b.temporary("correct", "scratch", { c0: 2, c1: 0 });
    if (correct) loss.countCorrect?.(b, correct);
    const header = this.header("evaluate", KIND_EVALUATE, b);
    const written = { loss: mean, ...(weight && { weight }), ...(correct && { correct }) };
    return { ...header, y: loss.y, ...written };
  }

  step(loss: Loss, optimizer: Optimizer): Procedure {
    const nodes = nodesBefore(this.graph, loss.value);
    const needing = valuesNeedingGradient(nodes, this.trained);
    const b = this.builder(needing, this.options.bn, seedOf(this.options));
    this.smallestBatch = checkBatches(nodes, b, this.options);
    if (!needing.has(loss.value)) {
      throw new StropError("every parameter is frozen; there is nothing to train", {
        code: "nothing-to-train",
        exitCode: 2,
      });
    }
    this.forward(b, nodes);
    const made = loss.forward(b);
    const { mean, weight } = made;
    b.emit(CHECK_FINITE, [mean]);
    const updates = new Updates(b, optimizer, this.options);
    updates.begin();
    b.backward(loss.value, (gradient) => loss.backward(b, made, gradient));
    this.backward(b, nodes, updates);
    const norm = updates.end();
    b.runDeferred();
    const header = this.header("step", KIND_STEP, b);
    return { ...header, y: loss.y, loss: mean, ...(weight && { weight }), ...(norm && { norm }) };
  }

  /** A pass over the rows that only takes the statistics of batch-norm. */
  statistics(loss: Loss): Procedure {
    const nodes = nodesBefore(this.graph, loss.value);
    const b = this.builder(new Set(), "merge", seedOf(this.options));
    checkReestimation(nodes, this.options);
    this.smallestBatch = checkBatches(nodes, b, this.options);
    this.forward(b, nodes);
    const { mean, weight } = loss.forward(b);
    b.emit(CHECK_FINITE, [mean]);
    b.runDeferred();
    const header = this.header("statistics", KIND_STEP, b);
    return { ...header, y: loss.y, loss: mean, ...(weight && { weight }) };
  }

  private backward(b: ProcedureBuilder, nodes: readonly Node[], updates: Updates): void {
    const firstUse = new Map<string, Node>();
    for (const node of nodes) {
      for (const input of differentiableInputs(node)) {
        if (this.trained.has(input) && !firstUse.has(input)) firstUse.set(input, node);
      }
    }
    const handedOut = new Set<Tensor>();
    for (const node of [...nodes].reverse()) {
      const output = node.outputs[0]!;
      if (!b.needsGradient(output) || !b.hasGradient(output)) continue;
      backwardOf(node, b);
      for (const input of new Set(differentiableInputs(node))) {
        if (firstUse.get(input) !== node || !b.hasGradient(input)) continue;
        const gradient = b.gradientOf(input);
        const isShared = handedOut.has(gradient) || gradient === b.gradientOf(output);
        handedOut.add(gradient);
        updates.add(b.tensorOf(input), gradient, isShared);
      }
    }
  }

  private forward(b: ProcedureBuilder, nodes: readonly Node[]): void {
    b.bind(this.graph.inputs[0]!.name, this.x);
    for (const node of nodes) forwardOf(node, b);
  }

  private builder(
    needsGradient: ReadonlySet<string>,
    batchNorm: ProcedureContext["batchNorm"],
    dropoutSeed?: bigint,
  ): ProcedureBuilder {
    const { values, weights } = this;
    const { batch, runningVariance } = this.options;
    const seed = dropoutSeed === undefined ? {} : { dropoutSeed };
    const context = { values, weights, batch, batchNorm, runningVariance, needsGradient };
    return new ProcedureBuilder({ ...context, ...seed });
  }

  private header(name: string, kind: number, b: ProcedureBuilder) {
    return { name, kind, batch: this.options.batch, instructions: b.instructions, x: this.x };
  }

  private moving(nodes: readonly Node[]): Set<string> {
    if (this.options.bn === "frozen") return new Set();
    return new Set(
      nodes.flatMap((node) => (node.op === "BatchNormalization" ? node.inputs.slice(3, 5) : [])),
    );
  }
}
