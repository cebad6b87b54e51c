import { StropError } from "../errors.js";
import type { Dim, Graph, Initializer, Node, Shape } from "../graph/graph.js";
import { inferShapes } from "../graph/infer.js";
import { transposeOrder, viewed } from "../graph/view.js";

export const TO_NHWC: readonly number[] = [0, 2, 3, 1];
export const TO_NCHW: readonly number[] = [0, 3, 1, 2];

export type Image = readonly [channels: number, height: number, width: number];

/** Under which names a value exists so far. Its own name always means ONNX's order. */
export interface Forms {
  plain?: string;
  /** [N, H, W, C] */
  nhwc?: string;
  /** [N, H·W·C]: an image flattened as it lies. */
  flat?: { readonly name: string; readonly image: Image };
}

/** NCHW and NHWC are the same bytes. */
export function isEitherWay([channels, height, width]: Image): boolean {
  return channels === 1 || height * width === 1;
}

/**
 * A graph in the making, whose values may exist in more than one memory order. A missing one is made by a
 * Transpose (a Reshape where the bytes are the same) when it is first asked for, and then kept.
 */
export class ImageForms {
  readonly nodes: Node[] = [];
  readonly initializers: Map<string, Initializer>;
  private readonly forms = new Map<string, Forms>();
  /** In which order a weight is laid out by now: it can have only one. */
  private readonly orders = new Map<string, string>();
  private readonly values: ReturnType<typeof inferShapes>;

  constructor(graph: Graph) {
    this.values = inferShapes(graph);
    this.initializers = new Map(graph.initializers);
    for (const { name } of graph.inputs) this.forms.set(name, { plain: name });
  }

  of(value: string): Forms {
    return this.forms.get(value) ?? {};
  }

  shapeOf(value: string): Shape {
    return this.values.get(value)!.shape;
  }

  imageOf(value: string): Image {
    const shape = this.shapeOf(value);
    if (shape.length !== 4) throw new Error(`${value} is no image`);
    return shape.slice(1) as unknown as Image;
  }

  /** Takes the node in; its output has the given forms. */
  push(node: Node, forms: Forms, output = node.outputs[0]!): void {
    this.nodes.push(node);
    this.forms.set(output, forms);
  }

  /** Takes the node in; its output exists as NHWC. */
  pushNhwc(node: Node): void {
    const output = node.outputs[0]!;
    const name = `${output}/nhwc`;
    this.push({ ...node, outputs: [name] }, { nhwc: name }, output);
  }

  /** The value in ONNX's order, under its own name. */
  plain(value: string): string {
    if (this.initializers.has(value)) {
      this.claim(value, "plain");
      return value;
    }
    const forms = this.of(value);
    if (forms.plain) return forms.plain;
    forms.plain = value;
    if (forms.nhwc) this.turn(forms.nhwc, value, this.imageOf(value), TO_NCHW);
    else this.unflatten(value, forms.flat!);
    return value;
  }

  /** The value with channels last. */
  nhwc(value: string): string {
    const forms = this.of(value);
    if (forms.nhwc) return forms.nhwc;
    const name = `${value}/nhwc`;
    this.turn(this.plain(value), name, this.imageOf(value), TO_NHWC);
    forms.nhwc = name;
    return name;
  }

  /** The same bytes under another name and shape. */
  reshape(from: string, to: string, shape: readonly Dim[]): void {
    const attributes = { shape, allowZero: false };
    this.nodes.push({ op: "Reshape", name: to, inputs: [from], outputs: [to], attributes });
  }

  setForms(value: string, forms: Forms): void {
    this.forms.set(value, forms);
  }

  /** Reads a weight as [dims], puts its axes into the order of perm, and calls the result [shape]. */
  layOut(
    weight: string,
    order: string,
    dims: readonly number[],
    perm: readonly number[],
    shape: readonly number[],
  ): void {
    if (this.claim(weight, order)) return;
    const initializer = this.initializers.get(weight)!;
    this.initializers.set(weight, viewed(initializer, shape, transposeOrder(dims, perm)));
  }

  /** Whether the weight is laid out so already. */
  private claim(weight: string, order: string): boolean {
    const before = this.orders.get(weight);
    this.orders.set(weight, order);
    if (before === undefined || before === order) return before === order;
    throw new StropError("two ops want it in two different memory orders", {
      code: "unsupported",
      where: `initializer '${weight}'`,
    });
  }

  private unflatten(value: string, { name, image }: NonNullable<Forms["flat"]>): void {
    const [channels, height, width] = image;
    this.reshape(name, `${value}/nhwc`, ["N", height, width, channels]);
    this.turn(`${value}/nhwc`, `${value}/nchw`, image, TO_NCHW);
    this.reshape(`${value}/nchw`, value, this.shapeOf(value));
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
}
