import type { LossChoice } from "../../src/compile/options.js";
import type { Graph } from "../../src/graph/graph.js";
import { type PoolAxis, windowCount } from "../../src/graph/ops/pool.js";
import { GraphSketch } from "../helpers/graphs.js";
import { TestRandom } from "../helpers/random.js";

type Unary = (g: GraphSketch, x: string) => string;

const plain =
  (op: "Abs" | "Erf" | "HardSwish" | "Identity" | "Mish" | "Neg" | "Relu"): Unary =>
  (g, x) =>
    g.node(op, [x], {});

/** With a slope that has no jumps. */
const smoothUnaries: readonly Unary[] = [
  (g, x) => g.unary("Tanh", x),
  (g, x) => g.unary("Tanh", x),
  (g, x) => g.unary("Sigmoid", x),
  (g, x) => g.unary("Sigmoid", x),
  ...(["Erf", "Identity", "Mish", "Neg"] as const).map(plain),
  (g, x) => g.node("Softplus", [x], {}),
  (g, x) => g.node("Softsign", [x], {}),
  (g, x) => g.node("Elu", [x], { alpha: 1 }),
  (g, x) => g.node("Gelu", [x], { approximate: "none" }),
  (g, x) => g.node("Gelu", [x], { approximate: "tanh" }),
  (g, x) => g.node("Swish", [x], { alpha: 1 }),
  (g, x) => g.node("Mul", [x, g.unary("Sigmoid", x)], {}),
  (g, x) => g.node("Exp", [g.unary("Tanh", x)], {}),
  (g, x) => g.node("Sqrt", [g.node("Softplus", [x], {})], {}),
];

const unaries: readonly Unary[] = [
  ...smoothUnaries,
  ...(["Abs", "HardSwish", "Relu", "Relu"] as const).map(plain),
  (g, x) => g.node("Clip", [x], { min: 0, max: 1 }),
  (g, x) => g.node("HardSigmoid", [x], { alpha: 0.2, beta: 0.5 }),
  (g, x) => g.node("LeakyRelu", [x], { alpha: 0.1 }),
  (g, x) => g.node("Selu", [x], { alpha: 1.67, gamma: 1.05 }),
];

/** A value of the graph with the shape of one row: [C, H, W] or [features]. */
interface Value {
  readonly name: string;
  readonly shape: readonly number[];
}

export interface RandomNetOptions {
  /** No Relu and its like, whose kinks a central difference must not straddle. */
  readonly smooth: boolean;
}

/** Losses without a kink. */
const VALUE_LOSSES: readonly LossChoice[] = ["mse", "binary-cross-entropy"];
const CLASS_LOSSES: readonly LossChoice[] = [
  "cross-entropy",
  {
    name: "cross-entropy",
    classWeights: [1, 2, 0.5],
    labelSmoothing: 0.1,
    ignoreLabel: 1,
  },
  { name: "cross-entropy", targets: "values", labelSmoothing: 0.1 },
];

/**
 * A graph of ten random steps over images and rows: functions, residual and broadcast sums and products, reductions,
 * tied weights, parts and joins, the user's own Transposes and Reshapes. Half of the graphs end in three classes, the others where they happen to.
 */
export function randomNet(seed: number, options: RandomNetOptions) {
  const net = new RandomNet(seed, options);
  for (let step = 0; step < 10; step++) net.grow();
  return net.end();
}

class RandomNet {
  private readonly random: TestRandom;
  private readonly g: GraphSketch;
  private readonly values: Value[];
  /** Weights that later ops may read as well, by shape. */
  private readonly tied = new Map<string, string>();
  private weights = 0;

  constructor(
    seed: number,
    private readonly options: RandomNetOptions,
  ) {
    this.random = new TestRandom(seed * 7919 + 1);
    for (let i = 0; i < 5; i++) this.random.next(); // neighbouring seeds begin alike
    const shape = [1 + this.below(4), 1 + this.below(5), 1 + this.below(5)];
    this.g = new GraphSketch(["N", ...shape], seed + 1);
    this.values = [{ name: "x", shape }];
  }

  grow(): void {
    const recent = this.values.slice(-3);
    const value = this.pick(recent);
    if (value.shape.length === 3) this.growImage(value);
    else this.growRow(value);
  }

