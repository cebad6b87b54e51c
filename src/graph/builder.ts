import { Pcg32 } from "../data/pcg32.js";
import { activationOf, RECTIFIERS } from "./activations.js";
import type { Graph, Initializer, Node, NodeOf, OpName, Shape, ValueInfo } from "./graph.js";
import { inferNode } from "./infer.js";
import { type Initialization, initialWeights } from "./init.js";
import { type Activation, type Layer, usage } from "./layers.js";
import { samePads } from "./ops/padding.js";
import { imagePadding, upsampling } from "./resampling.js";
import { formatShape, product, rowShape } from "./shape.js";

export interface SequentialOptions {
  /** Of the fresh weights; default 0. */
  readonly seed?: number;
  /** Of the graph; default "sequential". */
  readonly name?: string;
}

/**
 * A network of layers, one after the other, with fresh weights.
 *
 * The first layer is `input({ shape })` or has an `inputShape`. Parameters are named as PyTorch would:
 * `dense1.weight`, `conv1.bias`, `bn1.running_mean`. The graph's input is "input", its output "output".
 */
export function sequential(layers: readonly Layer[], options: SequentialOptions = {}): Graph {
  const { seed = 0, name = "sequential" } = options;
  if (!Number.isSafeInteger(seed) || seed < 0) throw usage("seed", `${seed} is not a whole number`);
  if (!Array.isArray(layers)) throw usage("layers", "they are not a list");
  const flat = layers.flatMap(expanded);
  const building = new Building(inputOf(flat), new Pcg32(seed));
  const body = flat.filter(({ kind }) => kind !== "input");
  for (const [i, layer] of body.entries()) building.add(layer, body.slice(i + 1));
  return building.finish(name);
}

/** A layer with its `activation` as a layer of its own. */
function expanded(layer: Layer, i: number): Layer[] {
  if (typeof layer !== "object" || layer === null) {
    throw usage(`layer ${i + 1}`, "it is no layer", "Call it: relu().");
  }
  const activation: Activation = ("activation" in layer && layer.activation) || "linear";
  return activation === "linear" ? [layer] : [layer, { kind: activation }];
}

function inputOf(layers: readonly Layer[]): ValueInfo {
  const [first] = layers;
  const shape = first?.kind === "input" ? first.shape : first?.inputShape;
  if (shape === undefined) {
    throw usage(
      "layer 1",
      "the shape of the input is missing",
      "Begin with input({ shape: [784] }).",
    );
  }
  if (!Array.isArray(shape)) throw usage("layer 1", "the shape of the input is not a list");
  if (shape.length === 0 || !shape.every((dim) => Number.isSafeInteger(dim) && dim > 0)) {
    throw usage("layer 1", `an input of shape ${formatShape(shape)}`);
  }
  if (layers.length < 2 && first?.kind === "input") throw usage("layer 1", "there are no layers");
  if (layers.slice(1).some(({ kind }) => kind === "input")) {
    throw usage("input", "it is not the first layer");
  }
  const name = (first?.kind === "input" ? first.name : undefined) ?? "input";
  return { name, type: "float32", shape: ["N", ...shape] };
}

const prefixes: { readonly [K in Layer["kind"]]?: string } = {
  conv2d: "conv",
  batchNorm: "bn",
  layerNorm: "ln",
};

class Building {
  readonly #input: ValueInfo;
  readonly #random: Pcg32;
  readonly #values = new Map<string, ValueInfo>();
  readonly #initializers = new Map<string, Initializer>();
  readonly #nodes: Node[] = [];
  readonly #counts = new Map<string, number>();
  #last: ValueInfo;

  constructor(input: ValueInfo, random: Pcg32) {
    this.#input = input;
    this.#random = random;
    this.#last = input;
    this.#values.set(input.name, input);
  }

