import { countUses } from "../graph/fold.js";
import type { Graph, Node, NodeOf } from "../graph/graph.js";
import {
  type BinaryOp,
  isBinary,
  isReduce,
  isUnary,
  type ReduceOp,
} from "../graph/ops/families.js";
import { isBatched } from "../graph/shape.js";
import { type Arrangement, ImageForms, isEitherWay, TO_NHWC } from "./image-forms.js";

/**
 * Images lie NHWC inside: Conv and batch-norm run so, and what is elementwise follows. Where an op, an
 * input or an output means ONNX's order, a Transpose stands between; each value is turned once at most,
 * and never there and back. Weights are laid out through their view; one that ops want
 * in different orders is turned by a Transpose for all but the first.
 */
export function layoutImages(graph: Graph): Graph {
  return new LayoutPass(graph).run();
}

class LayoutPass {
  private readonly forms: ImageForms;
  private readonly uses: ReadonlyMap<string, number>;

  constructor(private readonly graph: Graph) {
    this.forms = new ImageForms(graph);
    this.uses = countUses(graph);
  }

  run(): Graph {
    for (const node of this.graph.nodes) this.rewrite(node);
    for (const output of this.graph.outputs) this.forms.plain(output);
    const { nodes, initializers } = this.forms;
    return { ...this.graph, nodes, initializers };
  }

  private rewrite(node: Node): void {
    if (isUnary(node) || node.op === "Identity" || node.op === "Dropout") this.unary(node);
    else if (isBinary(node)) this.binary(node);
    else if (isReduce(node)) this.reduce(node);
    else if (node.op === "Conv" || node.op === "ConvTranspose") this.conv(node);
    else if (node.op === "BatchNormalization" || node.op === "GroupNormalization") this.norm(node);
    else if (node.op === "Flatten" || node.op === "Reshape") this.flatten(node);
    else if (node.op === "Gemm" || node.op === "MatMul") this.product(node);
    else this.keep(node);
  }

  /** The node as it is, in ONNX's order. */
  private keep(node: Node): void {
    const inputs = node.inputs.map((input) => input && this.forms.plain(input));
    this.forms.push({ ...node, inputs }, { plain: node.outputs[0]! });
  }

  /** Of either direction: the weight of a ConvTranspose is that of the Conv whose gradient it is. */
  private conv(node: NodeOf<"Conv"> | NodeOf<"ConvTranspose">): void {
    const [x, w, ...rest] = node.inputs as [string, string, ...string[]];
    const dims = this.forms.shapeOf(w) as readonly number[];
    const image = this.forms.nhwc(x);
    const kernel = this.forms.arranged(w, arrangement("OIHW", dims, [2, 3, 1, 0]));
    const inputs = [image, kernel, ...rest.map((input) => input && this.forms.plain(input))];
    const attributes = { ...node.attributes, layout: "NHWC" };
    this.forms.pushNhwc({ ...node, inputs, attributes } as Node);
  }

  private norm(node: NodeOf<"BatchNormalization"> | NodeOf<"GroupNormalization">): void {
    const [x, ...rest] = node.inputs as [string, ...string[]];
    if (this.forms.shapeOf(x).length !== 4) {
      this.keep(node);
      return;
    }
    const inputs = [this.forms.nhwc(x), ...rest.map((input) => this.forms.plain(input))];
    const attributes = { ...node.attributes, layout: "NHWC" };
    this.forms.pushNhwc({ ...node, inputs, attributes } as Node);
  }

  /** An op that follows its input's order. */
  private unary(node: Node): void {
    const output = node.outputs[0]!;
    const { nhwc, plain, flat } = this.forms.of(node.inputs[0]!);
    if (nhwc) this.forms.pushNhwc({ ...node, inputs: [nhwc] });
    else if (plain || !flat) this.keep(alone(node));
    else {
      const name = `${output}/flat`;
      const lying = { ...node, inputs: [flat.name], outputs: [name] };
      this.forms.push(lying, { flat: { name, image: flat.image } }, output);
    }
  }

