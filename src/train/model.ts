import type { Stage } from "../autodiff/stage.js";
import { type CompiledProgram, compileProgram, stagedOf } from "../compile/compile.js";
import {
  completeOptions,
  type LossOptions,
  learnsLabels,
  lossOptions,
  type StrategyOptions,
  strategyLoss,
} from "../compile/options.js";
import type { Plan } from "../compile/plan.js";
import { type Dataset, floatsOf } from "../data/dataset.js";
import type { ChannelOrder } from "../data/images/form.js";
import { StropError } from "../errors.js";
import { channelOrder } from "../graph/channel-order.js";
import type { Graph, ValueInfo } from "../graph/graph.js";
import { inferShapes } from "../graph/infer.js";
import { listParameters, type ParameterInfo, selectTrained } from "../graph/parameters.js";
import { rowShape } from "../graph/shape.js";
import { buildOnnx } from "../onnx/build.js";
import { exportOnnx } from "../onnx/export.js";
import { replaceHead } from "../onnx/head.js";
import { type ImportedModel, type ImportOptions, importOnnx } from "../onnx/import.js";
import {
  type Preprocessing,
  readClasses,
  readPreprocessing,
  withClasses,
  withPreprocessing,
} from "../onnx/metadata.js";
import { standardize, statisticsOf, unitStatistics } from "../onnx/standardize.js";
import { coreMemoryBytes } from "../runtime/flavour.js";
import { Session } from "../runtime/session.js";
import { balanced } from "./class-weights.js";
import { checkClasses, classesOf } from "./classes.js";
import {
  checkFitOptions,
  checkModelOptions,
  checkPatterns,
  compileOptions,
  DEFAULT_BATCH,
} from "./compile-options.js";
import { evaluateRows, fitWhole, predictRows } from "./fit.js";
import { type Data, prepareData, prepareInput, splitData } from "./input.js";
import { checkMetrics } from "./metrics/measure.js";
import { likelyLoss, tellNotes } from "./notes.js";
import type {
  EpochResult,
  EvaluateOptions,
  EvaluationResult,
  FitOptions,
  FitResult,
  InferenceOptions,
  Input,
  ModelOptions,
  NumberArray,
} from "./options.js";
import { fitStages } from "./staged-fit.js";
import { type Weights, withWeights } from "./weights.js";

/** A plan, and what it takes in a WASM memory. */
export interface ModelPlan extends Plan {
  /** Linear memory of the run: the core's own data and the arena, rounded up to pages. */
  readonly pageBytes: number;
  /** Of a strategy with phases or turns of its own: what training all parameters at once would take. */
  readonly joint?: Pick<Plan, "arenaBytes" | "bytes" | "workPerStep">;
}

/** A parameter as `inspect` shows it. */
export interface ParameterRow {
  readonly name: string;
  readonly shape: readonly number[];
  readonly trainable: boolean;
  readonly role: ParameterInfo["role"];
}

/**
 * A network with its weights: read from ONNX or built, then compiled, trained and exported.
 *
 * Nothing needs to be disposed of; the core's memory goes when nothing refers to it.
 */
export class Model {
  private imported: Pick<ImportedModel, "graph" | "proto">;
  private options: ModelOptions | undefined;
  /** What differs from the file, in its layout. */
  private readonly changed = new Map<string, Float32Array>();
  /** What the last `fit` that ran to its end, or to its signal, did. */
  lastFit: FitResult | undefined;
  /** What a user should know about the file: "the batch was fixed at 1 and is free now". */
  readonly notes: readonly string[];

  private constructor(imported: Pick<ImportedModel, "graph" | "proto">, notes: readonly string[]) {
    this.imported = imported;
    this.notes = notes;
  }

  /** Throws a StropError for whatever is wrong with the bytes or not supported in the model. */
  static fromOnnx(bytes: Uint8Array, options: ImportOptions = {}): Model {
    const imported = importOnnx(bytes, options);
    return new Model(imported, imported.notes);
  }

  static fromGraph(graph: Graph): Model {
    return new Model({ graph, proto: buildOnnx(graph) }, []);
  }

