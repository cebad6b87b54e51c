import { StropError } from "../errors.js";
import { matchNames } from "./glob.js";
import type { Graph, Initializer, Node, OpName } from "./graph.js";
import { sourceShape } from "./view.js";

/** parameter: trained by default. statistic: a running average. constant: everything else. */
export type Role = "parameter" | "statistic" | "constant";

export interface ParameterInfo {
  readonly name: string;
  /** As in the user's file. */
  readonly shape: readonly number[];
  readonly role: Role;
  /** The first node that computes with it. */
  readonly node: string;
}

/** Every float initializer of a graph, in the order of the nodes that use it. */
export function listParameters(graph: Graph): readonly ParameterInfo[] {
  const found = new Map<string, ParameterInfo>();
  const behind = new Map<string, readonly string[]>();
  const makers = new Map(graph.nodes.map((node) => [node.outputs[0]!, node.op]));
  for (const node of graph.nodes) {
    const sources = node.inputs.map((input) => behind.get(input) ?? floatsOf(graph, input));
    const moved = node.op === "Concat" ? sources : sources.slice(0, 1);
    if (VIEWS.has(node.op) && moved.every(({ length }) => length > 0)) {
      // A view that could not be folded: the place is where its output goes.
      behind.set(node.outputs[0]!, [...new Set(moved.flat())]);
      continue;
    }
    for (const [place, names] of sources.entries()) {
      for (const name of names) {
        const initializer = graph.initializers.get(name)!;
        const role = roleOf(node, place, initializer, makers);
        const before = found.get(name);
        if (before !== undefined && rank[before.role] >= rank[role]) continue;
        const first = before?.node ?? node.name;
        found.set(name, { name, shape: sourceShape(initializer), role, node: first });
      }
    }
  }
  return [...found.values()];
}

const rank: { readonly [R in Role]: number } = { constant: 0, parameter: 1, statistic: 2 };

/** Ops that only move what they are given. */
const VIEWS: ReadonlySet<OpName> = new Set([
  "Concat",
  "Dropout",
  "Expand",
  "Flatten",
  "Identity",
  "Reshape",
  "Slice",
  "Transpose",
]);

function floatsOf({ initializers }: Graph, name: string): readonly string[] {
  return initializers.get(name)?.type === "float32" ? [name] : [];
}

/** Ops that multiply what goes through the network with a weight. */
export const PRODUCTS: ReadonlySet<OpName> = new Set(["Conv", "ConvTranspose", "Gemm", "MatMul"]);

/** What one number is added to: if that is a layer's product, the number is its bias, else an epsilon. */
function followsProduct(
  node: Node,
  place: number,
  makers: ReadonlyMap<string, Node["op"]>,
): boolean {
  const maker = makers.get(node.inputs[1 - place] ?? "");
  return maker !== undefined && PRODUCTS.has(maker);
}

function roleOf(
  node: Node,
  place: number,
  { data }: Initializer,
  makers: ReadonlyMap<string, Node["op"]>,
): Role {
  // More than one number, as exporters write biases and folded batch-norm (Mul and Add).
  const isWhole = data.length > 1;
  switch (node.op) {
    case "Conv":
    case "ConvTranspose":
    case "Gemm":
    case "MatMul":
      return "parameter";
    case "GroupNormalization":
    case "LayerNormalization":
      return place > 0 ? "parameter" : "constant";
    case "BatchNormalization":
      return place < 3 ? "parameter" : "statistic";
    case "Add":
      return isWhole || followsProduct(node, place, makers) ? "parameter" : "constant";
    case "Mul":
      return isWhole ? "parameter" : "constant";
    case "Concat":
      // A class token, not the zeros with which some pad.
      return data.some((value) => value !== data[0]) ? "parameter" : "constant";
    case "PRelu":
      return place === 1 ? "parameter" : "constant";
    default:
      return "constant";
  }
}

export interface Selection {
  /** `--freeze`: these are not trained. */
  readonly freeze?: readonly string[];
  /** `--train-only`: nothing else is trained. */
  readonly trainOnly?: readonly string[];
}

/**
 * The names of the initializers that a run trains, in graph order: those that `trainOnly` matches (all
 * parameters, if it is not given) without those that `freeze` matches.
 *
 * Statistics may be named too, so that `bn1.*` and a list of whole layers work, but they are never trained by
 * gradient.
 *
 * @throws StropError with exit code 2 if a pattern matches nothing, or if nothing is left to train
 */
export function selectTrained(graph: Graph, selection: Selection = {}): ReadonlySet<string> {
  const listed = listParameters(graph);
  const all = listed.filter(({ role }) => role !== "constant");
  const names = all.map(({ name }) => name);
  const constants = listed.filter(({ role }) => role === "constant").map(({ name }) => name);
  const { freeze = [], trainOnly = [] } = selection;
  const match = (patterns: readonly string[], option: string) =>
    matchNames(names, patterns, option, constants);
  const only = trainOnly.length === 0 ? undefined : match(trainOnly, "--train-only");
  const frozen = match(freeze, "--freeze");
  const trained = all
    .filter(
      ({ role, name }) => role === "parameter" && !frozen.has(name) && (only?.has(name) ?? true),
    )
    .map(({ name }) => name);
  if (trained.length === 0) {
    const asked = freeze.length + trainOnly.length > 0;
    throw new StropError("nothing is left to train", {
      code: "nothing-to-train",
      ...(asked
        ? { where: only === undefined ? "--freeze" : "--train-only", exitCode: 2 as const }
        : { hint: "The model has no parameters." }),
    });
  }
  return new Set(trained);
}
