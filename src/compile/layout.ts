import { StropError } from "../errors.js";
import type { Dim, Graph, Initializer, Node, NodeOf, Shape } from "../graph/graph.js";
import { inferShapes } from "../graph/infer.js";
import { transposeOrder, viewed } from "../graph/view.js";
import { countUses } from "./fuse.js";

/**
 * Images lie NHWC inside: Conv and batch-norm run so, and what is elementwise follows. Where an op, an
 * input or an output means ONNX's order, a Transpose stands between; each value is turned once at most,
 * and never there and back. Weights are laid out through their view.
 */
export function layoutImages(graph: Graph): Graph {
  return new LayoutPass(graph).run();
}

const TO_NHWC = [0, 2, 3, 1];
const TO_NCHW = [0, 3, 1, 2];

/** Under which names a value exists so far. Its own name always means ONNX's order. */
interface Forms {
  plain?: string;
  /** [N, H, W, C] */
  nhwc?: string;
  /** [N, H·W·C]: an image flattened as it lies. */
  flat?: { readonly name: string; readonly image: Image };
}
type Image = readonly [channels: number, height: number, width: number];

class LayoutPass {
  private readonly nodes: Node[] = [];
  private readonly forms = new Map<string, Forms>();
  private readonly initializers: Map<string, Initializer>;
  /** In which order a weight is laid out by now: it can have only one. */
  private readonly orders = new Map<string, string>();
  private readonly uses: ReadonlyMap<string, number>;
  private readonly values: ReturnType<typeof inferShapes>;

  constructor(private readonly graph: Graph) {
    this.values = inferShapes(graph);
    this.uses = countUses(graph);
    this.initializers = new Map(graph.initializers);
    for (const { name } of graph.inputs) this.forms.set(name, { plain: name });
  }

  run(): Graph {
    for (const node of this.graph.nodes) this.rewrite(node);
    for (const output of this.graph.outputs) this.plain(output);
    return { ...this.graph, nodes: this.nodes, initializers: this.initializers };
  }

  private rewrite(node: Node): void {
    switch (node.op) {
      case "Conv":
        return this.conv(node);
      case "BatchNormalization":
        return this.shapeOf(node.inputs[0]!).length === 4 ? this.image(node) : this.keep(node);
      case "Relu":
      case "Tanh":
      case "Sigmoid":
      case "Identity":
      case "Dropout":
        return this.unary(node);
      case "Add":
        return this.add(node);
      case "Flatten":
      case "Reshape":
        return this.flatten(node);
      case "Gemm":
      case "MatMul":
        return this.product(node);
      default:
        return this.keep(node);
    }
  }

  /** The node as it is, in ONNX's order. */
  private keep(node: Node): void {
    const inputs = node.inputs.map((input) => (input === "" ? "" : this.plain(input)));
    this.nodes.push({ ...node, inputs });
    this.forms.set(node.outputs[0]!, { plain: node.outputs[0]! });
  }

  private conv(node: NodeOf<"Conv">): void {
    const x = this.nhwc(node.inputs[0]!);
    const w = node.inputs[1]!;
    if (!this.initializers.has(w)) refuseKernel(node);
    const dims = this.shapeOf(w) as readonly number[];
    const perm = [2, 3, 1, 0];
    this.layOut(w, "OIHW", dims, perm, perm.map((axis) => dims[axis]!));
    const inputs = [x, w, ...node.inputs.slice(2).map((input) => input && this.plain(input))];
    this.emitNhwc({ ...node, inputs, attributes: { ...node.attributes, layout: "NHWC" } });
  }

  private image(node: NodeOf<"BatchNormalization">): void {
    const [x, ...rest] = node.inputs;
    const inputs = [this.nhwc(x!), ...rest.map((input) => this.plain(input))];
    this.emitNhwc({ ...node, inputs, attributes: { ...node.attributes, layout: "NHWC" } });
  }

  /** An op that follows its input's order. */
  private unary(node: Node): void {
    const forms = this.formsOf(node.inputs[0]!);
    const output = node.outputs[0]!;
    if (forms.nhwc) this.emitNhwc({ ...node, inputs: [forms.nhwc] });
    else if (forms.plain || !forms.flat) this.keep({ ...node, inputs: node.inputs.slice(0, 1) });
    else {
      const name = `${output}/flat`;
      this.nodes.push({ ...node, inputs: [forms.flat.name], outputs: [name] });
      this.forms.set(output, { flat: { name, image: forms.flat.image } });
    }
  }

  private add(node: NodeOf<"Add">): void {
    const shape = this.shapeOf(node.outputs[0]!);
    const some = node.inputs.some((input) => this.formsOf(input).nhwc);
    if (shape.length !== 4 || !some) return this.keep(node);
    this.emitNhwc({ ...node, inputs: node.inputs.map((input) => this.operand(input)) });
  }

  /** An operand of an NHWC Add: an image, or a constant turned and filled up to four axes. */
  private operand(value: string): string {
    if (!this.initializers.has(value)) return this.nhwc(value);
    const shape = this.shapeOf(value) as readonly number[];
    if (shape.every((dim) => dim === 1)) return this.plain(value);
    const dims = [...new Array<number>(4 - shape.length).fill(1), ...shape];
    this.layOut(value, "NHWC", dims, TO_NHWC, TO_NHWC.map((axis) => dims[axis]!));
    return value;
  }

