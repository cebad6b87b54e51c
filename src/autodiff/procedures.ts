import { CHECK_FINITE, FILL, SQUARE_SUM, UNIFORM } from "../../assembly/abi/opcodes.js";
import { KIND_BEGIN, KIND_EVALUATE, KIND_PREDICT, KIND_STEP } from "../../assembly/abi/program.js";
import { StropError } from "../errors.js";
import type { Graph, Node, ValueInfo } from "../graph/graph.js";
import { inferShapes } from "../graph/infer.js";
import { shapeElements } from "../graph/shape.js";
import { augmented } from "./augment.js";
import { checkBatches, checkHasBatch, checkReestimation } from "./check-batch.js";
import { differenceLoss } from "./losses/element.js";
import { makeLoss } from "./losses/index.js";
import type { Loss, LossTensors } from "./losses/loss.js";
import { backwardOf, forwardOf } from "./ops/index.js";
import type { Optimizer } from "./optimizers/index.js";
import { seedOf, type TrainingOptions } from "./options.js";
import { ProcedureBuilder, type ProcedureContext } from "./procedure-builder.js";
import {
  differentiableInputs,
  nodesBefore,
  trainedValues,
  valuesNeedingGradient,
} from "./reach.js";
import type { Block, Stage } from "./stage.js";
import { floatBits, type Procedure, seedWords, type Tensor } from "./training-graph.js";
import { Updates } from "./updates.js";
import { Weights } from "./weights.js";

/** 2⁶⁴ over the golden ratio: its multiples lie far apart. */
const GOLDEN = 0x9e3779b97f4a7c15n;
/** The place of the pass that takes batch-norm's statistics, whatever phases are there. */
const STATISTICS = -1;

/** Makes the procedures of one graph; they share its weights. */
export class Procedures {
  readonly weights: Weights;
  readonly loss: Loss | undefined;
  /** Known once the steps are built. */
  smallestBatch = 1;
  private readonly values: ReadonlyMap<string, ValueInfo>;
  private readonly x: Tensor;

  constructor(
    private readonly graph: Graph,
    private readonly options: TrainingOptions,
    lossOn: string,
    stages: readonly Stage[],
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
    const trained = new Set<string>();
    for (const { lossOn, trains } of stages) {
      const nodes = nodesBefore(graph, lossOn);
      for (const value of trainedValues(graph, nodes, trains)) trained.add(value);
    }
    const moving = options.training ? this.moving(nodesBefore(graph, lossOn)) : new Set<string>();
    this.weights = new Weights(graph, trained, moving);
  }

  /** Of a stage: the run's, on a value of its own, or the difference to another value. */
  lossOf({ name, lossOn, target }: Stage): Loss {
    if (target !== undefined) return differenceLoss(lossOn, target);
    if (!this.options.loss || !this.loss) throw new Error(`${name} needs a loss`);
    if (lossOn === this.loss.value) return this.loss;
    return makeLoss(this.options.loss, this.graph, lossOn, this.values, this.loss.y);
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
    return { ...header, ...(loss.y && { y: loss.y }), ...written };
  }

  /** One update of the weights named by `trains`. */
  step({ name, stage, trains, loss, optimizer }: StepSpec): Procedure {
    const nodes = nodesBefore(this.graph, loss.value, ...(stage.target ? [stage.target] : []));
    const settled = new Set(stage.from === undefined ? [] : nodesBefore(this.graph, stage.from));
    const trained = trainedValues(this.graph, nodes, trains);
    const needing = valuesNeedingGradient(nodes, trained);
    const b = this.builder(needing, this.options.bn, this.maskSeed(stage.order), settled);
    const live = nodes.filter((node) => !settled.has(node));
    this.smallestBatch = Math.max(this.smallestBatch, checkBatches(live, b, this.options));
    if (!needing.has(loss.value)) {
      throw new StropError("every parameter is frozen; there is nothing to train", {
        code: "nothing-to-train",
        exitCode: 2,
      });
    }
    const made = this.forwardAndLoss(b, nodes, loss, stage);
    const updates = new Updates(b, optimizer, this.options);
    updates.begin();
    b.backward(loss.value, (gradient) => loss.backward(b, made, gradient));
    this.backward(b, nodes, trained, (w, gradient, isShared) => updates.add(w, gradient, isShared));
    const norm = updates.end();
    b.runDeferred();
    return { ...this.stepHeader(name, b, loss, made), ...(norm && { norm }) };
  }

  /** One step of a stage that solves, and what it keeps. */
  solve({ name, stage, loss, lrTensor }: SolveSpec): {
    step: Procedure;
    states: readonly Tensor[];
  } {
    const { trains, from, solve } = stage;
    const nodes = nodesBefore(this.graph, loss.value);
    const settled = new Set(from === undefined ? [] : nodesBefore(this.graph, from));
    const b = this.builder(new Set(), this.options.bn, this.maskSeed(stage.order), settled);
    this.smallestBatch = Math.max(this.smallestBatch, checkBatches([], b, this.options));
    const made = this.forwardAndLoss(b, nodes, loss, stage);
    const site = { graph: this.graph, nodes, loss, made, trains, lrTensor };
    const { states = [], objective, loss: mean = made.mean } = solve!(b, site);
    const header = this.stepHeader(name, b, loss, { ...made, mean });
    return { step: { ...header, ...(objective && { objective }) }, states };
  }