  add(layer: Layer, rest: readonly Layer[]): void {
    const name = this.#nameOf(layer);
    switch (layer.kind) {
      case "dense":
        this.#dense(name, layer, rest);
        break;
      case "conv2d":
        this.#conv2d(name, layer, rest);
        break;
      case "batchNorm":
        this.#batchNorm(name, layer);
        break;
      case "flatten":
        this.#node("Flatten", name, [], { axis: 1 });
        break;
      case "upsample2d":
        this.#node("Resize", name, [], upsampling(name, layer, this.#last.shape));
        break;
      case "pad2d":
        this.#node("Pad", name, [], imagePadding(name, layer, this.#last.shape));
        break;
      case "layerNorm":
        this.#layerNorm(name, layer);
        break;
      case "dropout":
        if (!(layer.rate >= 0 && layer.rate < 1)) {
          throw usage(name, `rate ${layer.rate} is not from 0 and below 1`);
        }
        this.#node("Dropout", name, [], { ratio: layer.rate });
        break;
      case "softmax":
        this.#node("Softmax", name, [], { axis: this.#last.shape.length - 1 });
        break;
      case "logSoftmax":
        this.#node("LogSoftmax", name, [], { axis: this.#last.shape.length - 1 });
        break;
      case "prelu":
        this.#prelu(name, layer);
        break;
      case "input":
        break;
      default: {
        const { op, attributes } = activationOf(name, layer);
        this.#node(op, name, [], attributes);
      }
    }
  }