  /** Flattened as it lies; whoever cannot use that order asks for the plain one. */
  private flatten(node: NodeOf<"Flatten"> | NodeOf<"Reshape">): void {
    const input = node.inputs[0]!;
    const { nhwc, plain } = this.formsOf(input);
    const output = node.outputs[0]!;
    const to = this.shapeOf(output);
    if (!nhwc || plain || to.length !== 2 || to[0] !== "N") return this.keep(this.alone(node));
    const image = this.imageOf(input);
    if (isEitherWay(image)) return this.keep(this.alone(node));
    const name = `${output}/flat`;
    this.reshape(nhwc, name, to);
    this.forms.set(output, { flat: { name, image } });
  }

  /** Columns of a weight that only this product reads are permuted once, instead of every image. */
  private product(node: NodeOf<"Gemm"> | NodeOf<"MatMul">): void {
    const [x, w, ...rest] = node.inputs as [string, string, ...string[]];
    const { plain, flat } = this.formsOf(x);
    const initializer = this.initializers.get(w);
    const isOnlyUse = initializer && this.uses.get(w) === 1 && initializer.shape.length === 2;
    if (plain || !flat || !isOnlyUse) return this.keep(node);
    const { shape } = initializer;
    const transposed = node.op === "Gemm" && node.attributes.transB;
    const dims = transposed ? [shape[0]!, ...flat.image] : [...flat.image, shape[1]!];
    this.layOut(w, "flat", dims, transposed ? TO_NHWC : [1, 2, 0, 3], shape);
    const inputs = [flat.name, w, ...rest.map((input) => input && this.plain(input))];
    this.nodes.push({ ...node, inputs });
    this.forms.set(node.outputs[0]!, { plain: node.outputs[0]! });
  }

  // Forms

  private formsOf(value: string): Forms {
    return this.forms.get(value) ?? {};
  }

  /** The value in ONNX's order, under its own name. */
  private plain(value: string): string {
    if (this.initializers.has(value)) {
      this.claim(value, "plain");
      return value;
    }
    const forms = this.formsOf(value);
    if (forms.plain) return forms.plain;
    forms.plain = value;
    if (forms.nhwc) {
      this.turn(forms.nhwc, value, this.imageOf(value), TO_NCHW);
      return value;
    }
    const { name, image } = forms.flat!;
    const [channels, height, width] = image;
    this.reshape(name, `${value}/nhwc`, ["N", height, width, channels]);
    this.turn(`${value}/nhwc`, `${value}/nchw`, image, TO_NCHW);
    this.reshape(`${value}/nchw`, value, this.shapeOf(value));
    return value;
  }

  /** The value with channels last. */
  private nhwc(value: string): string {
    const forms = this.formsOf(value);
    if (forms.nhwc) return forms.nhwc;
    const name = `${value}/nhwc`;
    this.turn(this.plain(value), name, this.imageOf(value), TO_NHWC);
    forms.nhwc = name;
    return name;
  }

  private emitNhwc(node: Node): void {
    const output = node.outputs[0]!;
    const name = `${output}/nhwc`;
    this.nodes.push({ ...node, outputs: [name] });
    this.forms.set(output, { nhwc: name });
  }

  private turn(from: string, to: string, image: Image, perm: readonly number[]): void {
    const [channels, height, width] = image;
    if (isEitherWay(image)) {
      const isNhwc = perm === TO_NHWC;
      const shape = isNhwc ? [height, width, channels] : [channels, height, width];
      this.reshape(from, to, ["N", ...shape]);
      return;
    }
    const attributes = { perm };
    this.nodes.push({ op: "Transpose", name: to, inputs: [from], outputs: [to], attributes });
  }

  private reshape(from: string, to: string, shape: readonly Dim[]): void {
    const attributes = { shape, allowZero: false };
    this.nodes.push({ op: "Reshape", name: to, inputs: [from], outputs: [to], attributes });
  }

  private alone<T extends Node>(node: T): T {
    return { ...node, inputs: node.inputs.slice(0, 1) };
  }

  // Weights

  /** Reads the weight as [dims], reorders its axes by perm, and calls the result [shape]. */
  private layOut(
    value: string,
    order: string,
    dims: readonly number[],
    perm: readonly number[],
    shape: readonly number[],
  ): void {
    if (this.claim(value, order)) return;
    const initializer = this.initializers.get(value)!;
    this.initializers.set(value, viewed(initializer, shape, transposeOrder(dims, perm)));
  }

  /** Whether the weight is laid out so already. */
  private claim(value: string, order: string): boolean {
    const before = this.orders.get(value);
    this.orders.set(value, order);
    if (before === undefined || before === order) return before === order;
    throw new StropError("two ops want it in two different memory orders", {
      code: "unsupported",
      where: `initializer '${value}'`,
    });
  }

  private imageOf(value: string): Image {
    const shape = this.shapeOf(value);
    if (shape.length !== 4) throw new Error(`${value} is no image`);
    return shape.slice(1) as unknown as Image;
  }

  private shapeOf(value: string): Shape {
    return this.values.get(value)!.shape;
  }
}

/** NCHW and NHWC are the same bytes. */
function isEitherWay([channels, height, width]: Image): boolean {
  return channels === 1 || height * width === 1;
}

function refuseKernel(node: NodeOf<"Conv">): never {
  throw new StropError("its kernel is computed; only an initializer is supported", {
    code: "unsupported",
    where: `node '${node.name}' (Conv)`,
  });
}
