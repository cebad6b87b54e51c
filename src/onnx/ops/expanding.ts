import type { Node, NodeOf, OpName } from "../../graph/graph.js";
import type { Expansion, OnnxNode, Scope } from "../node.js";
import type { ConstantValue } from "../tensor.js";
import { nodeFrom } from "./node-from.js";

/** Writes one ONNX node as several of the graph's. */
export class Expanding {
  readonly #nodes: Node[] = [];
  readonly #constants = new Map<string, ConstantValue>();

  constructor(
    private readonly node: OnnxNode,
    private readonly scope: Scope,
  ) {}

  /** An operation in between; returns its value's name. */
  step<K extends OpName>(
    op: K,
    inputs: readonly string[],
    attributes: NodeOf<K>["attributes"],
  ): string {
    const { name, outputs } = this.node;
    const output = this.scope.fresh(`${outputs[0]}/${op}`);
    const step = { op, name: `${name}/${op}`, inputs, outputs: [output], attributes };
    this.#nodes.push(step as unknown as Node);
    return output;
  }

  /** A constant that the operations need; returns its name. */
  constant(value: ConstantValue): string {
    const name = this.scope.fresh(`${this.node.outputs[0]}/constant`);
    this.#constants.set(name, value);
    return name;
  }

  /** The operation that makes the node's output number `index`. */
  output<K extends OpName>(
    index: number,
    op: K,
    inputs: readonly string[],
    attributes: NodeOf<K>["attributes"],
  ): void {
    const { name, outputs } = this.node;
    const step = { op, name: `${name}/${index}`, inputs, outputs: [outputs[index]!], attributes };
    this.#nodes.push(step as unknown as Node);
  }

  /** All of it, if the outputs were made one by one. */
  get expansion(): Expansion {
    return { nodes: this.#nodes, constants: this.#constants };
  }

  /** The operation that makes the node's own output. */
  end<K extends OpName>(
    op: K,
    inputs: readonly string[],
    attributes: NodeOf<K>["attributes"],
  ): Expansion {
    const nodes = [...this.#nodes, nodeFrom(op, this.node, inputs, attributes)];
    return { nodes, constants: this.#constants };
  }
}