  private binary(node: NodeOf<BinaryOp> & Node): void {
    const rank = this.forms.shapeOf(node.outputs[0]!).length;
    const some = node.inputs.some((input) => this.forms.of(input).nhwc);
    if (rank !== 4 || !some) this.keep(node);
    else this.forms.pushNhwc({ ...node, inputs: node.inputs.map((x) => this.operand(x)) });
  }

  /** An operand of an NHWC binary op: an image, or a value without batch filled up to four axes and turned. */
  private operand(value: string): string {
    const shape = this.forms.shapeOf(value);
    if (isBatched(shape) || this.forms.of(value).nhwc) return this.forms.nhwc(value);
    if (shape.every((dim) => dim === 1)) return this.forms.plain(value);
    const dims = [...new Array<number>(4 - shape.length).fill(1), ...(shape as readonly number[])];
    return this.forms.arranged(value, arrangement("NHWC", dims, TO_NHWC));
  }

  /** Over an image as it lies, if what is left has ONNX's order all the same, or is an image. */
  private reduce(node: NodeOf<ReduceOp> & Node): void {
    const { nhwc } = this.forms.of(node.inputs[0]!);
    const { axes, keepDims } = node.attributes;
    const staysInOrder = axes.includes(1) || (axes.includes(2) && axes.includes(3));
    if (!nhwc || !(keepDims || staysInOrder)) {
      this.keep(node);
      return;
    }
    const turned = axes.map((axis) => TO_NHWC.indexOf(axis)).sort((a, b) => a - b);
    const lying = { ...node, inputs: [nhwc], attributes: { axes: turned, keepDims } } as Node;
    if (keepDims) this.forms.pushNhwc(lying);
    else this.forms.push(lying, { plain: node.outputs[0]! });
  }

  /** Flattened as it lies; whoever cannot use that order asks for the plain one. */
  private flatten(node: NodeOf<"Flatten"> | NodeOf<"Reshape">): void {
    const [input, output] = [node.inputs[0]!, node.outputs[0]!];
    const { nhwc, plain } = this.forms.of(input);
    const to = this.forms.shapeOf(output);
    const flattens = to.length === 2 && to[0] === "N";
    if (!nhwc || plain || !flattens || isEitherWay(this.forms.imageOf(input))) {
      this.keep(alone(node));
      return;
    }
    const name = `${output}/flat`;
    this.forms.reshape(nhwc, name, to);
    this.forms.setForms(output, { flat: { name, image: this.forms.imageOf(input) } });
  }

  /** Columns of a weight that only this product reads are permuted once, instead of every image. */
  private product(node: NodeOf<"Gemm"> | NodeOf<"MatMul">): void {
    const [x, w, ...rest] = node.inputs as [string, string, ...string[]];
    const { plain, flat } = this.forms.of(x);
    const initializer = this.forms.initializers.get(w);
    const isOnlyUse = initializer && this.uses.get(w) === 1 && initializer.shape.length === 2;
    if (plain || !flat || !isOnlyUse) {
      this.keep(node);
      return;
    }
    const { shape } = initializer;
    const transposed = node.op === "Gemm" && node.attributes.transB;
    const dims = transposed ? [shape[0]!, ...flat.image] : [...flat.image, shape[1]!];
    const perm = transposed ? TO_NHWC : [1, 2, 0, 3];
    const columns = this.forms.arranged(w, { order: "flat", dims, perm, shape });
    const inputs = [flat.name, columns, ...rest.map((input) => input && this.forms.plain(input))];
    this.forms.push({ ...node, inputs }, { plain: node.outputs[0]! });
  }
}

function arrangement(order: string, dims: readonly number[], perm: readonly number[]): Arrangement {
  return { order, dims, perm, shape: perm.map((axis) => dims[axis]!) };
}

/** Without the inputs that attributes stand for: Reshape's shape, Dropout's ratio. */
function alone<T extends Node>(node: T): T {
  return { ...node, inputs: node.inputs.slice(0, 1) };
}