  finish(name: string): Graph {
    const nodes = this.#nodes.map((node, i) =>
      i === this.#nodes.length - 1 ? { ...node, outputs: ["output"] } : node,
    );
    const initializers = this.#initializers;
    return { name, inputs: [this.#input], outputs: ["output"], nodes, initializers };
  }

  #dense(name: string, layer: Layer & { kind: "dense" }, rest: readonly Layer[]): void {
    const units = this.#positive(name, "units", layer.units);
    const inputs = this.#last.shape[1];
    if (this.#last.shape.length !== 2 || typeof inputs !== "number") {
      throw usage(
        name,
        `needs rows of one axis, not ${formatShape(this.#last.shape)}`,
        "Put flatten() in front.",
      );
    }
    const data = initialWeights(kindFor(rest), units * inputs, inputs, units, this.#random);
    const names = [this.#parameter(`${name}.weight`, [units, inputs], data)];
    if (layer.bias ?? rest[0]?.kind !== "batchNorm")
      names.push(this.#fill(name, "bias", [units], 0));
    this.#node("Gemm", name, names, { alpha: 1, beta: 1, transB: true });
  }

  #conv2d(name: string, layer: Layer & { kind: "conv2d" }, rest: readonly Layer[]): void {
    const filters = this.#positive(name, "filters", layer.filters);
    const [, channels, ...sizes] = this.#last.shape as readonly number[];
    if (channels === undefined || sizes.length !== 2) {
      throw usage(
        name,
        `needs images [N, channels, height, width], not ${formatShape(this.#last.shape)}`,
      );
    }
    const kernelShape = this.#pair(name, "kernelSize", layer.kernelSize);
    const strides = this.#pair(name, "strides", layer.strides ?? 1);
    const pads = this.#pads(name, layer.padding ?? "valid", sizes, kernelShape, strides);
    const area = kernelShape[0] * kernelShape[1];
    const data = initialWeights(
      kindFor(rest),
      filters * channels * area,
      channels * area,
      filters * area,
      this.#random,
    );
    const names = [this.#parameter(`${name}.weight`, [filters, channels, ...kernelShape], data)];
    if (layer.bias ?? rest[0]?.kind !== "batchNorm") {
      names.push(this.#fill(name, "bias", [filters], 0));
    }
    const dilations: [number, number] = [1, 1];
    const layout = "NCHW";
    this.#node("Conv", name, names, { kernelShape, strides, pads, dilations, group: 1, layout });
  }

  #prelu(name: string, { perChannel = false, alpha = 0.25 }: Layer & { kind: "prelu" }): void {
    const [, channels, ...sizes] = this.#last.shape as readonly number[];
    const shape = perChannel ? [channels!, ...sizes.map(() => 1)] : [1];
    const slopes = new Float32Array(shape[0]!).fill(alpha);
    this.#node("PRelu", name, [this.#parameter(`${name}.weight`, shape, slopes)], {});
  }

  #batchNorm(name: string, layer: Layer & { kind: "batchNorm" }): void {
    const channels = this.#last.shape[1];
    if (typeof channels !== "number") {
      throw usage(name, `rows of shape ${formatShape(this.#last.shape)} have no channels`);
    }
    const { eps = 1e-5, momentum = 0.9 } = layer;
    if (!(eps > 0)) throw usage(name, `eps ${eps} is not above 0`);
    if (!(momentum >= 0 && momentum <= 1)) throw usage(name, `momentum ${momentum} is not 0 to 1`);
    const names = [
      this.#fill(name, "weight", [channels], 1),
      this.#fill(name, "bias", [channels], 0),
      this.#fill(name, "running_mean", [channels], 0),
      this.#fill(name, "running_var", [channels], 1),
    ];
    const attributes = { epsilon: eps, momentum, layout: "NCHW" as const };
    this.#node("BatchNormalization", name, names, attributes);
  }

  #layerNorm(name: string, { eps = 1e-5 }: Layer & { kind: "layerNorm" }): void {
    if (!(eps > 0)) throw usage(name, `eps ${eps} is not above 0`);
    const shape = rowShape(this.#last.shape);
    const names = [this.#fill(name, "weight", shape, 1), this.#fill(name, "bias", shape, 0)];
    this.#node("LayerNormalization", name, names, { axis: 1, epsilon: eps });
  }

  #pads(
    name: string,
    padding: "valid" | "same" | number,
    sizes: readonly number[],
    kernel: readonly [number, number],
    strides: readonly [number, number],
  ): [number, number, number, number] {
    if (padding === "valid") return [0, 0, 0, 0];
    if (padding === "same") return samePads(sizes, kernel, strides, [1, 1], "end");
    if (!Number.isSafeInteger(padding) || padding < 0) throw usage(name, `padding ${padding}`);
    return [padding, padding, padding, padding];
  }

  #node<K extends OpName>(
    op: K,
    name: string,
    parameters: readonly string[],
    attributes: NodeOf<K>["attributes"],
  ): void {
    const inputs = [this.#last.name, ...parameters];
    const node = { op, name, inputs, outputs: [name], attributes } as unknown as Node;
    this.#last = inferNode(node, this.#values);
    this.#values.set(this.#last.name, this.#last);
    this.#nodes.push(node);
  }

  #parameter(name: string, shape: readonly number[], data: Float32Array): string {
    const info: ValueInfo = { name, type: "float32", shape: shape as Shape };
    this.#values.set(name, info);
    this.#initializers.set(name, { name, type: "float32", shape, data });
    return name;
  }

  #fill(layer: string, name: string, shape: readonly number[], value: number): string {
    const count = product(shape, layer);
    return this.#parameter(`${layer}.${name}`, shape, new Float32Array(count).fill(value));
  }

  #nameOf(layer: Layer): string {
    const prefix = prefixes[layer.kind] ?? layer.kind;
    const count = (this.#counts.get(prefix) ?? 0) + 1;
    this.#counts.set(prefix, count);
    const name = layer.name ?? `${prefix}${count}`;
    if (this.#values.has(name) || name === "output") throw usage(name, "the name is taken");
    return name;
  }

  #positive(where: string, option: string, value: number): number {
    if (Number.isSafeInteger(value) && value > 0) return value;
    throw usage(where, `${option} is ${value}, not a whole number above 0`);
  }

  #pair(where: string, option: string, value: number | readonly [number, number]) {
    const [first, second] = typeof value === "number" ? [value, value] : value;
    const pair: readonly [number, number] = [
      this.#positive(where, option, first),
      this.#positive(where, option, second),
    ];
    return pair;
  }
}

/** He if the next activation is a ReLU or like it, which may stand behind a normalization; Xavier else. */
function kindFor(rest: readonly Layer[]): Initialization {
  const passed = ["batchNorm", "layerNorm", "dropout", "flatten"];
  const next = rest.find(({ kind }) => !passed.includes(kind));
  return next !== undefined && RECTIFIERS.has(next.kind) ? "he" : "xavier";
}
