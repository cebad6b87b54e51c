import type { Graph, Node, NodeOf, OpName, Shape, ValueInfo } from "./graph.js";
import { inferNode, inferShapes } from "./infer.js";
import { sameShape } from "./shape.js";

/**
 * Group normalization as PyTorch exports it becomes one op, whose scale and bias are the file's own:
 *
 *   Reshape(InstanceNormalization(Reshape(x, [N, groups, −1]), ones, zeros), x's shape)·scale + bias
 *
 * with a scale and a bias for each channel. The ones and zeros are there for the exporter's sake, and no parameters.
 * What else reads a value in between still finds it.
 */
export function fuseGroupNorm(graph: Graph): Graph {
  if (!graph.nodes.some(({ op }) => op === "GroupNormalization")) return graph;
  const pass = new GroupNormPass(graph);
  for (const node of graph.nodes) pass.take(node);
  return { ...graph, nodes: pass.nodes };
}

/** Exporters write two in a row at most; without a limit, a file of nothing else would take the square of its length. */
const VIEWS_MAX = 8;

class GroupNormPass {
  /** As rewritten so far. */
  readonly nodes: Node[] = [];
  private readonly makers = new Map<string, Node>();
  private readonly values: Map<string, ValueInfo>;

  constructor(private readonly graph: Graph) {
    this.values = new Map(inferShapes(graph));
  }

  take(node: Node): void {
    if (!this.regroup(node) && !this.scale(node)) this.push(node);
  }

  /** The last Reshape, which makes x in groups of several channels of what instance-norm has made. */
  private regroup(node: Node): boolean {
    if (node.op !== "Reshape") return false;
    const norm = this.plainNorm(node.inputs[0]!);
    if (!norm) return false;
    const shape = this.shapeOf(node.outputs[0]!);
    const [rows, groups] = this.shapeOf(norm.inputs[0]!);
    const isOfGroups = groups === norm.attributes.numGroups && rows === shape[0];
    const members = Number(shape[1]) / norm.attributes.numGroups;
    const x = this.beforeViews(norm.inputs[0]!, shape);
    const isSameAgain = sameShape(this.shapeOf(x), shape);
    if (!isOfGroups || !isSameAgain || !Number.isInteger(members) || members < 2) return false;
    this.normalize(norm, node, x, []);
    return true;
  }

  /** The sum of a bias and of a scale's product with what has been normalized without them. */
  private scale(node: Node): boolean {
    for (const [scaled, bias] of this.channelOperands(node, "Add")) {
      for (const [value, scale] of this.channelOperands(this.makers.get(scaled), "Mul")) {
        const norm = this.plainNorm(value);
        const shape = this.shapeOf(value);
        const from = norm && this.shapeOf(norm.inputs[0]!);
        if (!from || !sameShape(from.slice(0, 2), shape.slice(0, 2))) continue;
        this.normalize(norm, node, this.beforeViews(norm.inputs[0]!, shape), [scale, bias]);
        return true;
      }
    }
    return false;
  }

  /** The norm in the node's place. Signals and volumes are images of one row. */
  private normalize(
    norm: NodeOf<"GroupNormalization">,
    { name, outputs: [y] }: Node,
    x: string,
    parameters: readonly string[],
  ): void {
    const shape = this.shapeOf(y!);
    const isImage = shape.length === 2 || shape.length === 4;
    const [rows, channels] = shape as [Shape[0], number];
    const vectors = parameters.map((one) => this.reshape(one, `${one}/of ${y}`, [channels]));
    const image = this.reshape(x, `${y}/image`, isImage ? shape : [rows!, channels, 1, -1]);
    const output = isImage ? y! : `${y}/normalized`;
    this.push({ ...norm, name, inputs: [image, ...vectors], outputs: [output] });
    this.reshape(output, y!, shape);
  }

  private reshape(from: string, to: string, shape: Shape): string {
    if (from === to || sameShape(this.shapeOf(from), shape)) return from;
    const attributes = { shape, allowZero: false };
    this.push({ op: "Reshape", name: to, inputs: [from], outputs: [to], attributes });
    return to;
  }

  private push(node: Node): void {
    this.nodes.push(node);
    this.makers.set(node.outputs[0]!, node);
    this.values.set(node.outputs[0]!, inferNode(node, this.values));
  }

  /** The norm without scale and bias, or with ones and zeros, that a value is, in whatever shape. */
  private plainNorm(value: string): NodeOf<"GroupNormalization"> | undefined {
    const norm = this.makers.get(this.beforeViews(value));
    if (norm?.op !== "GroupNormalization") return undefined;
    const isAll = (name: string, number: number) =>
      this.graph.initializers.get(name)?.data.every((element: number) => element === number);
    const [, scale, bias] = norm.inputs;
    const isPlain = !scale || !bias || (isAll(scale, 1) && isAll(bias, 0));
    return isPlain ? norm : undefined;
  }

  /** What Reshapes make the value of: the nearest one of the wanted shape, else the farthest. */
  private beforeViews(value: string, wanted?: Shape): string {
    let found = value;
    for (let views = 0; views < VIEWS_MAX; views++) {
      const maker = this.makers.get(found);
      const isWanted = wanted !== undefined && sameShape(this.shapeOf(found), wanted);
      if (isWanted || maker?.op !== "Reshape") break;
      found = maker.inputs[0]!;
    }
    return found;
  }

  /** Operands, the second of which is a constant with one number for each channel of the first. */
  private channelOperands(node: Node | undefined, op: OpName): [value: string, constant: string][] {
    if (node?.op !== op) return [];
    const [a, b] = node.inputs as [string, string];
    const ways: [string, string][] = [
      [a, b],
      [b, a],
    ];
    return ways.filter(([value, constant]) => {
      const shape = this.shapeOf(value);
      const own = this.shapeOf(constant);
      const missing = shape.length - own.length;
      return (
        this.graph.initializers.get(this.beforeViews(constant))?.type === "float32" &&
        shape.every((dim, axis) => (own[axis - missing] ?? 1) === (axis === 1 ? dim : 1))
      );
    });
  }

  private shapeOf(value: string): Shape {
    return this.values.get(value)!.shape;
  }
}