  end(): { graph: Graph; loss: LossChoice } {
    const last = this.values.at(-1)!;
    if (this.below(2) === 0) {
      const shift = this.weight([1]); // the random steps may have left nothing to train
      const graph = this.g.end(this.g.add(last.name, shift));
      return { graph, loss: this.pick(VALUE_LOSSES) };
    }
    const flat = last.shape.length === 3 ? this.g.flatten(last.name) : last.name;
    const head = this.g.gemm(flat, "head", elements(last.shape), 3);
    return { graph: this.g.end(head), loss: this.pick(CLASS_LOSSES) };
  }

  private growImage(x: Value): void {
    const [c, h, w] = x.shape as [number, number, number];
    const growths = [
      () => this.conv(x),
      () => this.conv(x),
      () => this.convTranspose(x),
      () => this.pool(x),
      () => this.put(this.g.batchNorm(x.name, this.name("bn"), c), x.shape),
      () => this.unary(x),
      () => this.residual(x),
      () => this.broadcast(x, [[c, 1, 1], [w], [h, 1], [c, h, w], [h, w], [c], [1, c, 1, 1]]),
      () => this.channelBias(x),
      () => this.slopes(x),
      () => this.reduce(x),
      () => this.transpose(x),
      () => this.concat(x),
      () => this.slice(x),
      () => this.channelShuffle(x),
      () =>
        this.reshape(
          x,
          this.pick([
            [c * h * w, 1, 1],
            [1, 1, c * h * w],
            [c * h, w, 1],
            [h, c, w],
          ]),
        ),
      () => this.put(this.g.flatten(x.name), [c * h * w]),
      () => this.layerNorm(x, this.below(3)),
      () => this.groupNorm(x),
      () => this.dropout(x),
      () => this.softmax(x),
      () => this.pad(x),
      () => this.resize(x),
      () => this.gather(x),
    ];
    this.pick(growths)();
  }

  private growRow(x: Value): void {
    const features = x.shape[0]!;
    const growths = [
      () => this.gemm(x),
      () => this.gemm(x),
      () => this.scaledGemm(x),
      () => this.tiedProduct(x),
      () => this.put(this.g.batchNorm(x.name, this.name("bn"), features), x.shape),
      () => this.unary(x),
      () => this.residual(x),
      () => this.broadcast(x, [[features], [1, features]]),
      () => this.slopes(x),
      () => this.reduce(x),
      () => this.gather(x),
      () => this.concat(x),
      () => this.slice(x),
      () => features % 2 === 0 && this.reshape(x, [2, features / 2, 1]),
      () => this.layerNorm(x, 0),
      () => this.dropout(x),
      () => this.softmax(x),
    ];
    this.pick(growths)();
  }

  private conv(x: Value): void {
    const [c, h, w] = x.shape as [number, number, number];
    const group = this.below(3) === 0 ? c : 1;
    const outputs = group * (1 + this.below(group > 1 ? 2 : 9));
    const [top, left, bottom, right] = [0, 1, 2, 3].map(() => this.below(2)) as Pads;
    const [kernelShape, strides, dilations] = [
      [1 + this.below(Math.min(3, h)), 1 + this.below(Math.min(3, w))],
      [1 + this.below(2), 1 + this.below(2)],
      [1 + this.below(2), 1 + this.below(2)],
    ] as const;
    const size = (input: number, pads: number, axis: 0 | 1) =>
      Math.floor((input + pads - dilations[axis] * (kernelShape[axis] - 1) - 1) / strides[axis]) +
      1;
    const [height, width] = [size(h, top + bottom, 0), size(w, left + right, 1)];
    if (height < 1 || width < 1) return;
    const pads: Pads = [top, left, bottom, right];
    const bias = this.below(2) === 0;
    const options = { kernelShape, strides, dilations, pads, group, bias };
    const y = this.g.conv(x.name, this.name("conv"), c, outputs, options);
    this.put(y, [outputs, height, width]);
  }

