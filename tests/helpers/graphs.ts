import type {
  Graph,
  Initializer,
  Node,
  OpAttributes,
  OpName,
  Shape,
} from "../../src/graph/graph.js";
import { convolution } from "../graph/graphs.js";
import { TestRandom } from "./random.js";

type ConvolutionOptions<K extends "Conv" | "ConvTranspose"> = Partial<OpAttributes[K]> & {
  readonly bias?: boolean;
};

/** Builds a graph by hand, node after node, with random weights. */
export class GraphSketch {
  readonly random: TestRandom;
  private readonly nodes: Node[] = [];
  private readonly initializers = new Map<string, Initializer>();

  constructor(
    private readonly input: Shape,
    seed = 1,
  ) {
    this.random = new TestRandom(seed);
  }

  weight(name: string, shape: readonly number[], scale = 0.5, shift = 0): string {
    const data = this.random.array(
      shape.reduce((a, b) => a * b, 1),
      scale,
      shift,
    );
    this.initializers.set(name, { name, type: "float32", shape, data });
    return name;
  }

  node<K extends OpName>(op: K, inputs: string[], attributes: OpAttributes[K]): string {
    const output = `${op.toLowerCase()}${this.nodes.length}`;
    this.nodes.push({ op, name: output, inputs, outputs: [output], attributes } as unknown as Node);
    return output;
  }

  gemm(x: string, name: string, k: number, n: number, transB = true): string {
    const w = this.weight(`${name}.weight`, transB ? [n, k] : [k, n]);
    const b = this.weight(`${name}.bias`, [n]);
    return this.node("Gemm", [x, w, b], { alpha: 1, beta: 1, transB });
  }

  conv(
    x: string,
    name: string,
    channels: number,
    outChannels: number,
    options: ConvolutionOptions<"Conv"> = {},
  ): string {
    const attributes = { ...convolution, ...options } as OpAttributes["Conv"];
    const w = [outChannels, channels / attributes.group, ...attributes.kernelShape];
    return this.convolution("Conv", x, name, { w, outChannels, attributes, ...options });
  }

  convTranspose(
    x: string,
    name: string,
    channels: number,
    outChannels: number,
    options: ConvolutionOptions<"ConvTranspose"> = {},
  ): string {
    const all = { ...convolution, outputPadding: [0, 0], ...options };
    const attributes = all as unknown as OpAttributes["ConvTranspose"];
    const w = [channels, outChannels / attributes.group, ...attributes.kernelShape];
    return this.convolution("ConvTranspose", x, name, { w, outChannels, attributes, ...options });
  }

  private convolution<K extends "Conv" | "ConvTranspose">(
    op: K,
    x: string,
    name: string,
    of: { w: number[]; outChannels: number; attributes: OpAttributes[K]; bias?: boolean },
  ): string {
    const { bias: _, ...attributes } = of.attributes as OpAttributes[K] & { bias?: boolean };
    const w = this.weight(`${name}.weight`, of.w);
    const b = of.bias ? [this.weight(`${name}.bias`, [of.outChannels])] : [];
    return this.node(op, [x, w, ...b], attributes as unknown as OpAttributes[K]);
  }

  batchNorm(x: string, name: string, channels: number): string {
    const inputs = [
      x,
      this.weight(`${name}.weight`, [channels], 0.5, 1),
      this.weight(`${name}.bias`, [channels]),
      this.weight(`${name}.running_mean`, [channels], 0.3),
      this.weight(`${name}.running_var`, [channels], 0.5, 1),
    ];
    const attributes = { epsilon: 1e-3, momentum: 0.9, layout: "NCHW" } as const;
    return this.node("BatchNormalization", inputs, attributes);
  }

  /** To sizes by scales, of all axes; nearest or linear between the pixels' middles unless told otherwise. */
  resize(
    x: string,
    to: Pick<OpAttributes["Resize"], "sizes" | "scales" | "mode"> & Partial<OpAttributes["Resize"]>,
  ): string {
    return this.node("Resize", [x], {
      roi: to.sizes.map(() => [0, 1] as const),
      coordinateMode: "half_pixel",
      nearestMode: "round_prefer_floor",
      cubicCoeffA: -0.75,
      excludeOutside: false,
      extrapolationValue: 0,
      antialias: false,
      ...to,
    });
  }

  unary(op: "Relu" | "Tanh" | "Sigmoid" | "Identity", x: string): string {
    return this.node(op, [x], {});
  }

  add(a: string, b: string): string {
    return this.node("Add", [a, b], {});
  }

  flatten(x: string): string {
    return this.node("Flatten", [x], { axis: 1 });
  }

  end(...outputs: string[]): Graph {
    return {
      name: "sketch",
      inputs: [{ name: "x", type: "float32", shape: this.input }],
      outputs,
      nodes: this.nodes,
      initializers: this.initializers,
    };
  }
}

/** Conv → BN → Relu → Conv (strided, with bias) → Tanh → Flatten → Gemm on [N, 2, 6, 5] images. */
export function convNet(): Graph {
  const g = new GraphSketch(["N", 2, 6, 5], 3);
  let x = g.conv("x", "conv1", 2, 4, { pads: [1, 1, 1, 1] });
  x = g.unary("Relu", g.batchNorm(x, "bn1", 4));
  x = g.conv(x, "conv2", 4, 6, { strides: [2, 1], group: 2, bias: true });
  x = g.flatten(g.unary("Tanh", x));
  return g.end(g.gemm(x, "fc", 36, 3));
}

/** The shape of the demo's model: dense, batch-norm, relu, twice, and a dense end. */
export function denseNet(features = 7, hidden = 9, classes = 4): Graph {
  const g = new GraphSketch(["N", features], 5);
  let x = g.node("MatMul", ["x", g.weight("fc1.weight", [features, hidden])], {});
  x = g.unary("Relu", g.batchNorm(x, "bn1", hidden));
  x = g.unary("Tanh", g.batchNorm(g.gemm(x, "fc2", hidden, 5, false), "bn2", 5));
  return g.end(g.gemm(x, "fc3", 5, classes));
}

/** Relu, the sum of so many means over its image, and a dense end. */
export function pooledNet(means: number): Graph {
  const g = new GraphSketch(["N", 2, 4, 3], 5);
  const y = g.unary("Relu", g.conv("x", "conv", 2, 4, { bias: true }));
  const mean = () => g.node("ReduceMean", [y], { axes: [2, 3], keepDims: false });
  const sum = Array.from({ length: means }, mean).reduce((a, b) => g.add(a, b));
  return g.end(g.gemm(sum, "fc", 4, 3));
}