  /** The network as it stands, weights included. */
  get graph(): Graph {
    return this.imported.graph;
  }

  /** The names of the classes by their number, if the model was trained on a table whose target is text. */
  get classes(): readonly string[] | undefined {
    return readClasses(this.imported.proto);
  }

  set classes(names: readonly string[] | undefined) {
    this.imported = { ...this.imported, proto: withClasses(this.imported.proto, names) };
  }

  /** How an image becomes a row, if the model was trained on a folder of them, or as you say; its file keeps it. */
  get images(): Preprocessing | undefined {
    return readPreprocessing(this.imported.proto);
  }

  set images(images: Preprocessing | undefined) {
    this.imported = { ...this.imported, proto: withPreprocessing(this.imported.proto, images) };
  }

  /** One row of the model's input and, where the network tells, which axis of it has the channels of an image. */
  get input(): { readonly shape: readonly number[]; readonly channels?: ChannelOrder } {
    const channels = channelOrder(this.graph);
    return { shape: rowShape(this.graph.inputs[0]!.shape), ...(channels && { channels }) };
  }

  /** Values that the model answers for one row. */
  get outputElements(): number {
    const { shape } = inferShapes(this.graph).get(this.graph.outputs[0] as string) as ValueInfo;
    return rowShape(shape).reduce((a, b) => a * b, 1);
  }

  /** Every float initializer, in graph order; `trainable` as the compiled selection says. */
  parameters(): ParameterRow[] {
    const trained = selectTrained(this.graph, this.options ?? {});
    return listParameters(this.graph).map(({ name, shape, role }) => ({
      name,
      shape,
      role,
      trainable: trained.has(name),
    }));
  }

  /** Says what is trained, and how. Throws a StropError for impossible values, and for a pattern that matches nothing. */
  compile(options: ModelOptions = {}): this {
    checkModelOptions(options);
    checkPatterns(this.graph, options);
    this.options = options;
    return this;
  }

  /**
   * Memory and work of a run, before anything is allocated.
   *
   * @param options as for `fit`; rows: of the training set (its order takes four bytes a row), default one batch
   */
  plan(options: FitOptions & { rows?: number; loss?: LossOptions } = {}): ModelPlan {
    checkFitOptions(options, ["rows", "loss"]);
    const rows =
      options.rows ?? (typeof options.batchSize === "number" ? options.batchSize : DEFAULT_BATCH);
    const { plan } = this.program(options, rows, this.lossFor(options));
    const pageBytes = coreMemoryBytes(options.flavour, plan.arenaBytes);
    if (this.strategy.name === "joint") return { ...plan, pageBytes };
    const { arenaBytes, bytes, workPerStep } = this.jointPlan(options, rows);
    return { ...plan, pageBytes, joint: { arenaBytes, bytes, workPerStep } };
  }

  /** The phases that a `fit` trains in, and how long each is: 0 where the other decides. */
  phases(options: FitOptions = {}): readonly Pick<Stage, "name" | "epochs" | "steps">[] {
    checkFitOptions(options);
    const loss = this.loss ?? likelyLoss(this.graph);
    const told = compileOptions(this.graph, this.options ?? {}, options, 1, loss);
    const { stages } = stagedOf(this.graph, told);
    return stages.map(({ name, epochs, steps }) => ({ name, epochs, steps }));
  }

  /** The program file for a device, and its plan. A standardisation must be there already: see `standardize`. */
  build(
    options: Omit<FitOptions, "standardize"> & { rows: number; loss?: LossOptions },
  ): CompiledProgram {
    checkFitOptions(options, ["rows", "loss"]);
    const own: FitOptions = { ...options, standardize: false };
    return this.program(own, options.rows, this.lossFor(options));
  }

  /**
   * Checks data without training: how many rows a `fit` with them would train on, and by which loss.
   * Throws the StropErrors that `fit` would.
   */
  prepare(
    x: Input,
    y: Input | undefined,
    options: FitOptions = {},
  ): { rows: number; loss?: LossOptions } {
    checkFitOptions(options);
    const { training, loss } = this.trainingData(x, y, options);
    return { rows: training.rows, ...(loss && { loss }) };
  }

