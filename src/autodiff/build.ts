import { BLOCK_ORDER_GAUSS_SOUTHWELL } from "../../assembly/abi/program.js";
import type { Graph } from "../graph/graph.js";
import { type Loss, SCALAR } from "./losses/loss.js";
import { makeOptimizer, type Optimizer } from "./optimizers/index.js";
import { seedOf, type TrainingOptions } from "./options.js";
import { phaseState } from "./phase-tensors.js";
import { Procedures } from "./procedures.js";
import { makeSchedule } from "./schedules.js";
import type { Blocks, Stage } from "./stage.js";
import { stagesOf } from "./strategies/index.js";
import type { BlockChoice, Phase, Procedure, Tensor, TrainingGraph } from "./training-graph.js";
import type { StateTensor } from "./weights.js";

export interface BuiltTraining {
  readonly graph: TrainingGraph;
  /** Initializers that training changes, in the order of the checkpoint. */
  readonly changing: readonly StateTensor[];
  readonly classes: number | undefined;
}

/**
 * Makes predict, evaluate and the steps of a graph whose images lie NHWC.
 *
 * @param lossOn the value that the model's own loss is taken on
 * @param staged the phases that train, in their order; the graph is theirs
 */
export function buildTraining(
  graph: Graph,
  options: TrainingOptions,
  lossOn = graph.outputs[0]!,
  { stages } = stagesOf(graph, options, lossOn),
): BuiltTraining {
  const made = new Procedures(graph, options, lossOn, stages);
  const build = new Build(made, options);
  const isDrawn = [...graph.initializers.values()].some(({ fresh }) => fresh !== undefined);
  const isOne = stages.length > 1 || isDrawn;
  if (options.training) for (const stage of stages) build.train(stage, isOne);
  if (options.training && options.reestimate) build.statistics();
  return {
    graph: build.finish(),
    changing: options.training ? made.weights.states : [],
    classes: made.loss?.classes,
  };
}

/** Collects procedures and phases. */
class Build {
  private readonly procedures: Procedure[];
  private readonly phases: Phase[] = [];
  private readonly states: Tensor[] = [];
  /** Of the whole run, if a single phase trains; its rate is that of all. */
  private readonly optimizer: Optimizer;

  constructor(
    private readonly made: Procedures,
    private readonly options: TrainingOptions,
  ) {
    this.procedures = [made.predict()];
    if (made.loss) this.procedures.push(made.evaluate(made.loss));
    this.optimizer = makeOptimizer(options.optimizer);
  }

  /** @param isOne of several: what it needs for itself lives as long as it does */
  train(stage: Stage, isOne: boolean): void {
    if (stage.solve) {
      this.solve(stage, isOne);
      return;
    }
    const { blocks } = stage;
    const parts = blocks?.parts ?? [{ name: "", trains: stage.trains }];
    const isShort = isOne || blocks !== undefined;
    const loss = this.made.lossOf(stage);
    const steps = parts.map(({ name, trains }) => {
      const names = [isOne ? stage.name : "", name].filter((word) => word !== "");
      const prefix = names.map((word) => `${word}/`).join("");
      const owner = isShort ? { prefix, lrTensor: this.optimizer.lrTensor } : undefined;
      const optimizer = owner ? makeOptimizer(this.options.optimizer, owner) : this.optimizer;
      const step = this.made.step({
        ...{ stage, trains, loss, optimizer },
        name: ["step", ...names].join(" "),
      });
      if (!owner) this.states.push(...optimizer.states);
      return step;
    });
    const step = this.add(...steps);
    const begin = isShort && this.add(...steps.map((own) => this.made.begin(own)));
    const choice = blocks && this.choiceOf(stage, blocks);
    this.phases.push({
      ...this.stagePhase(stage, loss),
      step,
      blocks: parts.length,
      ...(begin !== false && { begin }),
      ...(choice && { choice }),
    });
  }

  private solve(stage: Stage, isOne: boolean): void {
    const loss = this.made.lossOf(stage);
    const name = isOne ? `step ${stage.name}` : "step";
    const { lrTensor } = this.optimizer;
    const { step, states } = this.made.solve({ name, stage, loss, lrTensor });
    this.states.push(...states);
    this.phases.push({ ...this.stagePhase(stage, loss), step: this.add(step), blocks: 1 });
  }

  private stagePhase({ name, epochs, steps, lr }: Stage, loss: Loss) {
    const isModels = loss === this.made.loss;
    const takesMetric = this.options.takesMetric && isModels;
    const options = { ...this.options, epochs, steps, takesMetric };
    return { ...this.phaseOf(name, options, lr), isModels };
  }

  private choiceOf(stage: Stage, { parts, order, steps }: Blocks): BlockChoice {
    if (order !== BLOCK_ORDER_GAUSS_SOUTHWELL) return { order, steps };
    const scores = parts.map(({ name }): Tensor => {
      return {
        name: `score ${name}`,
        type: "f32",
        ...SCALAR,
        category: "scratch",
        lifetime: "run",
      };
    });
    const procedure = this.add(this.made.scores(this.made.lossOf(stage), parts, scores));
    return { order, steps, scoring: { procedure, scores } };
  }

  /** A pass that takes the statistics of batch-norm over all rows. */
  statistics(): void {
    const step = this.add(this.made.statistics(this.made.loss!));
    const order = { epochs: 1, steps: 0, shuffle: false } as const;
    const rate = { schedule: { name: "constant" }, takesMetric: false } as const;
    const options = { ...this.options, ...order, ...rate };
    this.phases.push({ ...this.phaseOf("statistics", options), step, blocks: 1, isModels: true });
  }

  finish(): TrainingGraph {
    const { procedures, phases } = this;
    if (!this.options.training) return { procedures, phases, states: [], rowsMax: 0 };
    const { rows } = this.options;
    const count = { type: "i32", c0: rows, c1: 0 } as const;
    const rowOrder: Tensor = { name: "row order", ...count, category: "rows", lifetime: "run" };
    const changing = this.made.weights.states.map(({ tensor }) => tensor);
    const shared = phaseState(procedures);
    const states = [...changing, ...this.states, ...(shared ? [shared] : [])];
    return { procedures, phases, states, rowOrder, rowsMax: rows };
  }

  /** The index of the first. */
  private add(...procedures: readonly Procedure[]): number {
    this.procedures.push(...procedures);
    return this.procedures.length - procedures.length;
  }

  private phaseOf(
    name: string,
    options: TrainingOptions,
    lr = this.optimizer.lr,
  ): Omit<Phase, "step" | "blocks" | "isModels"> {
    const { batch, epochs, steps, shuffle, dropLast, takesMetric } = options;
    const { lrTensor } = this.optimizer;
    const schedule = makeSchedule(options.schedule, { lr, epochs: epochsOf(options) });
    const length = { epochs, steps, shuffle, dropLast, seed: seedOf(options) };
    const { smallestBatch } = this.made;
    return { name, batch, smallestBatch, ...length, lr, lrTensor, schedule, takesMetric };
  }
}

/** How many epochs a run of so many steps has. */
function epochsOf({ epochs, steps, rows, batch }: TrainingOptions): number {
  return epochs || Math.ceil(steps / Math.ceil(rows / batch));
}
