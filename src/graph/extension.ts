import type { Graph, Initializer, Node, NodeOf, OpName, Shape, ValueInfo } from "./graph.js";
import { inferNode, inferShapes } from "./infer.js";
import { type Initialization, uniformBound } from "./init.js";

/**
 * A graph that more is hung onto: nodes, constants, and weights that live no longer than what they are for.
 * Every name that it makes is new.
 */
export class GraphExtension {
  private readonly nodes: Node[];
  private readonly initializers: Map<string, Initializer>;
  private readonly values: Map<string, ValueInfo>;
  private drawn = 0n;
  private taken: string[] = [];

  /** @param seed of the fresh weights */
  constructor(
    private readonly graph: Graph,
    private readonly seed: bigint,
  ) {
    this.nodes = [...graph.nodes];
    this.initializers = new Map(graph.initializers);
    this.values = new Map(inferShapes(graph));
  }

  end(): Graph {
    const { nodes, initializers } = this;
    return { ...this.graph, nodes, initializers };
  }

  shapeOf(value: string): Shape {
    return this.values.get(value)!.shape;
  }

  /** A node more; returns its output. */
  node<K extends OpName>(
    op: K,
    wish: string,
    inputs: readonly string[],
    attributes: NodeOf<K>["attributes"],
  ): string {
    const name = this.free(wish);
    const node = { op, name, inputs, outputs: [name], attributes } as unknown as Node;
    this.nodes.push(node);
    this.values.set(name, inferNode(node, this.values));
    return name;
  }

  /** A node like another one, on other inputs. */
  copy(node: Node, prefix: string, inputs: readonly string[]): string {
    return this.node(node.op, `${prefix}/${node.outputs[0]}`, inputs, node.attributes);
  }

  constant(wish: string, value: number): string {
    return this.initializer({ ...named(wish, []), data: Float32Array.of(value) });
  }

  /** Weights for a product, drawn when they are needed: see `initialWeights`. */
  weights(
    wish: string,
    shape: readonly number[],
    kind: Initialization,
    fans: { readonly fanIn: number; readonly fanOut: number },
  ): string {
    return this.fresh(wish, shape, uniformBound(kind, fans.fanIn, fans.fanOut));
  }

  zeros(wish: string, shape: readonly number[]): string {
    return this.fresh(wish, shape, 0);
  }

  private fresh(wish: string, shape: readonly number[], bound: number): string {
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    // Two of one seed would be the same numbers.
    const fresh = { bound, seed: this.seed + this.drawn++ };
    const name = this.initializer({ ...named(wish, shape), data, fresh });
    this.taken.push(name);
    return name;
  }

  /** The names of the fresh weights since the last call. */
  takeFresh(): readonly string[] {
    const { taken } = this;
    this.taken = [];
    return taken;
  }

  private initializer(one: Initializer): string {
    const name = this.free(one.name);
    this.initializers.set(name, { ...one, name });
    this.values.set(name, { name, type: one.type, shape: one.shape });
    return name;
  }

  private free(wish: string): string {
    let name = wish;
    for (let i = 2; this.values.has(name); i++) name = `${wish} (${i})`;
    return name;
  }
}

function named(name: string, shape: readonly number[]) {
  return { name, type: "float32", shape } as const;
}
