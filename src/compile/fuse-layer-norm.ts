import { countUses, removeUnused } from "../graph/fold.js";
import type { Graph, Node, NodeOf, OpName } from "../graph/graph.js";
import { inferShapes } from "../graph/infer.js";
import { sameShape } from "../graph/shape.js";

/**
 * Layer normalization as exporters write it below opset 17 becomes one op again:
 *
 *   d = x − ReduceMean(x)        y = d / Sqrt(ReduceMean(d²) + epsilon)·scale + bias
 *
 * over the last axes, where d² is Pow(d, 2) or Mul(d, d); a bias is optional. What else reads a value in between
 * still finds it.
 */
export function fuseLayerNorm(graph: Graph): Graph {
  const pass = new LayerNormPass(graph);
  const nodes = graph.nodes.map((node) => pass.rewrite(node));
  return removeUnused({ ...graph, nodes });
}

class LayerNormPass {
  private readonly values: ReturnType<typeof inferShapes>;
  private readonly uses: ReadonlyMap<string, number>;
  /** As rewritten so far, by output. */
  private readonly makers = new Map<string, Node>();

  constructor(private readonly graph: Graph) {
    this.values = inferShapes(graph);
    this.uses = countUses(graph);
  }

  rewrite(node: Node): Node {
    const rewritten = this.scaled(node) ?? this.shifted(node) ?? node;
    this.makers.set(node.outputs[0]!, rewritten);
    return rewritten;
  }

  /** The product of a normalized value with its scale. */
  private scaled(node: Node): Node | undefined {
    for (const [value, scale] of this.constantOperands(node, "Mul")) {
      const quotient = this.maker(value, "Div");
      const found = quotient && this.normalization(quotient);
      if (!found) continue;
      const { x, axis, epsilon } = found;
      if (!sameShape(this.shapeOf(scale), this.shapeOf(x).slice(axis))) continue;
      const { name, outputs } = node;
      const attributes = { axis, epsilon };
      return { op: "LayerNormalization", name, inputs: [x, scale], outputs, attributes };
    }
    return undefined;
  }

  /** The sum of a layer normalization without bias, and a bias. */
  private shifted(node: Node): Node | undefined {
    for (const [value, bias] of this.constantOperands(node, "Add")) {
      const normal = this.maker(value, "LayerNormalization");
      if (normal?.inputs.length !== 2 || this.uses.get(value) !== 1) continue;
      if (!sameShape(this.shapeOf(bias), this.shapeOf(normal.inputs[1]!))) continue;
      return {
        ...normal,
        name: node.name,
        inputs: [...normal.inputs, bias],
        outputs: node.outputs,
      };
    }
    return undefined;
  }

  /** What d / Sqrt(ReduceMean(d²) + epsilon) normalizes, and over which axes. */
  private normalization({ inputs: [d, deviation] }: NodeOf<"Div">) {
    const root = this.maker(deviation!, "Sqrt");
    const sum = root && this.makers.get(root.inputs[0]!);
    const centered = this.maker(d!, "Sub");
    if (!sum || !centered) return undefined;
    const [x, center] = centered.inputs as [string, string];
    for (const [value, constant] of this.constantOperands(sum, "Add")) {
      const epsilon = this.numberOf(constant);
      const variance = this.maker(value, "ReduceMean");
      const mean = this.maker(center, "ReduceMean");
      if (epsilon === undefined || !variance || !mean || mean.inputs[0] !== x) continue;
      const axis = this.firstAxis(mean, x);
      const isSame = axis !== undefined && axis === this.firstAxis(variance, x);
      if (isSame && this.isSquare(variance.inputs[0]!, d!)) return { x, axis, epsilon };
    }
    return undefined;
  }

  /** The first of the last axes that a mean is taken over, if it keeps them. */
  private firstAxis({ attributes }: NodeOf<"ReduceMean">, x: string): number | undefined {
    const { axes, keepDims } = attributes;
    const first = this.shapeOf(x).length - axes.length;
    return keepDims && axes.every((axis, i) => axis === first + i) ? first : undefined;
  }

  private isSquare(value: string, of: string): boolean {
    const node = this.makers.get(value);
    if (node?.inputs[0] !== of) return false;
    if (node.op === "Mul") return node.inputs[1] === of;
    return node.op === "Pow" && this.numberOf(node.inputs[1]!) === 2;
  }

  /** A commutative op's operands, the initializer second; both ways round if it could be either. */
  private constantOperands(node: Node, op: "Add" | "Mul"): [value: string, constant: string][] {
    if (node.op !== op) return [];
    const [a, b] = node.inputs as [string, string];
    const ways: [string, string][] = [
      [a, b],
      [b, a],
    ];
    return ways.filter(([, constant]) => this.graph.initializers.get(constant)?.type === "float32");
  }

  /** The value of an initializer of one element. */
  private numberOf(name: string): number | undefined {
    const data = this.graph.initializers.get(name)?.data;
    return data?.length === 1 ? data[0] : undefined;
  }

  private maker<K extends OpName>(value: string, op: K): NodeOf<K> | undefined {
    const node = this.makers.get(value);
    return node?.op === op ? (node as unknown as NodeOf<K>) : undefined;
  }

  private shapeOf(value: string) {
    return this.values.get(value)!.shape;
  }
}
