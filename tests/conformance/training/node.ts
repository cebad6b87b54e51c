import type { TensorProto } from "onnx-buf";
import { StropError } from "../../../src/errors.js";
import { OnnxNode } from "../../../src/onnx/node.js";
import type { Case } from "../suite.js";

/** The only node of a case with its inputs and outputs, as a driver of a training op wants them. */
export class TrainingNode {
  readonly attributes: OnnxNode;
  private readonly inputs: ReadonlyMap<string, TensorProto | undefined>;

  constructor(private readonly one: Case) {
    const { graph } = one.model;
    this.attributes = new OnnxNode(graph.node[0]!, graph.node[0]!.name || one.id);
    this.inputs = new Map(graph.input.map(({ name }, i) => [name, one.inputs[i]]));
  }

  get inputCount(): number {
    return this.attributes.inputs.length;
  }

  get outputs(): readonly (TensorProto | undefined)[] {
    return this.one.outputs;
  }

  /** Undefined if it is left out. */
  input(index: number): TensorProto | undefined {
    return this.inputs.get(this.attributes.inputs[index] ?? "");
  }

  /** Throws what counts as not supported. */
  refuse(problem: string): never {
    throw new StropError(problem, { code: "unsupported", where: this.attributes.label });
  }
}
