import type { Dim, Graph, Initializer, Node, Shape } from "../graph/graph.js";
import { inferShapes } from "../graph/infer.js";
import { transposeOrder, viewed } from "../graph/view.js";

export const TO_NHWC: readonly number[] = [0, 2, 3, 1];
const TO_NCHW: readonly number[] = [0, 3, 1, 2];

export type Image = readonly [channels: number, height: number, width: number];

/** Under which names a value exists so far. Its own name always means ONNX's order. */
export interface Forms {
  plain?: string;
  /** [N, H, W, C] */
  nhwc?: string;
  /** [N, H·W·C]: an image flattened as it lies. */
  flat?: { readonly name: string; readonly image: Image };
}

/** A value without batch as an op wants it: read as [dims], its axes in the order of perm, as a [shape]. */
export interface Arrangement {
  /** The same value is asked for the same order only with the same dims, perm and shape. */
  readonly order: string;
  readonly dims: readonly number[];
  readonly perm: readonly number[];
  readonly shape: readonly number[];
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
  /** How a weight is laid out by now: as it was first asked for. */
  private readonly kept = new Map<string, Arrangement | "plain">();
  /** Other orders of a value without batch, by name. */
  private readonly made = new Set<string>();
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
    return this.shapeOf(value).slice(1) as unknown as Image;
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
    if (this.initializers.has(value)) return this.plainWeight(value);
    const forms = this.of(value);
    if (forms.plain) return forms.plain;
    forms.plain = value;
    if (forms.nhwc) this.turn(forms.nhwc, value, this.shapeOf(value), TO_NCHW);
    else this.unflatten(value, forms.flat!);
    return value;
  }

  /** The value with channels last. */
  nhwc(value: string): string {
    const forms = this.of(value);
    if (forms.nhwc) return forms.nhwc;
    const name = `${value}/nhwc`;
    this.turn(this.plain(value), name, this.shapeOf(value), TO_NHWC);
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

  /**
   * A value without batch in the given order. A weight is laid out so for good if that is the first order
   * asked for; all else is turned by nodes, so that gradients of tied weights meet in the one weight.
   */
  arranged(value: string, as: Arrangement): string {
    if (this.initializers.has(value)) {
      const kept = this.kept.get(value);
      if (kept === undefined) {
        const order = transposeOrder(as.dims, as.perm);
        this.kept.set(value, as);
        this.initializers.set(value, viewed(this.initializers.get(value)!, as.shape, order));
      }
      const isSo = kept === undefined || (kept !== "plain" && kept.order === as.order);
      if (isSo) return value;
    }
    return this.permuted(this.plain(value), `${value}/${as.order}`, as);
  }

  private plainWeight(weight: string): string {
    const kept = this.kept.get(weight) ?? "plain";
    this.kept.set(weight, kept);
    if (kept === "plain") return weight;
    const { order, dims, perm } = kept;
    const back = {
      order,
      dims: perm.map((axis) => dims[axis]!),
      perm: dims.map((_, axis) => perm.indexOf(axis)),
      shape: this.shapeOf(weight) as readonly number[],
    };
    return this.permuted(weight, `${weight}/plain`, back);
  }

  private permuted(from: string, to: string, { dims, perm, shape }: Arrangement): string {
    if (this.made.has(to)) return to;
    this.made.add(to);
    this.reshape(from, `${to}/axes`, dims);
    this.transpose(`${to}/axes`, `${to}/turned`, perm);
    this.reshape(`${to}/turned`, to, shape);
    return to;
  }

  private unflatten(value: string, { name, image }: NonNullable<Forms["flat"]>): void {
    const [channels, height, width] = image;
    this.reshape(name, `${value}/nhwc`, ["N", height, width, channels]);
    this.turn(`${value}/nhwc`, `${value}/nchw`, ["N", ...image], TO_NCHW);
    this.reshape(`${value}/nchw`, value, this.shapeOf(value));
  }

  /** An image of the given NCHW shape, from or to NHWC. */
  private turn(from: string, to: string, shape: Shape, perm: readonly number[]): void {
    const image = shape.slice(1) as unknown as Image;
    if (!isEitherWay(image)) this.transpose(from, to, perm);
    else this.reshape(from, to, perm === TO_NHWC ? TO_NHWC.map((axis) => shape[axis]!) : shape);
  }

  private transpose(from: string, to: string, perm: readonly number[]): void {
    const attributes = { perm };
    this.nodes.push({ op: "Transpose", name: to, inputs: [from], outputs: [to], attributes });
  }
}
