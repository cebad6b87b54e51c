import type { GraphProto, ModelProto } from "onnx-buf";
import { StropError } from "../errors.js";
import { simplify } from "../graph/fold.js";
import type { Graph, Initializer, Node, Shape, ValueInfo } from "../graph/graph.js";
import { inferNode, inferShapes } from "../graph/infer.js";
import { checkModel, nodeNames } from "./check.js";
import { checkEarly } from "./early-opsets.js";
import { type BatchAxis, type InputShapes, type ModelInput, readInput } from "./inputs.js";
import { type Expansion, OnnxNode, type Scope } from "./node.js";
import { converters } from "./ops/index.js";
import { ordered } from "./order.js";
import { opsetOf, type ParsedModel, parseModel } from "./parse.js";
import { type ConstantValue, readTensor, toInitializer } from "./tensor.js";

export interface ImportOptions {
  /** Sizes of inputs whose shape is not in the file, by name, with 1 for the batch. */
  readonly inputShape?: InputShapes;
  /** "fixed" keeps the file's shapes as they are; the model can then predict, but not be trained. Default "free". */
  readonly batch?: BatchAxis;
  /** The file's name, for errors. */
  readonly name?: string;
}

export interface ImportedModel {
  /** Simplified: no Identity, no Dropout of nothing, no Transpose of a weight, nothing that no output needs. */
  readonly graph: Graph;
  /** The file as it was; export writes the trained values into a copy of it. */
  readonly proto: ModelProto;
  readonly opset: number;
  /** What the user should know: "the batch was fixed at 1 and is free now". */
  readonly notes: readonly string[];
}

/**
 * Reads a model.
 *
 * @throws StropError for whatever is wrong with the bytes or not supported in the model
 */
export function importOnnx(bytes: Uint8Array, options: ImportOptions = {}): ImportedModel {
  return importProto(parseModel(bytes, options.name ?? "model"), options);
}

/** Reads a model that is decoded already. */
export function importProto(proto: ModelProto, options: ImportOptions = {}): ImportedModel {
  const { name = "model", inputShape = {}, batch = "free" } = options;
  const model = proto as ParsedModel;
  const opset = opsetOf(model, name);
  checkModel(model, name);
  const inputs = readInputs(model.graph, { inputShape, batch }, name);
  const { graph, fixedBatch } = new Importer(model.graph, inputs, opset).graph(name);
  const notes = [
    ...(fixedBatch === undefined ? [] : [`the batch was fixed at ${fixedBatch} and is free now`]),
    ...graph.nodes.flatMap(dropoutNote),
  ];
  return { graph, proto, opset, notes };
}

/** Whatever training_mode the file has: training is PyTorch's model.train(). */
function dropoutNote(node: Node): string[] {
  if (node.op !== "Dropout") return [];
  const ratio = Number(node.attributes.ratio.toPrecision(7));
  return [`Dropout '${node.name}' (${ratio}) is active in training`];
}

function readInputs(
  graph: GraphProto,
  { inputShape: given, batch }: Required<Pick<ImportOptions, "inputShape" | "batch">>,
  file: string,
): readonly ModelInput[] {
  const initializers = new Set(graph.initializer.map(({ name }) => name));
  const protos = graph.input.filter(({ name }) => !initializers.has(name));
  const names = protos.map(({ name }) => name);
  for (const name of Object.keys(given)) {
    if (names.includes(name)) continue;
    throw new StropError(`the model has no input '${name}'`, {
      code: "input-unknown",
      where: "--input-shape",
      hint: `Its inputs are ${names.join(", ")}.`,
      exitCode: 2,
    });
  }
  if (protos.length === 0) {
    throw new StropError("the model has no input", { code: "input-missing", where: file });
  }
  return protos.map((proto) =>
    readInput(proto, Object.hasOwn(given, proto.name) ? given[proto.name] : undefined, batch),
  );
}

/** Walks the file's nodes in order; everything known about a value is known before the node that reads it. */
class Importer {
  readonly #proto: GraphProto;
  readonly #inputs: readonly ModelInput[];
  readonly #scope: Scope;
  readonly #constants = new Map<string, ConstantValue>();
  /** What is a constant behind an Identity (or a Cast of float32 to itself), and whose. */
  readonly #copies = new Map<string, string>();
  readonly #sequences = new Map<string, readonly string[]>();
  readonly #values = new Map<string, ValueInfo>();
  readonly #nodes: Node[] = [];
  readonly #uses = new Map<string, number>();
  readonly #taken: Set<string>;

