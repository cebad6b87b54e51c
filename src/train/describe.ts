import type { ModelProto, ValueInfoProto } from "onnx-buf";
import { StropError } from "../errors.js";
import type { Graph, Initializer, Node, ValueInfo } from "../graph/graph.js";
import { inferShapes } from "../graph/infer.js";
import { listParameters, type Selection, selectTrained } from "../graph/parameters.js";
import { nodeNames, unsupportedNodes } from "../onnx/check.js";
import { type ImportOptions, importProto } from "../onnx/import.js";
import { opsetOf, type ParsedModel, parseModel } from "../onnx/parse.js";
import { readTensor, toInitializer } from "../onnx/tensor.js";
import type { ParameterRow } from "./model.js";

/** What `inspect` shows. A size that the file leaves free is a name; of an input Strop reads, the batch is "N". */
export interface ModelDescription {
  readonly opset: number;
  readonly inputs: readonly ValueRow[];
  readonly outputs: readonly ValueRow[];
  /** Every node of the file, in its order. */
  readonly nodes: readonly NodeRow[];
  readonly parameters: readonly ParameterRow[];
  /** What Strop lacks; the model can be trained if this is empty. */
  readonly unsupported: readonly UnsupportedRow[];
  readonly notes: readonly string[];
}

export interface ValueRow {
  readonly name: string;
  readonly shape: readonly (number | string)[];
}

export interface NodeRow {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Of the first output, where it is known. */
  readonly shape?: readonly (number | string)[];
}

export interface UnsupportedRow {
  readonly name: string;
  readonly op: string;
  /** Where it is not the op as such. */
  readonly problem?: string;
}

/**
 * Reads a model to show it; unlike `loadOnnx` it takes one with ops that Strop lacks, and lists them.
 *
 * Throws a StropError for bytes that are no model, and for a pattern that matches nothing.
 */
export function describeOnnx(
  bytes: Uint8Array,
  options: ImportOptions & Selection = {},
): ModelDescription {
  const name = options.name ?? "model";
  const proto = parseModel(bytes, name);
  const opset = opsetOf(proto, name);
  try {
    const { graph, notes } = importProto(proto, options);
    const values = inferShapes(graph);
    const row = (value: string) => ({ name: value, shape: values.get(value)!.shape });
    return {
      opset,
      inputs: graph.inputs.map(({ name: input }) => row(input)),
      outputs: graph.outputs.map(row),
      nodes: nodeRows(proto, values),
      parameters: parameterRows(graph, options),
      unsupported: [],
      notes,
    };
  } catch (error) {
    if (!(error instanceof StropError) || error.code !== "op-unsupported") throw error;
    return { opset, ...describeFile(proto, options, error) };
  }
}

/** What the file itself says, without understanding every node. */
function describeFile(
  proto: ParsedModel,
  selection: Selection,
  error: StropError,
): Omit<ModelDescription, "opset"> {
  const { graph } = proto;
  const initializers = new Set(graph.initializer.map(({ name }) => name));
  const inputs = graph.input.filter(({ name }) => !initializers.has(name));
  const infos = [...inputs, ...graph.valueInfo, ...graph.output].map(declared);
  const values = new Map(infos.map((info) => [info.name, info]));
  const lacking = unsupportedNodes(proto);
  return {
    inputs: inputs.map(declared),
    outputs: graph.output.map(declared),
    nodes: nodeRows(proto, values),
    parameters: parameterRows(roughGraph(proto), selection),
    unsupported: lacking.length > 0 ? lacking : [refusedNode(proto, error)],
    notes: [],
  };
}

function declared({ name, type }: ValueInfoProto): ValueRow {
  const dims = type?.value.case === "tensorType" ? (type.value.value.shape?.dim ?? []) : [];
  const shape = dims.map(({ value }) => {
    if (value.case === "dimValue") return Number(value.value);
    return value.case === "dimParam" ? value.value : "?";
  });
  return { name, shape };
}

function nodeRows(
  proto: ParsedModel,
  values: ReadonlyMap<string, ValueRow | ValueInfo>,
): NodeRow[] {
  const { node } = proto.graph;
  const names = nodeNames(node);
  return node.map(({ opType, input, output }, i) => {
    const shape = values.get(output[0] ?? "")?.shape;
    const row = { name: names[i]!, op: opType, inputs: input, outputs: output };
    return shape ? { ...row, shape } : row;
  });
}

/** The file's nodes and weights as a graph that only `listParameters` may read: its ops may be unknown. */
function roughGraph({ graph }: ParsedModel): Graph {
  const names = nodeNames(graph.node);
  const nodes = graph.node.map(({ opType, input, output }, i) => {
    return { op: opType, name: names[i]!, inputs: input, outputs: output, attributes: {} };
  });
  const initializers = new Map<string, Initializer>();
  for (const tensor of graph.initializer) {
    const { name } = tensor;
    try {
      initializers.set(name, toInitializer(name, readTensor(tensor, `initializer '${name}'`)));
    } catch (error) {
      // A weight of a type that Strop lacks is no parameter.
      if (!(error instanceof StropError)) throw error;
    }
  }
  const rough = nodes as readonly unknown[] as readonly Node[];
  return { name: graph.name, inputs: [], outputs: [], nodes: rough, initializers };
}

function parameterRows(graph: Graph, selection: Selection): ParameterRow[] {
  const trained = trainedOrNone(graph, selection);
  return listParameters(graph).map(({ name, shape, role }) => {
    return { name, shape, role, trainable: trained.has(name) };
  });
}

/** Unlike a run, a description may show that nothing is left to train. */
function trainedOrNone(graph: Graph, selection: Selection): ReadonlySet<string> {
  try {
    return selectTrained(graph, selection);
  } catch (error) {
    if (error instanceof StropError && error.code === "nothing-to-train") return new Set();
    throw error;
  }
}

/** The node that an import stopped at. */
function refusedNode(proto: ModelProto, error: StropError): UnsupportedRow {
  const nodes = proto.graph?.node ?? [];
  const { node: name = "", message: problem } = error;
  return { name, op: nodes[nodeNames(nodes).indexOf(name)]?.opType ?? "", problem };
}