  /** How large the gradient of each block is: the sum of its squares, into the block's score. */
  scores(loss: Loss, blocks: readonly Block[], scores: readonly Tensor[]): Procedure {
    const nodes = nodesBefore(this.graph, loss.value);
    const trained = trainedValues(this.graph, nodes, unionOf(blocks));
    const needing = valuesNeedingGradient(nodes, trained);
    const b = this.builder(needing, this.options.bn, this.maskSeed());
    const made = this.forwardAndLoss(b, nodes, loss, { order: 0 });
    for (const score of scores) b.emit(FILL, [score], [floatBits(0)]);
    b.backward(loss.value, (gradient) => loss.backward(b, made, gradient));
    this.backward(b, nodes, trained, (w, gradient) => {
      const block = blocks.findIndex(({ trains }) => trains.has(w.name));
      b.emit(SQUARE_SUM, [gradient, scores[block]!]);
    });
    return { ...this.header("scores", KIND_BEGIN, b), ...(loss.y && { y: loss.y }) };
  }

  /** Fills what the given steps need for their phase or block only. */
  begin(step: Procedure): Procedure {
    const b = this.builder(new Set(), "frozen");
    const operands = step.instructions.flatMap((instruction) => instruction.operands);
    for (const tensor of new Set(operands)) {
      if (tensor.lifetime === "phase") fill(b, tensor);
    }
    const { batch, instructions } = { batch: step.batch, instructions: b.instructions };
    return { name: `${step.name}: begin`, kind: KIND_BEGIN, batch, instructions };
  }

  /** A pass over the rows that only takes the statistics of batch-norm. */
  statistics(loss: Loss): Procedure {
    const nodes = nodesBefore(this.graph, loss.value);
    const b = this.builder(new Set(), "merge", this.maskSeed(STATISTICS));
    checkReestimation(nodes, this.options);
    this.smallestBatch = Math.max(this.smallestBatch, checkBatches(nodes, b, this.options));
    const made = this.forwardAndLoss(b, nodes, loss);
    b.runDeferred();
    return this.stepHeader("statistics", b, loss, made);
  }

  /** Of Dropout's masks and what rows go through in a phase: the run's own for the first one. */
  private maskSeed(order = 0): bigint {
    return BigInt.asUintN(64, seedOf(this.options) + BigInt(order) * GOLDEN);
  }

  /** @param stage whose steps change their rows first, if the run is told so */
  private forwardAndLoss(
    b: ProcedureBuilder,
    nodes: readonly Node[],
    loss: Loss,
    stage?: Pick<Stage, "order">,
  ): LossTensors {
    const { augment } = this.options;
    const x = stage && augment && augmented(b, this.x, augment, this.maskSeed(stage.order));
    this.forward(b, nodes, x);
    const made = loss.forward(b);
    b.emit(CHECK_FINITE, [made.mean]);
    return made;
  }

  private stepHeader(
    name: string,
    b: ProcedureBuilder,
    { y }: Loss,
    { mean, weight }: LossTensors,
  ): Procedure {
    const header = this.header(name, KIND_STEP, b);
    return { ...header, ...(y && { y }), loss: mean, ...(weight && { weight }) };
  }

  /** Each trained weight's gradient is handed on once it is complete and nothing reads the weight any more. */
  private backward(
    b: ProcedureBuilder,
    nodes: readonly Node[],
    trained: ReadonlySet<string>,
    take: (w: Tensor, gradient: Tensor, isShared: boolean) => void,
  ): void {
    const firstUse = new Map<string, Node>();
    for (const node of nodes) {
      for (const input of differentiableInputs(node)) {
        if (trained.has(input) && !firstUse.has(input)) firstUse.set(input, node);
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
        take(b.tensorOf(input), gradient, isShared);
      }
    }
  }

  private forward(b: ProcedureBuilder, nodes: readonly Node[], x = this.x): void {
    b.bind(this.graph.inputs[0]!.name, x);
    for (const node of nodes) forwardOf(node, b);
  }

  private builder(
    needsGradient: ReadonlySet<string>,
    batchNorm: ProcedureContext["batchNorm"],
    dropoutSeed?: bigint,
    settled: ReadonlySet<Node> = new Set(),
  ): ProcedureBuilder {
    const { values, weights } = this;
    const { batch, runningVariance } = this.options;
    const seed = dropoutSeed === undefined ? {} : { dropoutSeed };
    const context = { values, weights, batch, batchNorm, runningVariance, needsGradient, settled };
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

/** What one step procedure does. */
interface StepSpec {
  readonly name: string;
  readonly stage: Stage;
  readonly trains: ReadonlySet<string>;
  readonly loss: Loss;
  readonly optimizer: Optimizer;
}

/** What one step of a stage that solves does. */
interface SolveSpec {
  readonly name: string;
  readonly stage: Stage;
  readonly loss: Loss;
  readonly lrTensor: Tensor;
}

function unionOf(blocks: readonly Block[]): Set<string> {
  return new Set(blocks.flatMap(({ trains }) => [...trains]));
}

function fill(b: ProcedureBuilder, tensor: Tensor): void {
  const { fill: value = 0 } = tensor;
  if (typeof value === "number") b.emit(FILL, [tensor], [floatBits(value)]);
  else b.emit(UNIFORM, [tensor], [floatBits(value.bound), ...seedWords(value.seed)]);
}