  /** Puts a fresh last dense layer of so many outputs in the place of the model's own. Only before training. */
  replaceHead(outputs: number, seed = 0): this {
    if (this.changed.size > 0) {
      throw new StropError("the model is trained already", {
        code: "head-late",
        hint: "Replace the head first, or load the exported model again.",
      });
    }
    const { graph, proto } = this.imported;
    // The names of the old head's classes go with it.
    this.imported = replaceHead(graph, withClasses(proto, undefined), outputs, seed);
    return this;
  }

  /**
   * Puts (x − mean) / std in front of the model, with the mean and standard deviation of these rows; the model
   * takes raw input from then on. What a former call has put there is replaced.
   *
   * Throws a StropError for rows that do not fit the model.
   */
  standardize(x: Input): this {
    this.standardizeBy(prepareInput(this.graph, x).rows);
    return this;
  }

  private standardizeBy(rows: Dataset): void {
    const statistics = statisticsOf(this.graph, floatsOf(rows));
    const { graph, proto } = standardize(this.graph, this.imported.proto, statistics);
    // What training has changed is not in the file.
    this.imported = { graph: withWeights(graph, this.changed), proto };
  }

  /**
   * Trains on rows x with labels or targets y. Yields after every epoch; the weights are the model's own
   * from then on. Leaving the loop, or the signal, ends the run after a whole step.
   *
   * A strategy that learns without labels takes undefined for y.
   *
   * Throws a StropError for impossible options, for data that do not fit, and if the loss stops being finite; the weights then stay
   * as the last whole epoch left them.
   */
  async *fit(
    x: Input,
    y: Input | undefined,
    options: FitOptions = {},
  ): AsyncGenerator<EpochResult, FitResult, void> {
    checkFitOptions(options);
    const { training, validation, loss, names } = this.trainingData(x, y, options);
    tellNotes(this.graph, loss, [training, validation], options.onNote);
    this.prepareFor(training, y, options);
    const { rows } = training;
    const told = compileOptions(this.graph, this.options ?? {}, options, rows, loss);
    const takesMetric = told.schedule.name === "plateau" && validation !== undefined;
    const run = {
      ...{ training, validation, names, options: { ...told, takesMetric } },
      // Without labels, what is compared is a reconstruction.
      loss: loss ?? { name: "mse" as const },
      metrics: this.options?.metrics ?? [],
      graph: () => this.graph,
      keep: (weights: Weights) => this.setWeights(weights),
    };
    const events = options.cache ? fitStages(run, options) : fitWhole(run, options);
    try {
      this.lastFit = yield* events;
      return this.lastFit;
    } finally {
      await events.return(undefined as never);
    }
  }

  /**
   * Mean loss over the rows, for classes the share of right answers, and the metrics asked for.
   *
   * Throws a StropError for an impossible batch size, for rows, labels or targets that do not fit the model,
   * and for an output that the loss cannot be taken on.
   */
  evaluate(x: Input, y: Input, options: EvaluateOptions = {}): EvaluationResult {
    checkFitOptions(options, ["metrics"]);
    checkClasses(this.classes, y);
    const data = prepareData(this.graph, this.loss, x, y);
    const loss = balanced(data.loss, data.rows.y, this.outputElements);
    tellNotes(this.graph, loss, [data.rows], options.onNote);
    const program = this.inference(options, data.rows.rows, loss);
    const session = new Session(program.bytes, options.flavour);
    const { metrics = this.options?.metrics ?? [] } = options;
    checkMetrics(metrics);
    return evaluateRows({ session, program, names: data.names, metrics, loss }, data.rows);
  }

  /**
   * The model's output for every row, in the model's own layout.
   *
   * Throws a StropError for an impossible batch size, and for rows that do not fit the model.
   */
  predict(x: Input, options: InferenceOptions = {}): NumberArray {
    checkFitOptions(options);
    const { rows, names } = prepareInput(this.graph, x);
    tellNotes(this.graph, undefined, [rows], options.onNote);
    const program = this.inference(options, rows.rows, undefined);
    const session = new Session(program.bytes, options.flavour);
    const data = predictRows({ session, program, names }, rows);
    return { shape: program.output.shape.map((dim) => (dim === "N" ? rows.rows : dim)), data };
  }

