import { broadcastStrides, joinedAxes } from "../autodiff/strides.js";
import { countUses } from "../graph/fold.js";
import type { Graph, Node, NodeOf, Shape } from "../graph/graph.js";
import {
  type BinaryOp,
  isBinary,
  isReduce,
  isUnary,
  type ReduceOp,
} from "../graph/ops/families.js";
import { isBatched, keptShape, normalAxis, rowShape, sameShape } from "../graph/shape.js";
import { alongAxes, type Follower, isFollower } from "./followers.js";
import { type Form, Forms } from "./forms.js";
import {
  factorsOf,
  inOrder,
  isRowMajor,
  type MemoryOrder,
  refined,
  rowMajor,
  selected,
  storedSizes,
  transposed,
  wholeOrder,
} from "./memory-order.js";

/**
 * Images lie NHWC inside: convolutions, poolings and batch-norm run so, and whatever can follows its input's
 * order. Transpose and Reshape only rename axes; elements are moved where an op, or an output, wants another order
 * than there is, and each value at most once into each. Weights are laid out through their view.
 */
export function layoutImages(graph: Graph): Graph {
  return new LayoutPass(graph).run();
}

class LayoutPass {
  private readonly forms: Forms;
  private readonly uses: ReadonlyMap<string, number>;

  constructor(private readonly graph: Graph) {
    this.forms = new Forms(graph);
    this.uses = countUses(graph);
  }

  run(): Graph {
    for (const node of this.graph.nodes) this.rewrite(node);
    for (const output of this.graph.outputs) this.forms.named(output);
    const { nodes, initializers } = this.forms;
    return { ...this.graph, nodes, initializers };
  }

  private rewrite(node: Node): void {
    if (isUnary(node) || node.op === "Dropout") this.unary(node);
    else if (isBinary(node)) this.binary(node);
    else if (isReduce(node)) this.reduce(node);
    else if (node.op === "Conv" || node.op === "ConvTranspose") this.conv(node);
    else if (node.op === "AveragePool" || node.op === "MaxPool") this.pool(node);
    else if (node.op === "BatchNormalization" || node.op === "GroupNormalization") this.norm(node);
    else if (node.op === "Transpose") this.transpose(node);
    else if (isView(node)) this.view(node);
    else if (isFollower(node)) this.follow(node);
    else if (node.op === "Gemm" || node.op === "MatMul") this.product(node);
    else if (node.op === "Softmax" || node.op === "LogSoftmax") this.softmax(node);
    else this.keep(node);
  }

  /** The node as it is, in ONNX's order. */
  private keep(node: Node): void {
    const output = node.outputs[0]!;
    const inputs = node.inputs.map((input) => input && this.forms.plain(input));
    const shape = this.forms.shapeOf(output);
    this.forms.push({ ...node, inputs }, rowMajor(rowShape(shape)), shape);
  }

  /** Of either direction: the weight of a ConvTranspose is that of the Conv whose gradient it is. */
  private conv(node: NodeOf<"Conv"> | NodeOf<"ConvTranspose">): void {
    const [x, w, ...rest] = node.inputs as [string, string, ...string[]];
    const others = rest.map((input) => input && this.forms.plain(input));
    const inputs = [this.inAxes(x, NHWC), this.inAxes(w, HWIO), ...others];
    const attributes = { ...node.attributes, layout: "NHWC" };
    this.pushInAxes({ ...node, inputs, attributes } as Node, NHWC);
  }

  private pool(node: NodeOf<"AveragePool"> | NodeOf<"MaxPool">): void {
    const inputs = [this.inAxes(node.inputs[0]!, NHWC)];
    const attributes = { ...node.attributes, layout: "NHWC" };
    this.pushInAxes({ ...node, inputs, attributes } as Node, NHWC);
  }

  private norm(node: NodeOf<"BatchNormalization"> | NodeOf<"GroupNormalization">): void {
    const [x, ...rest] = node.inputs as [string, ...string[]];
    const { order, shape } = this.channelsLast(x);
    const others = rest.map((input) => this.forms.plain(input));
    const inputs = [this.forms.as(x, order, shape), ...others];
    const attributes = { ...node.attributes, layout: "NHWC" };
    this.forms.push({ ...node, inputs, attributes } as Node, order, shape);
  }

  /** The value's own order if rows are outermost there and axis 1 is innermost, else the image's. */
  private channelsLast(value: string): Pick<Form, "order" | "shape"> {
    const shape = this.forms.shapeOf(value);
    const form = this.forms.preferred(value);
    if (form && isInnermost(form.order, shape, 1)) {
      const whole = wholeOrder(form.order, shape);
      if (whole?.[0] === 0 && whole.at(-1) === 1)
        return { order: form.order, shape: whole.map((i) => shape[i]!) };
    }
    const axes = channelsLastAxes(shape.length);
    return { order: inOrder(shape, axes), shape: axes.map((axis) => shape[axis]!) };
  }

