import { buildTraining } from "../autodiff/build.js";
import { lossValue } from "../autodiff/losses/index.js";
import type { Stage } from "../autodiff/stage.js";
import { stagesOf } from "../autodiff/strategies/index.js";
import type { Staged } from "../autodiff/strategies/strategy.js";
import type { Phase, Tensor, TrainingGraph } from "../autodiff/training-graph.js";
import { StropError } from "../errors.js";
import type { Graph, Initializer, Shape } from "../graph/graph.js";
import { inferShapes } from "../graph/infer.js";
import { checkOptions } from "./check-options.js";
import { fuseBias } from "./fuse.js";
import { fuseLayerNorm } from "./fuse-layer-norm.js";
import { layoutImages } from "./layout.js";
import type { CompileOptions } from "./options.js";
import { type ArenaPlacement, placeTensors } from "./placement.js";
import { type LiveRangeRow, liveRangeTable, type Plan, planOf } from "./plan.js";
import { writeProgram } from "./writer.js";

/** A tensor of the model's file that training changes. Its place in the arena, and the way back. */
export interface ProgramParameter {
  readonly name: string;
  /** ROLE_PARAMETER or ROLE_STATISTIC. */
  readonly role: number;
  readonly tensor: number;
  readonly offset: number;
  readonly elements: number;
  /** As laid out in the arena; `view` tells how the file has it. */
  readonly initializer: Initializer;
}

export interface ProgramTensor {
  readonly name: string;
  readonly type: "f32" | "i32";
  readonly c0: number;
  readonly c1: number;
  readonly offset: number;
  readonly category: Tensor["category"];
}

export interface ProgramPhase extends Pick<Phase, "name" | "isModels"> {
  /** Tensors of one number each: what a step makes smaller, before it and after each of its sweeps. */
  readonly objective: readonly number[];
}

export interface CompiledProgram {
  /** The file, NAMES included. */
  readonly bytes: Uint8Array;
  /** How much of it a machine loads; all behind the loaded part begins as zeros. */
  readonly residentBytes: number;
  readonly batch: number;
  readonly plan: Plan;
  readonly liveRanges: readonly LiveRangeRow[];
  /** By tensor id. */
  readonly tensors: readonly ProgramTensor[];
  /** Index by name. */
  readonly procedures: Readonly<Partial<Record<string, number>>>;
  readonly phases: readonly ProgramPhase[];
  /** What a checkpoint holds of the model's own, in its order. */
  readonly parameters: readonly ProgramParameter[];
  /** Of the learning rate, if trained. */
  readonly lrTensor: number | undefined;
  /** Classes of a classification, else undefined. */
  readonly classes: number | undefined;
  readonly input: { readonly name: string; readonly shape: Shape };
  readonly output: { readonly name: string; readonly shape: Shape };
}

/**
 * From a network and what is to be done with it to the program that a core executes.
 *
 * @param stages the phases that train, if not those of the options' strategy; the graph is theirs
 */
export function compileProgram(
  graph: Graph,
  options: CompileOptions,
  stages?: readonly Stage[],
): CompiledProgram {
  checkOptions(options);
  checkLength(options);
  const values = inferShapes(graph);
  const lossOn = lossValueOf(graph, options);
  const staged = stages ? { graph, stages } : stagesOf(graph, options, lossOn);
  const named = staged.stages.flatMap((stage) => [stage.lossOn, stage.target, stage.from]);
  const kept = [...graph.outputs, lossOn, ...named.filter((value) => value !== undefined)];
  // Outputs of the graph, so that no pass does away with them, and their elements are in ONNX's order.
  const wanted = { ...staged.graph, outputs: [...new Set(kept)] };
  const prepared = fuseBias(layoutImages(fuseLayerNorm(wanted)));
  const built = buildTraining(prepared, options, lossOn, staged);
  const placement = placeTensors(built.graph);
  const ids = new Map(placement.tensors.map((tensor, id) => [tensor, id]));
  const [input, output] = [graph.inputs[0]!, values.get(graph.outputs[0]!)!];
  return {
    ...assemble(built.graph, placement),
    batch: options.batch,
    parameters: built.changing.map(({ tensor, initializer, role }) => ({
      name: initializer.name,
      role,
      tensor: ids.get(tensor)!,
      offset: placement.offsets.get(tensor)!,
      elements: tensor.c0,
      initializer,
    })),
    classes: built.classes,
    input: { name: input.name, shape: input.shape },
    output: { name: output.name, shape: output.shape },
  };
}

/** The phases that train, with the graph that they are of, and the value that the model's own loss is taken on. */
export function stagedOf(graph: Graph, options: CompileOptions): Staged & { lossOn: string } {
  const lossOn = lossValueOf(graph, options);
  return { ...stagesOf(graph, options, lossOn), lossOn };
}

function lossValueOf(graph: Graph, { loss }: CompileOptions): string {
  return loss ? lossValue(graph, loss) : graph.outputs[0]!;
}

type Assembled = Omit<CompiledProgram, "batch" | "parameters" | "classes" | "input" | "output">;

/** File, plan and tables of a placed training graph. */
export function assemble(graph: TrainingGraph, placement: ArenaPlacement): Assembled {
  const { offsets, tensors, residentBytes } = placement;
  const lr = graph.phases[0]?.lrTensor;
  return {
    bytes: writeProgram(graph, placement),
    residentBytes,
    plan: planOf(placement),
    liveRanges: liveRangeTable(placement),
    tensors: tensors.map((tensor) => {
      const { name, type, c0, c1, category } = tensor;
      return { name, type, c0, c1, offset: offsets.get(tensor)!, category };
    }),
    procedures: Object.fromEntries(graph.procedures.map(({ name }, index) => [name, index])),
    phases: graph.phases.map(({ name, isModels, step }) => {
      const { objective = [] } = graph.procedures[step]!;
      return { name, isModels, objective: objective.map((tensor) => tensors.indexOf(tensor)) };
    }),
    lrTensor: lr && tensors.indexOf(lr),
  };
}

function checkLength({ epochs, steps, training }: CompileOptions): void {
  if (training && epochs === 0 && steps === 0) {
    throw new StropError("neither epochs nor steps are given", { code: "bad-option", exitCode: 2 });
  }
}
