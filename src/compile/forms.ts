import type { Graph, Initializer, Node, Shape } from "../graph/graph.js";
import { inferShapes } from "../graph/infer.js";
import { isBatched, rowShape, sameShape } from "../graph/shape.js";
import { transposeOrder, viewed } from "../graph/view.js";
import {
  isRowMajor,
  isSameOrder,
  type MemoryOrder,
  refined,
  rowMajor,
  storedSizes,
  wholeOrder,
} from "./memory-order.js";

/** A value as a tensor of the graph in the making. */
export interface Form {
  readonly tensor: string;
  /** The tensor's. */
  readonly shape: Shape;
  readonly order: MemoryOrder;
}

/**
 * A graph in the making, whose values may exist in more than one memory order. One that is asked for and not
 * there is made, and then kept: by a Reshape where the bytes are the same, else by a Transpose. A weight is laid
 * out for good as it is first asked for; all later orders are made by nodes, so that gradients of tied weights
 * meet in the one weight.
 */
export class Forms {
  readonly nodes: Node[] = [];
  readonly initializers: Map<string, Initializer>;
  private readonly forms = new Map<string, Form[]>();
  private readonly values: ReturnType<typeof inferShapes>;
  private readonly taken: Set<string>;

  constructor(graph: Graph) {
    this.values = inferShapes(graph);
    this.taken = new Set(this.values.keys());
    this.initializers = new Map(graph.initializers);
    for (const { name } of graph.inputs) this.add(name, this.plainForm(name));
  }

  shapeOf(value: string): Shape {
    return this.values.get(value)!.shape;
  }

  rowOf(value: string): readonly number[] {
    return rowShape(this.shapeOf(value));
  }

  /** As it was made, if that is not ONNX's order, or as it was turned first; none of a weight that nobody asked for. */
  preferred(value: string): Form | undefined {
    const forms = this.of(value);
    return forms.find(({ order }) => !isRowMajor(order)) ?? forms[0];
  }

  /** A tensor of the given shape that holds the value in the given order. */
  as(value: string, order: MemoryOrder, shape: Shape): string {
    const forms = this.of(value);
    if (forms.length === 0) return this.layWeight(value, order, shape);
    const same = forms.filter((form) => this.meets(form, order));
    const found = same.find((form) => sameShape(form.shape, shape)) ?? same[0];
    if (found) return this.reshaped(value, found, shape, order);
    return this.turned(value, forms.at(0)!, order, shape);
  }

  /** The value in ONNX's order. */
  plain(value: string): string {
    const { order, shape } = this.plainForm(value);
    return this.as(value, order, shape);
  }

  /** The value in ONNX's order and under its own name. */
  named(value: string): void {
    const tensor = this.plain(value);
    if (tensor !== value) this.reshape(tensor, value, this.shapeOf(value));
  }

  /** Takes the node in; it makes its output in the given order, as a tensor of the given shape. */
  push(node: Node, order: MemoryOrder, shape: Shape): void {
    const value = node.outputs[0]!;
    const tensor = this.nameOf(value, order, shape);
    this.nodes.push({ ...node, outputs: [tensor] });
    this.add(value, { tensor, shape, order });
  }

  /** The output is the input's bytes, in orders that follow from the input's. */
  rename(
    input: string,
    output: string,
    change: (order: MemoryOrder) => MemoryOrder | undefined,
  ): void {
    if (this.of(input).length === 0) this.plain(input);
    for (const { tensor, shape, order } of this.of(input)) {
      const changed = change(order);
      if (changed) this.add(output, { tensor, shape, order: changed });
    }
    if (this.of(output).length > 0) return;
    const [tensor, shape] = [this.plain(input), this.shapeOf(input)];
    this.add(output, { tensor, shape, order: rowMajor(this.rowOf(output)) });
  }

  private of(value: string): Form[] {
    return this.forms.get(value) ?? [];
  }

  private add(value: string, form: Form): void {
    const forms = this.forms.get(value);
    if (forms) forms.push(form);
    else this.forms.set(value, [form]);
  }

  private plainForm(value: string): Form {
    return { tensor: value, shape: this.shapeOf(value), order: rowMajor(this.rowOf(value)) };
  }

  private meets(form: Form, order: MemoryOrder): boolean {
    const [have, want] = [refined(form.order, order.sizes), refined(order, form.order.sizes)];
    return have !== undefined && want !== undefined && isSameOrder(have, want);
  }

  private layWeight(weight: string, order: MemoryOrder, shape: Shape): string {
    const initializer = this.initializers.get(weight)!;
    this.forms.set(weight, [{ tensor: weight, shape, order }]);
    if (isRowMajor(order) && sameShape(shape, initializer.shape)) return weight;
    const places = transposeOrder(order.sizes, order.order);
    this.initializers.set(weight, viewed(initializer, shape as readonly number[], places));
    return weight;
  }

  /** The tensor of a form under another shape. */
  private reshaped(value: string, { tensor, shape: from }: Form, shape: Shape, order: MemoryOrder) {
    if (sameShape(from, shape)) return tensor;
    const name = this.nameOf(value, order, shape);
    this.reshape(tensor, name, shape);
    this.add(value, { tensor: name, shape, order });
    return name;
  }

  private turned(value: string, form: Form, order: MemoryOrder, shape: Shape): string {
    const from = refined(form.order, order.sizes);
    const to = refined(order, form.order.sizes);
    if (!from || !to) {
      // Two ways to split an axis that do not nest: ONNX's order, which splits nothing, lies between.
      const plain = { ...this.plainForm(value), tensor: this.plain(value) };
      return this.turned(value, plain, order, shape);
    }
    const name = this.nameOf(value, order, shape);
    const batch = isBatched(this.shapeOf(value)) ? ["N" as const] : [];
    const before: Shape = [...batch, ...storedSizes(from)];
    const after: Shape = [...batch, ...storedSizes(to)];
    const axes = sameShape(before, form.shape) ? form.tensor : this.name(`${name}/axes`);
    const turned = sameShape(after, shape) ? name : this.name(`${name}/turned`);
    const places = to.order.map((factor) => from.order.indexOf(factor) + batch.length);
    const perm = [...batch.map(() => 0), ...places];
    if (axes !== form.tensor) this.reshape(form.tensor, axes, before);
    this.transpose(axes, turned, perm);
    if (turned !== name) this.reshape(turned, name, shape);
    this.add(value, { tensor: name, shape, order });
    return name;
  }

  /** The value's own name for ONNX's order, else one that tells the order. */
  private nameOf(value: string, order: MemoryOrder, shape: Shape): string {
    const isPlain = isRowMajor(order) && sameShape(shape, this.shapeOf(value));
    if (isPlain && !this.made(value)) return value;
    const isImage = wholeOrder(order, this.shapeOf(value))?.join() === "0,2,3,1";
    return this.name(`${value}/${isImage ? "nhwc" : order.order.join("")}`);
  }

  private made(value: string): boolean {
    return this.initializers.has(value) || this.of(value).some(({ tensor }) => tensor === value);
  }

  /** A name like the wished one that nothing else has. */
  private name(wish: string): string {
    let name = wish;
    while (this.taken.has(name)) name += "_";
    this.taken.add(name);
    return name;
  }

  private reshape(from: string, to: string, shape: Shape): void {
    const attributes = { shape, allowZero: false };
    this.nodes.push({ op: "Reshape", name: to, inputs: [from], outputs: [to], attributes });
  }

  private transpose(from: string, to: string, perm: readonly number[]): void {
    const attributes = { perm };
    this.nodes.push({ op: "Transpose", name: to, inputs: [from], outputs: [to], attributes });
  }
}