  /** An op that takes its input in whatever order. */
  private unary(node: Node): void {
    const form = this.forms.preferred(node.inputs[0]!);
    if (!form) this.keep(node);
    // Without the inputs that attributes stand for: Dropout's ratio.
    else this.forms.push({ ...node, inputs: [form.tensor] }, form.order, form.shape);
  }

  /** In the order of the operand that is not broadcast, if four axes are enough for it. */
  private binary(node: NodeOf<BinaryOp> & Node): void {
    const shape = this.forms.shapeOf(node.outputs[0]!);
    const { order } = this.leading(node.inputs, shape) ?? {};
    if (!order) {
      this.keep(node);
      return;
    }
    const stored = storedShape(order, shape);
    const operands = node.inputs.map((one) => operandForm(this.forms.shapeOf(one), order, shape));
    if (!isInFourAxes(stored, operands)) {
      this.keep(node);
      return;
    }
    const inputs = operands.map((one, i) => this.forms.as(node.inputs[i]!, one.order, one.shape));
    this.forms.push({ ...node, inputs }, order, stored);
  }

  /** The form of the first input of that shape which does not lie in ONNX's order. */
  private leading(inputs: readonly string[], shape: Shape): Form | undefined {
    const whole = inputs.filter((input) => sameShape(this.forms.shapeOf(input), shape));
    const forms = whole.map((input) => this.forms.preferred(input));
    return forms.find((form) => form && !isRowMajor(form.order));
  }

  private reduce(node: NodeOf<ReduceOp> & Node): void {
    const [input, output] = [node.inputs[0]!, node.outputs[0]!];
    const form = this.forms.preferred(input);
    const shape = this.forms.shapeOf(input);
    if (!form || isRowMajor(form.order)) {
      this.keep(node);
      return;
    }
    const first = shape.length - rowShape(shape).length;
    const factors = factorsOf(rowShape(shape), form.order);
    const gone = new Set(node.attributes.axes.flatMap((axis) => factors[axis - first]!));
    const left = factors.flat().filter((factor) => !gone.has(factor));
    const order = selected(form.order, left);
    if (gone.size === 0) {
      this.forms.rename(input, output, (same) => same);
      return;
    }
    const places = form.order.order.flatMap((factor, at) => (gone.has(factor) ? [at + first] : []));
    const batch = shape.slice(0, first);
    const stored = [...batch, ...storedSizes(form.order)];
    if (!isInFourAxes(stored, [{ shape: keptShape(stored, places) }])) {
      this.keep(node);
      return;
    }
    const x = this.forms.as(input, form.order, stored);
    const attributes = { axes: places, keepDims: false };
    const reduced = { ...node, inputs: [x], attributes } as Node;
    this.forms.push(reduced, order, [...batch, ...storedSizes(order)]);
  }

  /** Along whichever axes lie where; a value whose axes are split, as a shuffle leaves them, is an image again. */
  private follow(node: Follower): void {
    const output = this.forms.shapeOf(node.outputs[0]!);
    const forms = node.inputs.map((input) => this.forms.preferred(input));
    const at = forms.findIndex((form) => form && !isRowMajor(form.order));
    const shape = this.forms.shapeOf(node.inputs[Math.max(at, 0)]!);
    if (at < 0 || shape.length !== output.length) {
      this.keep(node);
      return;
    }
    const axes = wholeOrder(forms[at]!.order, shape) ?? channelsLastAxes(shape.length);
    const inputs = node.inputs.map((input) => this.inAxes(input, axes));
    this.pushInAxes({ ...alongAxes(node, axes), inputs }, axes);
  }

  /** The same bytes, whatever their order, under other axes. */
  private view(node: NodeOf<"Flatten" | "Identity" | "Reshape">): void {
    const [input, output] = [node.inputs[0]!, node.outputs[0]!];
    const { sizes } = rowMajor(this.forms.rowOf(output));
    this.forms.rename(input, output, (order) => refined(order, sizes));
  }

  private transpose(node: NodeOf<"Transpose">): void {
    const [input, output] = [node.inputs[0]!, node.outputs[0]!];
    const row = this.forms.rowOf(input);
    const first = this.forms.shapeOf(input).length - row.length;
    const perm = node.attributes.perm.slice(first).map((axis) => axis - first);
    this.forms.rename(input, output, (order) => transposed(order, row, perm));
  }

  /** Columns of a weight that only this product reads are permuted once, instead of every image. */
  private product(node: NodeOf<"Gemm"> | NodeOf<"MatMul">): void {
    const [x, w, ...rest] = node.inputs as [string, string, ...string[]];
    const form = this.forms.preferred(x);
    const shape = this.forms.shapeOf(x);
    const initializer = this.forms.initializers.get(w);
    const isOnlyUse = initializer && this.uses.get(w) === 1 && initializer.shape.length === 2;
    if (!form || isRowMajor(form.order) || !isOnlyUse || shape.length !== 2 || !isBatched(shape)) {
      this.keep(node);
      return;
    }
    const { order } = form;
    const transB = node.op === "Gemm" && node.attributes.transB;
    const columns = this.forms.as(w, besides(order, initializer.shape, transB), initializer.shape);
    const others = rest.map((input) => input && this.forms.plain(input));
    const inputs = [this.forms.as(x, order, shape), columns, ...others];
    const output = this.forms.shapeOf(node.outputs[0]!);
    this.forms.push({ ...node, inputs }, rowMajor(rowShape(output)), output);
  }