  private convTranspose(x: Value): void {
    const [c, h, w] = x.shape as [number, number, number];
    const group = this.below(3) === 0 ? c : 1;
    const outputs = group * (1 + this.below(group > 1 ? 2 : 5));
    const [kernelShape, strides, dilations] = [
      [1 + this.below(3), 1 + this.below(3)],
      [1 + this.below(2), 1 + this.below(2)],
      [1 + this.below(2), 1 + this.below(2)],
    ] as const;
    const [top, left, bottom, right] = [0, 1, 2, 3].map(() => this.below(2)) as Pads;
    const outputPadding = [this.below(2), this.below(2)] as const;
    const size = (input: number, pads: number, axis: 0 | 1) =>
      (input - 1) * strides[axis] +
      dilations[axis] * (kernelShape[axis] - 1) +
      (1 + outputPadding[axis] - pads);
    const [height, width] = [size(h, top + bottom, 0), size(w, left + right, 1)];
    if (height < 1 || width < 1) return;
    const pads: Pads = [top, left, bottom, right];
    const bias = this.below(2) === 0;
    const options = { kernelShape, strides, dilations, pads, outputPadding, group, bias };
    const y = this.g.convTranspose(x.name, this.name("up"), c, outputs, options);
    this.put(y, [outputs, height, width]);
  }

  /** The largest, where kinks are allowed, or the mean of windows. */
  private pool(x: Value): void {
    const [c, ...sizes] = x.shape as [number, number, number];
    const axes = sizes.map((size) => {
      const [kernel, dilation] = [1 + this.below(3), 1 + this.below(2)];
      const pad = () => this.below(Math.min(2, dilation * (kernel - 1) + 1));
      return { size, kernel, dilation, stride: 1 + this.below(3), begin: pad(), end: pad() };
    });
    const ceilMode = this.below(2) === 0;
    const [height, width] = axes.map((axis) => windowCount(axis, ceilMode)) as [number, number];
    if (height < 1 || width < 1) return;
    const [a, b] = axes as [PoolAxis, PoolAxis];
    const window = {
      kernelShape: [a.kernel, b.kernel],
      strides: [a.stride, b.stride],
      dilations: [a.dilation, b.dilation],
      pads: [a.begin, b.begin, a.end, b.end],
      layout: "NCHW",
      ceilMode,
    } as const;
    const isMean = this.options.smooth || this.below(2) === 0;
    const countIncludePad = this.below(2) === 0;
    // A largest of nothing is no number.
    const meets = axes.every(({ size, dilation, begin }) => begin === 0 || dilation <= size);
    const y =
      isMean || !meets
        ? this.g.node("AveragePool", [x.name], { ...window, countIncludePad })
        : this.g.node("MaxPool", [x.name], window);
    this.put(y, [c, height, width]);
  }

  /** Each axis grows or shrinks by one at either end. */
  private pad(x: Value): void {
    const mode = this.pick(["constant", "reflect", "edge", "wrap"] as const);
    const pads = x.shape.map((size) =>
      size < 4 ? ([0, 0] as const) : ([this.below(3) - 1, this.below(3) - 1] as const),
    );
    const value = mode === "constant" ? this.below(3) - 1 : 0;
    const y = this.g.node("Pad", [x.name], { mode, value, pads: [[0, 0], ...pads] });
    this.put(
      y,
      x.shape.map((size, axis) => size + pads[axis]![0] + pads[axis]![1]),
    );
  }

  private resize(x: Value): void {
    const isLarge = elements(x.shape) > 60;
    const scales = x.shape.map((size) => this.pick([1, isLarge ? 1 : 2, size > 1 ? 0.5 : 1]));
    const sizes = x.shape.map((size, axis) => Math.floor(size * scales[axis]!));
    const mode = this.pick(["nearest", "linear"] as const);
    const y = this.g.resize(x.name, { sizes: ["N", ...sizes], scales: [1, ...scales], mode });
    this.put(y, sizes);
  }

  private gather(x: Value): void {
    const axis = this.below(x.shape.length);
    const count = 1 + this.below(4);
    const indices = Array.from({ length: count }, () => this.below(x.shape[axis]!));
    const y = this.g.node("Gather", [x.name], { axis: axis + 1, indices });
    this.put(y, x.shape.with(axis, count));
  }

  private unary(x: Value): void {
    const f = this.pick(this.options.smooth ? smoothUnaries : unaries);
    this.put(f(this.g, x.name), x.shape);
  }

  /** Over the axes of a row from one of them on. */
  private layerNorm(x: Value, from: number): void {
    const shape = x.shape.slice(from);
    const parameters = [this.weight(shape), ...(this.below(2) ? [this.weight(shape)] : [])];
    const attributes = { axis: from + 1, epsilon: 0.1 };
    const y = this.g.node("LayerNormalization", [x.name, ...parameters], attributes);
    this.put(y, x.shape);
  }

