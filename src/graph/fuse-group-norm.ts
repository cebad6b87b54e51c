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
    const shape = this.shapeOf(node.outputs[0]!);
    const { norm, x } = this.plainNorm(node.inputs[0]!, shape) ?? {};
    if (!norm || !x) return false;
    const isOfChannels = norm.attributes.numGroups === shape[1];
    // Ones and zeros of an instance-norm may be weights that have not been trained yet.
    if (isOfChannels && norm.inputs.length > 1) return false;
    this.normalize(norm, node, x, []);
    return true;
  }

  /** The sum of a bias and of a scale's product with what has been normalized without them. */
  private scale(node: Node): boolean {
    for (const [scaled, bias] of this.channelOperands(node, "Add")) {
      for (const [value, scale] of this.channelOperands(this.makers.get(scaled), "Mul")) {
        const { norm, x } = this.plainNorm(value, this.shapeOf(value)) ?? {};
        const isOwn = norm?.outputs[0] === value && norm.inputs.length > 1;
        if (!norm || !x || isOwn) continue;
        this.normalize(norm, node, x, [scale, bias]);
        return true;
      }
    }
    return false;
  }

  /** The norm that a value is, maybe in another shape, if it has no scale and bias, or ones and zeros; and what of. */
  private plainNorm(value: string, shape: Shape) {
    const norm = this.makers.get(this.beforeViews(value));
    if (norm?.op !== "GroupNormalization" || !this.isPlain(norm)) return undefined;
    const { numGroups } = norm.attributes;
    const x = this.beforeViews(norm.inputs[0]!, shape);
    const [rows, channels] = this.shapeOf(norm.inputs[0]!);
    const isSame = x === norm.inputs[0];
    const isGrouped = channels === numGroups && Number(shape[1]) % numGroups === 0;
    const isOf = rows === shape[0] && sameShape(this.shapeOf(x), shape);
    return isOf && (isSame || isGrouped) ? { norm, x } : undefined;
  }

  /** The norm of x in the node's place. */
  private normalize(
    norm: NodeOf<"GroupNormalization">,
    { name, outputs }: Node,
    x: string,
    parameters: readonly string[],
  ): void {
    const shape = this.shapeOf(x).slice(1, 2);
    const vectors = parameters.map((parameter) => {
      if (sameShape(this.shapeOf(parameter), shape)) return parameter;
      const vector = `${parameter}/of ${outputs[0]}`;
      const [inputs, attributes] = [[parameter], { shape, allowZero: false }];
      this.push({ op: "Reshape", name: vector, inputs, outputs: [vector], attributes });
      return vector;
    });
    this.push({ ...norm, name, inputs: [x, ...vectors], outputs });
  }

  private push(node: Node): void {
    this.nodes.push(node);
    this.makers.set(node.outputs[0]!, node);
    this.values.set(node.outputs[0]!, inferNode(node, this.values));
  }

  /** Without scale and bias, or with ones and zeros. */
  private isPlain({ inputs: [, scale, bias] }: NodeOf<"GroupNormalization">): boolean {
    const isAll = (name: string, number: number) =>
      this.graph.initializers.get(name)?.data.every((element: number) => element === number);
    return !scale || !bias || Boolean(isAll(scale, 1) && isAll(bias, 0));
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
