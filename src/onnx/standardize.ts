import { clone, create } from "@bufbuild/protobuf";
import { type GraphProto, type ModelProto, ModelProtoSchema, NodeProtoSchema } from "onnx-buf";
import { rowForm } from "../data/images/form.js";
import { channelStatistics, type Statistics } from "../data/statistics.js";
import { channelOrder } from "../graph/channel-order.js";
import type { Graph } from "../graph/graph.js";
import { rowShape } from "../graph/shape.js";
import { importProto } from "./import.js";
import type { ParsedModel } from "./parse.js";
import { floatTensor, floatValueInfo } from "./proto.js";

/** How the elements of a row share their statistics: a row is [outer, channels, inner]. */
interface Channels {
  readonly channels: number;
  readonly inner: number;
  /** Of mean and std in the model: what broadcasts over a row. */
  readonly shape: readonly number[];
}

/**
 * What is standardised together: each element of a plain row [features], each column of a series [steps,
 * features], each channel of an image, wherever the network has them; the first axis of what has more axes.
 */
function channelsOf(graph: Graph): Channels {
  const row = rowShape(graph.inputs[0]!.shape);
  const [first = 1, ...others] = row;
  const isFirst = row.length > 3 || rowForm(row, channelOrder(graph)).order === "first";
  if (isFirst)
    return { channels: first, inner: size(others), shape: [first, ...others.map(() => 1)] };
  const channels = row.at(-1) ?? 1;
  return { channels, inner: 1, shape: row.length === 0 ? [] : [channels] };
}

const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** The statistics of rows of the model's input. */
export function statisticsOf(graph: Graph, x: Float32Array): Statistics {
  const { channels, inner } = channelsOf(graph);
  return channelStatistics(x, channels, inner);
}

/** Statistics that change nothing, for a plan without data. */
export function unitStatistics(graph: Graph): Statistics {
  const { channels } = channelsOf(graph);
  return { mean: new Float32Array(channels), std: new Float32Array(channels).fill(1) };
}

/**
 * Puts y = (x − mean) / std in front of the model, as the nodes Sub and Div with the initializers `x_mean` and
 * `x_std`, so that every runtime takes raw input. Where they are there already, they get other values.
 * Neither the graph nor the message given is changed.
 */
export function standardize(
  graph: Graph,
  proto: ModelProto,
  { mean, std }: Statistics,
): { readonly graph: Graph; readonly proto: ModelProto } {
  const model = clone(ModelProtoSchema, proto) as ParsedModel;
  const [input] = graph.inputs;
  if (input === undefined) throw new Error("standardize: a graph without input");
  const { shape } = channelsOf(graph);
  const names = findStandardization(model.graph, input.name) ?? insert(model.graph, input.name);
  setInitializer(model, names.mean, shape, mean);
  setInitializer(model, names.std, shape, std);
  const sizes = graph.inputs.map(({ name, shape: [, ...row] }) => [name, [1, ...row]]);
  const standardized = importProto(model, { inputShape: Object.fromEntries(sizes) }).graph;
  return { graph: standardized, proto: model };
}

interface StatisticNames {
  readonly mean: string;
  readonly std: string;
}

/** The statistics of a model that is standardised already: its input goes to our Sub alone, and from there to our Div. */
function findStandardization(graph: GraphProto, input: string): StatisticNames | undefined {
  const centered = onlyReader(graph, input, "Sub");
  const scaled = centered && onlyReader(graph, centered.output[0]!, "Div");
  const [mean, std] = [centered?.input[1], scaled?.input[1]];
  if (!isOurs(mean, `${input}_mean`) || !isOurs(std, `${input}_std`)) return undefined;
  const initializers = new Set(graph.initializer.map(({ name }) => name));
  return initializers.has(mean) && initializers.has(std) ? { mean, std } : undefined;
}

/** Whether a name is the one that we give, or that with a number against a clash. */
function isOurs(name: string | undefined, base: string): name is string {
  return name?.startsWith(base) === true && /^(_\d+)?$/.test(name.slice(base.length));
}

function onlyReader(graph: GraphProto, value: string, opType: string) {
  const readers = graph.node.filter(({ input }) => input.includes(value));
  const [reader] = readers;
  const only = readers.length === 1 && reader?.opType === opType && reader.input[0] === value;
  return only && !graph.output.some(({ name }) => name === value) ? reader : undefined;
}

/** Puts Sub and Div between the input and all that read it. */
function insert(graph: GraphProto, input: string): StatisticNames {
  const taken = new Set([
    ...graph.input.map(({ name }) => name),
    ...graph.initializer.map(({ name }) => name),
    ...graph.node.flatMap(({ name, output }) => [name, ...output]),
  ]);
  const free = (base: string) => {
    let name = base;
    for (let i = 1; taken.has(name); i++) name = `${base}_${i}`;
    taken.add(name);
    return name;
  };
  const [mean, std] = [free(`${input}_mean`), free(`${input}_std`)];
  const [centered, standardized] = [free(`${input}_centered`), free(`${input}_standardized`)];
  for (const node of graph.node) {
    node.input = node.input.map((name) => (name === input ? standardized : name));
  }
  const node = (opType: string, x: string, by: string, y: string) =>
    create(NodeProtoSchema, { name: free(`${y}/${opType}`), opType, input: [x, by], output: [y] });
  graph.node.unshift(node("Sub", input, mean, centered), node("Div", centered, std, standardized));
  return { mean, std };
}

function setInitializer(
  { graph, irVersion }: ParsedModel,
  name: string,
  shape: readonly number[],
  data: Float32Array,
): void {
  const tensor = floatTensor(name, shape, data);
  const i = graph.initializer.findIndex((one) => one.name === name);
  if (i >= 0) graph.initializer[i] = tensor;
  else graph.initializer.push(tensor);
  const info = graph.input.findIndex((one) => one.name === name);
  if (info >= 0) graph.input[info] = floatValueInfo(name, shape);
  // Before IR 4, every initializer is an input too.
  else if (irVersion < 4n) graph.input.push(floatValueInfo(name, shape));
}