  /** Of images, in one group, in two, or in one for each channel; scale and bias as may be. */
  private groupNorm(x: Value): void {
    const channels = x.shape[0]!;
    const numGroups = this.pick([1, channels % 2 === 0 ? 2 : 1, channels]);
    const size = this.pick([channels, numGroups]);
    const parameters = this.below(3) ? [this.weight([size]), this.weight([size])] : [];
    const attributes = { numGroups, epsilon: 0.1, layout: "NCHW" } as const;
    const y = this.g.node("GroupNormalization", [x.name, ...parameters], attributes);
    this.put(y, x.shape);
  }

  private dropout(x: Value): void {
    this.put(this.g.node("Dropout", [x.name], { ratio: this.pick([0.1, 0.5]) }), x.shape);
  }

  private softmax(x: Value): void {
    const op = this.pick(["Softmax", "LogSoftmax"] as const);
    this.put(this.g.node(op, [x.name], { axis: -1 }), x.shape);
  }

  /** f(a, b) for an f whose results keep the size of its operands. */
  private binary(a: string, b: string): string {
    const ops = ["Add", "Add", "Sub", "Mul"] as const;
    const all = this.options.smooth ? ops : ([...ops, "Max", "Min"] as const);
    if (this.below(6) > 0) return this.g.node(this.pick<(typeof all)[number]>(all), [a, b], {});
    const denominator = this.g.node("Exp", [this.g.unary("Tanh", b)], {});
    return this.g.node("Div", [a, denominator], {});
  }

  /** PRelu with one slope, or one for each channel. */
  private slopes(x: Value): void {
    if (this.options.smooth) return;
    const [c, ...sizes] = x.shape as [number, ...number[]];
    const w = this.weight(this.pick([[1], [c, ...sizes.map(() => 1)]]));
    this.put(this.g.node("PRelu", [x.name, w], {}), x.shape);
  }

  /** Some axes to one value, which stay as axes of size 1, and back by broadcasting. */
  private reduce(x: Value): void {
    const ops = ["ReduceSum", "ReduceMean", "ReduceMean"] as const;
    const all = this.options.smooth ? ops : ([...ops, "ReduceMax", "ReduceMin"] as const);
    const axes = x.shape.map((_, i) => i + 1).filter(() => this.below(2) === 0);
    if (axes.length === 0) return;
    const attributes = { axes, keepDims: true };
    const part = this.g.node(this.pick<(typeof all)[number]>(all), [x.name], attributes);
    const gate = this.g.unary("Tanh", part);
    this.put(this.binary(x.name, gate), x.shape);
    const reduced = x.shape.map((size, i) => (axes.includes(i + 1) ? 1 : size));
    if (this.below(3) === 0) this.put(part, reduced);
  }

  /** f of x and an earlier value of the same shape, x itself among them. */
  private residual(x: Value): void {
    const same = this.values.filter(({ shape }) => `${shape}` === `${x.shape}`);
    this.put(this.binary(x.name, this.pick(same).name), x.shape);
  }

  /** A weight, sometimes tied or behind a Tanh, joined from either side. Only shapes that broadcast to x. */
  private broadcast(x: Value, shapes: readonly (readonly number[])[]): void {
    const fits = shapes.filter((shape) =>
      shape.every((dim, i) => dim === 1 || dim === [1, ...x.shape].at(i - shape.length)),
    );
    let b = this.tiedWeight(this.pick(fits));
    if (this.below(3) === 0) b = this.g.unary("Tanh", b);
    this.put(this.below(2) ? this.binary(x.name, b) : this.binary(b, x.name), x.shape);
  }

  /** A vector [C], which rows may share, added as [C, 1, 1]. */
  private channelBias(x: Value): void {
    const c = x.shape[0]!;
    const shape = this.pick([
      [c, 1, 1],
      [1, c, 1, 1],
    ]);
    const b = this.g.node("Reshape", [this.tiedWeight([c])], { shape, allowZero: false });
    this.put(this.g.add(x.name, b), x.shape);
  }

