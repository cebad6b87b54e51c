import { Pcg32 } from "../data/pcg32.js";
import { activationOf } from "./activations.js";
import { branchesOf, rowAxis, slicing } from "./branches.js";
import type { Graph, Initializer, Node, NodeOf, OpName, Shape, ValueInfo } from "./graph.js";
import { inferNode } from "./infer.js";
import { initializationFor, initialWeights } from "./init.js";
import { type Activation, type Layer, usage } from "./layer.js";
import { inputOf } from "./layer-input.js";
import { checkLayerOptions } from "./layer-options.js";
import { padsOf, SIDE_BY_SIDE, transposedPadding } from "./layer-padding.js";
import { positive, sidesOf } from "./layer-sizes.js";
import { imagePadding, upsampling } from "./resampling.js";
import { formatShape, product, rowShape, sameShape } from "./shape.js";

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
  const building = new Building(inputOf(layers.flatMap(expanded)), new Pcg32(seed));
  building.chain(layers);
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

const prefixes: { readonly [K in Layer["kind"]]?: string } = {
  conv1d: "conv",
  conv2d: "conv",
  convTranspose2d: "convTranspose",
  maxPool1d: "maxPool",
  maxPool2d: "maxPool",
  averagePool1d: "averagePool",
  averagePool2d: "averagePool",
  batchNorm: "bn",
  layerNorm: "ln",
  groupNorm: "gn",
  instanceNorm: "in",
};

type PoolLayer = Extract<Layer, { kind: `${"max" | "average"}Pool${1 | 2}d` }>;

