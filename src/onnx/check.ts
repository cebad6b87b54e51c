import type { GraphProto, ModelProto, NodeProto } from "onnx-buf";
import { StropError } from "../errors.js";
import { converters } from "./ops/index.js";
import { isOnnxDomain } from "./parse.js";

const TRACED =
  "Export the model by tracing, so that the file has the steps of one run and no control flow";

/** Ops that hold graphs, and what to do about them. */
const CONTROL_FLOW: ReadonlyMap<string, string> = new Map([
  ["If", `${TRACED}; if the condition is a constant, onnxsim removes it.`],
  ["Loop", `${TRACED}; a loop is then written out.`],
  ["Scan", `${TRACED}; a recurrent layer is better kept as LSTM, GRU or RNN.`],
]);

/** A node that Strop cannot convert. */
export interface UnsupportedNode {
  readonly name: string;
  readonly op: string;
}

/** Every node whose op Strop lacks, in the order of the file; an op of another domain is called "domain.Op". */
export function unsupportedNodes(proto: ModelProto): readonly UnsupportedNode[] {
  const nodes = proto.graph?.node ?? [];
  const names = nodeNames(nodes);
  return nodes.flatMap((node, i) => {
    if (isOnnxDomain(node.domain) && converters.has(node.opType)) return [];
    const op = isOnnxDomain(node.domain) ? node.opType : `${node.domain}.${node.opType}`;
    return [{ name: names[i]!, op }];
  });
}

/** A name for every node, all different: the file's own where it has one, else the op and a number: "conv_7". */
export function nodeNames(nodes: readonly NodeProto[]): readonly string[] {
  const own = new Set(nodes.map(({ name }) => name));
  const taken = new Set<string>();
  return nodes.map((node, i) => {
    let name = node.name;
    if (name === "" || taken.has(name)) {
      name = `${node.name || node.opType.toLowerCase()}_${i}`;
      while (own.has(name) || taken.has(name)) name += "_";
    }
    taken.add(name);
    return name;
  });
}

/** What makes the file as a whole one that Strop cannot read. */
export function checkModel(proto: ModelProto & { graph: GraphProto }, file: string): void {
  const { graph, functions } = proto;
  const refuse = (code: string, problem: string, hint?: string) =>
    new StropError(problem, { code, where: file, ...(hint === undefined ? {} : { hint }) });
  if (functions.length > 0) {
    throw refuse(
      "functions-unsupported",
      `the model defines functions of its own ('${functions[0]!.name}'), which Strop does not support yet`,
      "Inline them with onnx.inliner.inline_local_functions.",
    );
  }
  if (graph.sparseInitializer.length > 0) {
    const name = graph.sparseInitializer[0]!.values?.name ?? "";
    throw refuse("sparse-unsupported", `the initializer '${name}' is sparse, which is unsupported`);
  }
  const lacking = unsupportedNodes(proto);
  if (lacking.length > 0) {
    const { name, op } = lacking[0]!;
    const ops = [...new Set(lacking.slice(1).map((node) => node.op))].filter((o) => o !== op);
    const others = `Also unsupported in this model: ${ops.slice(0, 8).join(", ")}.`;
    const hints = [CONTROL_FLOW.get(op), ops.length > 0 ? others : undefined];
    const hint = hints.filter((one) => one !== undefined).join(" ");
    throw new StropError(
      `node '${name}' is ${/^[AEIOU]/.test(op) ? "an" : "a"} ${op}, which Strop does not support yet`,
      { code: "op-unsupported", ...(hint === "" ? {} : { hint }) },
    );
  }
  checkNames(graph, file);
}

/** Every value is made once: by an input, an initializer or a node. */
function checkNames(graph: GraphProto, file: string): void {
  const made = new Set<string>();
  const add = (kind: string, name: string) => {
    if (made.has(name)) {
      throw new StropError(`the name '${name}' is given twice, the second time to ${kind}`, {
        code: "name-duplicate",
        where: file,
      });
    }
    if (name === "") {
      throw new StropError(`${kind} has no name`, { code: "name-missing", where: file });
    }
    made.add(name);
  };
  for (const { name } of graph.initializer) add("an initializer", name);
  // Before IR 4 every initializer is listed as an input too.
  const initializers = new Set(made);
  const inputs = graph.input.filter(({ name }) => !initializers.has(name));
  for (const { name } of inputs) add("an input", name);
  for (const node of graph.node) {
    for (const name of node.output) if (name !== "") add("the output of a node", name);
  }
}