  /** Where its axis is innermost already, in the input's own order. */
  private softmax(node: NodeOf<"Softmax"> | NodeOf<"LogSoftmax">): void {
    const x = node.inputs[0]!;
    const [form, shape] = [this.forms.preferred(x), this.forms.shapeOf(x)];
    const axis = normalAxis(node.attributes.axis, shape.length)!;
    const whole = form && wholeOrder(form.order, shape);
    if (!whole || isRowMajor(form.order) || !isInnermost(form.order, shape, axis)) {
      this.keep(node);
      return;
    }
    const stored = whole.map((i) => shape[i]!);
    const inputs = [this.forms.as(x, form.order, stored)];
    const attributes = { axis: whole.indexOf(axis) };
    this.forms.push({ ...node, inputs, attributes }, form.order, stored);
  }

  private inAxes(value: string, axes: readonly number[]): string {
    const shape = this.forms.shapeOf(value);
    const stored = axes.map((axis) => shape[axis]!);
    return this.forms.as(value, inOrder(shape, axes), stored);
  }

  private pushInAxes(node: Node, axes: readonly number[]): void {
    const shape = this.forms.shapeOf(node.outputs[0]!);
    const stored = axes.map((axis) => shape[axis]!);
    this.forms.push(node, inOrder(shape, axes), stored);
  }
}

const NHWC = [0, 2, 3, 1];
/** NHWC of any rank. */
function channelsLastAxes(rank: number): number[] {
  if (rank < 2) return [0].slice(0, rank);
  return [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1];
}

/** Of a kernel [O, I, H, W]. */
const HWIO = [2, 3, 1, 0];

function isView(node: Node): node is NodeOf<"Flatten" | "Identity" | "Reshape"> & Node {
  return node.op === "Flatten" || node.op === "Identity" || node.op === "Reshape";
}

/** Whether elements along the axis lie side by side, and nothing else does. */
function isInnermost(order: MemoryOrder, shape: Shape, axis: number): boolean {
  const row = rowShape(shape);
  const factors = factorsOf(row, order)[axis - (shape.length - row.length)];
  if (!factors || factors.length === 0) return false;
  const last = order.order.slice(-factors.length);
  return last.every((factor, i) => factor === factors[i]);
}

/** The shape of a tensor that holds a value in this order: of its own axes, or of the factors. */
function storedShape(order: MemoryOrder, shape: Shape): Shape {
  const whole = wholeOrder(order, shape);
  if (whole) return whole.map((axis) => shape[axis]!);
  return [...shape.slice(0, Number(isBatched(shape))), ...storedSizes(order)];
}

/** An operand in the order of an output of that shape, with axes of size 1 where it is broadcast. */
function operandForm(own: Shape, order: MemoryOrder, shape: Shape): Pick<Form, "order" | "shape"> {
  // One number goes with any axes, but may not bring more of them than the output is stored with.
  if (own.every((dim) => dim === 1)) {
    return { order: rowMajor([]), shape: own.slice(-storedShape(order, shape).length) };
  }
  const missing = shape.length - own.length;
  const padded = shape.map((_, axis) => own[axis - missing] ?? 1);
  const [first, ...row] = isBatched(shape) ? padded : [undefined, ...padded];
  const factors = factorsOf(rowShape(shape), order).flatMap((mine, axis) =>
    row[axis] === 1 ? [] : mine,
  );
  const whole = wholeOrder(order, shape);
  const stored = whole
    ? whole.map((axis) => padded[axis]!)
    : [first ?? [], order.order.map((at) => (factors.includes(at) ? order.sizes[at]! : 1))].flat();
  // A batch axis of size 1 is left out: it broadcasts all the same.
  const isRow = isBatched(shape) && !isBatched(own);
  return { order: selected(order, factors), shape: isRow ? stored.slice(1) : stored };
}

/** Whether an instruction has axes enough, neighbours joined; of a value whose axes are split there may be more. */
function isInFourAxes(shape: Shape, operands: readonly Pick<Form, "shape">[]): boolean {
  const strides = operands.map((operand) => broadcastStrides(operand.shape, shape));
  return joinedAxes(shape, strides).length <= 4;
}

/** Of a weight [k, n], or [n, k] if transposed, whose k lies in the given order. */
function besides(
  { sizes, order }: MemoryOrder,
  shape: readonly number[],
  transposed: boolean,
): MemoryOrder {
  const outer = rowMajor([shape[transposed ? 0 : 1]!]);
  const [shift, from] = transposed ? [outer.sizes.length, 0] : [0, sizes.length];
  const k = order.map((axis) => axis + shift);
  const n = outer.order.map((axis) => axis + from);
  return transposed
    ? { sizes: [...outer.sizes, ...sizes], order: [...n, ...k] }
    : { sizes: [...sizes, ...outer.sizes], order: [...k, ...n] };
}
