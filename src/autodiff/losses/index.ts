import type { TargetKind, TargetSpec } from "../../data/targets.js";
import type { Graph, Node, ValueInfo } from "../../graph/graph.js";
import { rowShape } from "../../graph/shape.js";
import { type OptionRow, withDefaults } from "../../option-rows.js";
import type { Tensor } from "../training-graph.js";
import { type BinaryCrossEntropyOptions, binaryCrossEntropy } from "./binary-cross-entropy.js";
import { type CrossEntropyOptions, crossEntropy } from "./cross-entropy.js";
import { type HingeOptions, hinge } from "./hinge.js";
import { type HuberOptions, huber } from "./huber.js";
import type { Loss, LossCommon, LossRule } from "./loss.js";
import { type MaeOptions, mae } from "./mae.js";
import { type MseOptions, mse } from "./mse.js";

/** A loss by name, with options of its own. */
export type LossOptions =
  | CrossEntropyOptions
  | BinaryCrossEntropyOptions
  | MseOptions
  | MaeOptions
  | HuberOptions
  | HingeOptions;

export type LossName = LossOptions["name"];

/** A loss by its name alone has its defaults. */
export type LossChoice = LossName | LossOptions;

const RULES: { readonly [N in LossName]: LossRule<Extract<LossOptions, { name: N }>> } = {
  "cross-entropy": crossEntropy,
  "binary-cross-entropy": binaryCrossEntropy,
  mse,
  mae,
  huber,
  hinge,
};

export const LOSS_NAMES = Object.keys(RULES) as readonly LossName[];

/** Other words for the same. */
export const LOSS_ALIASES = {
  "softmax-cross-entropy": "cross-entropy",
} as const satisfies Readonly<Record<string, LossName>>;

/** The rows of a loss's own options. */
export function lossRows(name: LossName): Readonly<Record<string, OptionRow>> {
  return RULES[name].rows;
}

export function lossOptions(loss: LossChoice): LossOptions {
  return typeof loss === "string" ? { name: loss } : loss;
}

function ruleOf({ name }: LossOptions): LossRule<LossCommon<string>> {
  return RULES[name] as LossRule<LossCommon<string>>;
}

/** What the loss compares the model's output with. */
export function lossTargets(loss: LossOptions, graph: Graph, values: Values): TargetSpec {
  const row = rowShape(values.get(graph.outputs[0]!)!.shape);
  const spec = ruleOf(loss).targets(loss, row);
  if (!loss.targets) return spec;
  const { [loss.targets]: wanted } = spec;
  return wanted ? { [loss.targets]: wanted } : spec;
}

type Values = ReadonlyMap<string, ValueInfo>;

/**
 * @param value that it is taken on, as lossValue tells
 * @param y what another loss of the same run is compared with
 */
export function makeLoss(
  choice: LossChoice,
  graph: Graph,
  value: string,
  values: Values,
  y?: Tensor,
): Loss {
  const loss = lossOptions(choice);
  const { shape } = values.get(value)!;
  const spec = lossTargets(loss, graph, values);
  const rule = ruleOf(loss);
  const { usual = "classes" } = rule;
  const targets: TargetKind = spec[usual] ? usual : spec.classes ? "classes" : "values";
  const options = { ...loss, ...withDefaults(rule.rows, loss), targets };
  const site = { output: graph.outputs[0]!, value, shape, targets };
  return rule.make(options, y ? { ...site, y } : site);
}

/** Ops that keep the numbers of a row and their order. */
const RESHAPING: readonly string[] = ["Identity", "Reshape", "Flatten"];

/** The node that the model ends in, if the loss is taken on what goes into it. */
export function lossEnd(graph: Graph, loss: LossChoice): Node | undefined {
  const { ends } = ruleOf(lossOptions(loss));
  let value = graph.outputs[0]!;
  for (;;) {
    const node = graph.nodes.find((candidate) => candidate.outputs[0] === value);
    if (node && ends.includes(node.op)) return node;
    if (!node || !RESHAPING.includes(node.op)) return undefined;
    value = node.inputs[0]!;
  }
}

/** The value that the loss is taken on: the model's output, or what goes into a last node that it undoes. */
export function lossValue(graph: Graph, loss: LossChoice): string {
  return lossEnd(graph, loss)?.inputs[0] ?? graph.outputs[0]!;
}