  constructor(proto: GraphProto, inputs: readonly ModelInput[], opset: number) {
    const initializers = new Set(proto.initializer.map(({ name }) => name));
    this.#proto = proto;
    this.#inputs = inputs;
    this.#taken = new Set([
      ...inputs.map(({ info }) => info.name),
      ...initializers,
      ...proto.node.flatMap(({ output }) => output),
    ]);
    this.#scope = {
      opset,
      fixedBatch: inputs.find(({ fixedBatch }) => fixedBatch !== undefined)?.fixedBatch,
      constant: (name) => this.#constants.get(this.#copies.get(name) ?? name),
      sequence: (name) => this.#sequences.get(name),
      isInitializer: (name) => initializers.has(this.#copies.get(name) ?? name),
      shape: (node, name) => this.#shape(node, name),
      uses: (name) => this.#uses.get(name) ?? 0,
      fresh: (wish) => this.#fresh(wish),
    };
  }

  graph(file: string): { graph: Graph; fixedBatch: number | undefined } {
    const proto = this.#proto;
    for (const { info } of this.#inputs) this.#values.set(info.name, info);
    for (const tensor of proto.initializer) {
      this.#define(tensor.name, readTensor(tensor, `initializer '${tensor.name}'`));
    }
    const names = nodeNames(proto.node);
    const nodes = proto.node.map((node, i) => new OnnxNode(node, names[i]!));
    this.#countUses(nodes);
    for (const node of ordered(nodes, new Set(this.#values.keys()))) this.#convert(node);
    const outputs = proto.output.map(({ name }) => this.#output(name, file));
    if (outputs.length === 0) {
      throw new StropError("the model has no output", { code: "output-missing", where: file });
    }
    const graph = simplify({
      name: proto.name || "model",
      inputs: this.#inputs.map(({ info }) => info),
      outputs,
      nodes: this.#nodes,
      initializers: this.#initializers(),
    });
    inferShapes(graph);
    return { graph, fixedBatch: this.#scope.fixedBatch };
  }

  #convert(node: OnnxNode): void {
    const [output = ""] = node.outputs;
    if (output === "") throw node.error("output-missing", "it has no output");
    checkEarly(node, this.#scope);
    const lowered = converters.get(node.op)!(node, this.#scope);
    if ("type" in lowered) this.#define(output, lowered);
    else this.#take("op" in lowered ? { nodes: [lowered], constants: new Map() } : lowered);
    if ("sequence" in lowered) this.#sequences.set(output, lowered.sequence!);
    for (const [i, name] of node.outputs.entries()) {
      const isKnown = this.#values.has(name) || this.#sequences.has(name);
      if (this.#scope.uses(name) > 0 && !isKnown) {
        throw node.error("op-unsupported", `its output ${i + 1}, '${name}', is used`);
      }
    }
  }

  #take({ nodes, constants }: Expansion): void {
    for (const [name, constant] of constants) this.#define(name, constant);
    for (const one of nodes) {
      this.#values.set(one.outputs[0]!, inferNode(one, this.#values));
      this.#nodes.push(one);
      if (one.op === "Identity") this.#copy(one.inputs[0]!, one.outputs[0]!);
    }
  }

  #copy(from: string, to: string): void {
    const source = this.#copies.get(from) ?? from;
    if (this.#constants.has(source)) this.#copies.set(to, source);
  }

  #fresh(wish: string): string {
    let name = wish;
    while (this.#taken.has(name)) name += "_";
    this.#taken.add(name);
    return name;
  }

  #define(name: string, constant: ConstantValue): void {
    this.#constants.set(name, constant);
    this.#values.set(name, { name, type: constant.type, shape: constant.shape });
  }

  #countUses(nodes: readonly OnnxNode[]): void {
    const count = (name: string) => {
      if (name !== "") this.#uses.set(name, (this.#uses.get(name) ?? 0) + 1);
    };
    for (const node of nodes) node.inputs.forEach(count);
    for (const { name } of this.#proto.output) count(name);
  }

  #shape(node: OnnxNode, name: string): Shape {
    const value = this.#values.get(name);
    if (value === undefined) {
      throw node.error("value-undefined", `its input '${name}' comes from nowhere`);
    }
    return value.shape;
  }

  #output(name: string, file: string): string {
    const value = this.#values.get(name);
    if (value?.type === "float32") return name;
    const problem = value
      ? `the output '${name}' is ${value.type}; only float32 is supported`
      : `no node makes the output '${name}'`;
    throw new StropError(problem, { code: "output-unsupported", where: file });
  }

  /** The float constants; whole numbers were shape arithmetic, and are done with. */
  #initializers(): ReadonlyMap<string, Initializer> {
    const floats = [...this.#constants].filter(([, { type }]) => type === "float32");
    return new Map(floats.map(([name, constant]) => [name, toInitializer(name, constant)]));
  }
}