  /** The user's own graph, names and metadata with the weights as they stand, in inference form. */
  toOnnx(): Uint8Array {
    return exportOnnx(this.imported.proto, this.changed);
  }

  /**
   * Takes values by initializer name, in the layout of the file: what a device learned.
   *
   * Throws a StropError, and takes none of them, for a name that is not there and for a wrong count of values.
   */
  setWeights(weights: Weights): void {
    this.imported = { ...this.imported, graph: withWeights(this.graph, weights) };
    for (const [name, values] of weights) this.changed.set(name, values);
  }

  /** What data change in the model before it is trained on them: the standardisation, the names of the classes. */
  private prepareFor(training: Dataset, y: Input | undefined, options: FitOptions): void {
    const classes = y === undefined ? undefined : classesOf(y);
    if (options.validationData) checkClasses(classes, options.validationData[1]);
    if (options.standardize) this.standardizeBy(training);
    if (classes) this.classes = classes;
  }

  /** The compiled loss, or the only one that the strategy takes. */
  private get loss(): LossOptions | undefined {
    const { loss } = this.options ?? {};
    if (loss) return lossOptions(loss);
    const only = strategyLoss(this.strategy.name);
    return only && { name: only };
  }

  /** Undefined where no labels are needed, and so none are there. */
  private lossFor({ loss }: { loss?: LossOptions }): LossOptions | undefined {
    if (!loss && !this.learnsLabels) return undefined;
    const given = loss ?? (this.options?.loss && lossOptions(this.options.loss));
    const known = given ?? likelyLoss(this.graph, this.strategy.name);
    return balanced(known, undefined, this.outputElements);
  }

  /** Rows to train on and rows held out, with the loss that they are trained by. */
  private trainingData(x: Input, y: Input | undefined, options: FitOptions) {
    if (y === undefined) this.checkUnlabelled(options);
    const data: Data =
      y === undefined
        ? { ...prepareInput(this.graph, x), loss: undefined }
        : prepareData(this.graph, this.loss, x, y);
    const { training, validation } = splitData(this.graph, data, options);
    const loss = data.loss && balanced(data.loss, training.y, this.outputElements);
    return { training, validation, loss, names: data.names };
  }

  private get strategy(): StrategyOptions {
    const { strategy = "joint" } = this.options ?? {};
    return typeof strategy === "string" ? { name: strategy } : strategy;
  }

  /** Whether the compiled strategy compares with labels in some phase. */
  private get learnsLabels(): boolean {
    return learnsLabels(this.strategy);
  }

  private checkUnlabelled({ reestimate }: FitOptions): void {
    if (!this.learnsLabels && !reestimate) return;
    throw new StropError("there are no labels", {
      code: "labels-missing",
      where: "y",
      hint: "Give them; only autoencoders without fine-tuning, fineTuneEpochs 0, learn without.",
    });
  }

  private inference(
    { batchSize = DEFAULT_BATCH }: Pick<FitOptions, "batchSize">,
    rows: number,
    loss: LossOptions | undefined,
  ): CompiledProgram {
    const batch = batchSize === "all" ? rows : Math.min(batchSize, rows);
    const options = completeOptions({ training: false, batch, rows, loss, trainable: () => false });
    return compileProgram(this.graph, options);
  }

  private jointPlan(options: FitOptions & { loss?: LossOptions }, rows: number): Plan {
    const joint = { ...this.options, strategy: "joint" } as const;
    const loss = options.loss ?? this.loss ?? likelyLoss(this.graph);
    return this.program(options, rows, balanced(loss, undefined, this.outputElements), joint).plan;
  }

  private program(
    options: FitOptions,
    rows: number,
    loss: LossOptions | undefined,
    model = this.options ?? {},
  ): CompiledProgram {
    // Memory and work are the same whatever the statistics.
    const { graph } = options.standardize
      ? standardize(this.graph, this.imported.proto, unitStatistics(this.graph))
      : this.imported;
    return compileProgram(graph, compileOptions(graph, model, options, rows, loss));
  }
}