const layout = "NCHW" as const;

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

  /** One layer after the other. @param rest what comes behind them */
  chain(layers: readonly Layer[], rest: readonly Layer[] = []): void {
    const all = layers.flatMap(expanded).filter(({ kind }) => kind !== "input");
    for (const [i, layer] of all.entries()) this.#add(layer, [...all.slice(i + 1), ...rest]);
  }

  #add(layer: Layer, rest: readonly Layer[]): void {
    const name = this.#nameOf(layer);
    checkLayerOptions(name, layer);
    switch (layer.kind) {
      case "dense":
        this.#dense(name, layer, rest);
        break;
      case "conv1d":
      case "conv2d":
        this.#conv(name, layer, rest);
        break;
      case "convTranspose2d":
        this.#convTranspose(name, layer, rest);
        break;
      case "maxPool1d":
      case "maxPool2d":
      case "averagePool1d":
      case "averagePool2d":
        this.#pool(name, layer);
        break;
      case "globalAveragePool":
        this.#node("ReduceMean", name, [], { axes: this.#pixelAxes(name), keepDims: false });
        break;
      case "globalMaxPool":
        this.#node("ReduceMax", name, [], { axes: this.#pixelAxes(name), keepDims: false });
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
      case "add":
      case "concat":
        this.#branches(name, layer, rest);
        break;
      case "slice":
        this.#node("Slice", name, [], slicing(name, layer, this.#last.shape));
        break;
      case "layerNorm":
        this.#layerNorm(name, layer);
        break;
      case "groupNorm":
        this.#groupNorm(name, positive(name, "groups", layer.groups), layer.eps);
        break;
      case "instanceNorm":
        this.#groupNorm(name, undefined, layer.eps);
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

  /** What several lists of layers make of the same value, added or joined. */
  #branches(name: string, layer: Layer & { kind: "add" | "concat" }, rest: readonly Layer[]): void {
    const from = this.#last;
    const [first, ...others] = branchesOf(name, layer).map((branch) => {
      this.#last = from;
      this.chain(branch, rest);
      return this.#last;
    }) as [ValueInfo, ...ValueInfo[]];
    this.#last = first;
    if (layer.kind === "concat") {
      const axis = rowAxis(name, layer.axis ?? 1, first.shape);
      const names = others.map((end) => end.name);
      this.#node("Concat", name, names, { axis });
      return;
    }
    for (const [i, { name: added, shape }] of others.entries()) {
      if (!sameShape(shape, first.shape)) {
        const ends = [first.shape, shape].map(formatShape).join(" and ");
        throw usage(name, `its branches end in ${ends}`);
      }
      const isLast = i === others.length - 1;
      this.#node("Add", isLast ? name : `${name}/${i + 1}`, [added], {});
    }
  }

  #dense(name: string, layer: Layer & { kind: "dense" }, rest: readonly Layer[]): void {
    const units = positive(name, "units", layer.units);
    const inputs = this.#last.shape[1];
    if (this.#last.shape.length !== 2 || typeof inputs !== "number") {
      throw usage(
        name,
        `needs rows of one axis, not ${formatShape(this.#last.shape)}`,
        "Put flatten() in front.",
      );
    }
    const data = initialWeights(
      initializationFor(rest),
      units * inputs,
      inputs,
      units,
      this.#random,
    );
    const names = [this.#parameter(`${name}.weight`, [units, inputs], data)];
    if (layer.bias ?? rest[0]?.kind !== "batchNorm")
      names.push(this.#fill(name, "bias", [units], 0));
    this.#node("Gemm", name, names, { alpha: 1, beta: 1, transB: true });
  }

  #conv(name: string, layer: Layer & { kind: "conv1d" | "conv2d" }, rest: readonly Layer[]): void {
    const filters = positive(name, "filters", layer.filters);
    this.#overImages(name, layer.kind === "conv1d" ? 1 : 2, (channels, sizes, axes) => {
      const kernelShape = sidesOf(name, "kernelSize", layer.kernelSize, axes);
      const strides = sidesOf(name, "strides", layer.strides ?? 1, axes);
      const dilations = sidesOf(name, "dilations", layer.dilations ?? 1, axes);
      const { padding = "valid" } = layer;
      const pads = padsOf(name, padding, sizes, kernelShape, strides, axes, dilations);
      const group = positive(name, "groups", layer.groups ?? 1);
      if (channels % group !== 0 || filters % group !== 0) {
        throw usage(
          name,
          `${group} groups do not divide ${channels} channels and ${filters} filters`,
        );
      }
      const names = this.#kernel(name, layer, [filters, channels / group, ...kernelShape], rest);
      this.#node("Conv", name, names, { kernelShape, strides, pads, dilations, layout, group });
    });
  }

  #convTranspose(
    name: string,
    layer: Layer & { kind: "convTranspose2d" },
    rest: readonly Layer[],
  ): void {
    const filters = positive(name, "filters", layer.filters);
    this.#overImages(name, 2, (channels) => {
      const kernelShape = sidesOf(name, "kernelSize", layer.kernelSize, 2);
      const strides = sidesOf(name, "strides", layer.strides ?? 1, 2);
      const padding = transposedPadding(name, layer, kernelShape, strides);
      const names = this.#kernel(name, layer, [channels, filters, ...kernelShape], rest);
      const window = { kernelShape, strides, ...padding, dilations: SIDE_BY_SIDE, layout };
      this.#node("ConvTranspose", name, names, { ...window, group: 1 });
    });
  }

  /** A kernel of the given shape, whose second axis is what it reads in a Conv, and a bias, if there is one. */
  #kernel(
    name: string,
    layer: Layer & { kind: "conv1d" | "conv2d" | "convTranspose2d" },
    shape: readonly number[],
    rest: readonly Layer[],
  ): string[] {
    const [first, second] = shape as [number, number];
    const area = product(shape.slice(2), name);
    const isTransposed = layer.kind === "convTranspose2d";
    const [from, to] = isTransposed ? [first, second] : [second, first];
    const elements = product(shape, name);
    const kind = initializationFor(rest);
    const data = initialWeights(kind, elements, from * area, to * area, this.#random);
    const names = [this.#parameter(`${name}.weight`, shape, data)];
    if (layer.bias ?? rest[0]?.kind !== "batchNorm") names.push(this.#fill(name, "bias", [to], 0));
    return names;
  }

  #pool(name: string, layer: PoolLayer): void {
    const { ceilMode = false, padding = "valid", poolSize } = layer;
    this.#overImages(name, layer.kind.endsWith("1d") ? 1 : 2, (_, sizes, axes) => {
      const kernelShape = sidesOf(name, "poolSize", poolSize, axes);
      const strides = sidesOf(name, "strides", layer.strides ?? poolSize, axes);
      const pads = padsOf(name, padding, sizes, kernelShape, strides, axes);
      const window = { kernelShape, strides, pads, dilations: SIDE_BY_SIDE, layout, ceilMode };
      if (layer.kind === "maxPool1d" || layer.kind === "maxPool2d") {
        this.#node("MaxPool", name, [], window);
      } else {
        const { countIncludePad = false } = layer;
        this.#node("AveragePool", name, [], { ...window, countIncludePad });
      }
    });
  }

  /** Adds a layer of images; signals are images of one row while it works. */
  #overImages(
    name: string,
    axes: 1 | 2,
    add: (channels: number, sizes: readonly number[], axes: 1 | 2) => void,
  ): void {
    const [, channels, ...sizes] = this.#last.shape as readonly number[];
    if (channels === undefined || sizes.length !== axes) {
      const needed =
        axes === 1 ? "signals [N, channels, length]" : "images [N, channels, height, width]";
      throw usage(name, `needs ${needed}, not ${formatShape(this.#last.shape)}`);
    }
    if (axes === 2) {
      add(channels, sizes, axes);
      return;
    }
    this.#reshape(`${name}/image`, [channels, 1, ...sizes]);
    add(channels, [1, ...sizes], axes);
    const [filters, , length] = rowShape(this.#last.shape) as [number, number, number];
    this.#reshape(`${name}/signal`, [filters, length]);
  }

  #reshape(name: string, row: readonly number[]): void {
    this.#node("Reshape", name, [], { shape: ["N", ...row], allowZero: false });
  }

  /** The axes behind the channels. */
  #pixelAxes(name: string): readonly number[] {
    const { shape } = this.#last;
    const axes = shape.map((_, axis) => axis).slice(2);
    if (axes.length > 0) return axes;
    throw usage(name, `rows of shape ${formatShape(shape)} have no pixels`);
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

  /** @param groups one for each channel, if left out */
  #groupNorm(name: string, groups: number | undefined, eps = 1e-5): void {
    const [, channels, ...sizes] = this.#last.shape as readonly number[];
    if (channels === undefined || (groups === undefined && sizes.length === 0)) {
      const needed = groups === undefined ? "pixels" : "channels";
      throw usage(name, `rows of shape ${formatShape(this.#last.shape)} have no ${needed}`);
    }
    if (!(eps > 0)) throw usage(name, `eps ${eps} is not above 0`);
    const numGroups = groups ?? channels;
    const names = [
      this.#fill(name, "weight", [channels], 1),
      this.#fill(name, "bias", [channels], 0),
    ];
    this.#node("GroupNormalization", name, names, { numGroups, epsilon: eps, layout: "NCHW" });
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
}