  private transpose(x: Value): void {
    const perm = this.pick([
      [0, 1, 3, 2],
      [0, 2, 3, 1],
      [0, 3, 1, 2],
      [0, 2, 1, 3],
    ]);
    const shape = perm.slice(1).map((axis) => x.shape[axis - 1]!);
    this.put(this.g.node("Transpose", [x.name], { perm }), shape);
  }

  private reshape(x: Value, shape: readonly number[]): void {
    this.put(this.g.node("Reshape", [x.name], { shape: ["N", ...shape], allowZero: false }), shape);
  }

  /** Two regions, which may overlap, one behind the other along some axis, or a weight between x and itself. */
  private concat(x: Value): void {
    const axis = this.below(x.shape.length);
    if (x.shape[axis]! > 12) return;
    const parts = [this.region(x), this.region(x), x].filter((part) =>
      part.shape.every((size, i) => i === axis || size === x.shape[i]),
    );
    if (this.below(4) === 0) {
      const shape = [1, ...x.shape];
      const w = this.g.node("Expand", [this.weight(shape)], { shape: ["N", ...x.shape] });
      parts.push({ name: w, shape: x.shape });
    }
    const names = parts.map(({ name }) => name);
    const size = parts.reduce((sum, { shape }) => sum + shape[axis]!, 0);
    this.put(this.g.node("Concat", names, { axis: axis + 1 }), x.shape.with(axis, size));
  }

  private slice(x: Value): void {
    const { name, shape } = this.region(x);
    this.put(name, shape);
  }

  /** Of one axis some of the elements, forwards or backwards. */
  private region({ name, shape }: Value): Value {
    const axis = this.below(shape.length);
    const [from, to] = [this.below(shape[axis]!), this.below(shape[axis]!)];
    const step = (1 + this.below(2)) * (to < from ? -1 : 1);
    const size = Math.floor((to - from) / step) + 1;
    const only = (value: number, others: number) => [
      others,
      ...shape.map((_, i) => (i === axis ? value : others)),
    ];
    const sizes = shape.with(axis, size);
    const region = { starts: only(from, 0), steps: only(step, 1), sizes: ["N", ...sizes] as const };
    return { name: this.g.node("Slice", [name], region), shape: sizes };
  }

  /** Halves of the channels interleaved, as ShuffleNet does it. */
  private channelShuffle(x: Value): void {
    const [c, h, w] = x.shape as [number, number, number];
    if (c % 2 !== 0) return;
    const reshape = (value: string, shape: readonly number[]) =>
      this.g.node("Reshape", [value], { shape: ["N", ...shape], allowZero: false });
    const halves = reshape(x.name, [2, c / 2, h, w]);
    const turned = this.g.node("Transpose", [halves], { perm: [0, 2, 1, 3, 4] });
    this.put(reshape(turned, [c, h, w]), x.shape);
  }

  private gemm(x: Value): void {
    const n = 1 + this.below(10);
    this.put(this.g.gemm(x.name, this.name("fc"), x.shape[0]!, n, this.below(2) === 0), [n]);
  }

  private scaledGemm(x: Value): void {
    const w = this.weight([x.shape[0]!, 3]);
    const c = this.weight(this.pick([[3], [1, 3], [1], [1, 1]]));
    const scales = { alpha: this.pick([1, 0.5]), beta: this.pick([1, 2]) };
    const attributes = { ...scales, transB: false };
    this.put(this.g.node("Gemm", [x.name, w, c], attributes), [3]);
  }

  private tiedProduct(x: Value): void {
    const features = x.shape[0]!;
    const w = this.tiedWeight([features, features]);
    this.put(this.g.node("MatMul", [x.name, w], {}), x.shape);
  }

  private tiedWeight(shape: readonly number[]): string {
    const name = this.tied.get(`${shape}`) ?? this.weight(shape);
    this.tied.set(`${shape}`, name);
    return name;
  }

  private weight(shape: readonly number[]): string {
    return this.g.weight(this.name("w"), shape);
  }

  private name(kind: string): string {
    return `${kind}${this.weights++}`;
  }

  /** What has grown too large for central differences in all its weights is left as it is. */
  private put(name: string, shape: readonly number[]): void {
    if (elements(shape) <= 250) this.values.push({ name, shape });
  }

  private below(n: number): number {
    return Math.floor(((this.random.next() + 1) / 2) * n);
  }

  private pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}

type Pads = [number, number, number, number];

const elements = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
