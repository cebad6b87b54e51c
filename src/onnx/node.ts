import { AttributeProto_AttributeType as Kind, type NodeProto, type TensorProto } from "onnx-buf";
import { StropError } from "../errors.js";
import type { Node, Shape } from "../graph/graph.js";
import { type ConstantValue, saturated } from "./tensor.js";

/** What a converter makes of a node: an operation, several, or, where its inputs are constants, the constant. */
export type Lowered = Node | Expansion | ConstantValue;

/** Several operations or constants for one node: they make its outputs, and what lies between has fresh names. */
export interface Expansion {
  readonly nodes: readonly Node[];
  readonly constants: ReadonlyMap<string, ConstantValue>;
  /** The values of a sequence, which is what the node's first output is; "" for an empty one. */
  readonly sequence?: readonly string[];
}

/** Converts one ONNX op; the function is called as the op is. */
export type Converter = (node: OnnxNode, scope: Scope) => Lowered;

/** What a converter may ask about the values in front of its node. */
export interface Scope {
  readonly opset: number;
  /** The file's own batch, if it has a fixed one that is now free: this size in front of a shape means the batch. */
  readonly fixedBatch: number | undefined;
  /** The constant behind a name, if it is one. */
  constant(name: string): ConstantValue | undefined;
  /** The names of a sequence's values, if it is one. */
  sequence(name: string): readonly string[] | undefined;
  /** Whether a name is an initializer of the file, and no node's output. */
  isInitializer(name: string): boolean;
  /** The shape of a value. */
  shape(node: OnnxNode, name: string): Shape;
  /** How many nodes and outputs read the value. */
  uses(name: string): number;
  /** A name like the wished one that no other value has. */
  fresh(wish: string): string;
}

/** A node of the file, with a name of its own and typed access to its attributes. */
export class OnnxNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly #proto: NodeProto;

  constructor(proto: NodeProto, name: string) {
    this.name = name;
    this.op = proto.opType;
    this.inputs = proto.input;
    this.outputs = proto.output;
    this.#proto = proto;
  }

  /** "node 'conv_7' (Conv)" */
  get label(): string {
    return `node '${this.name}' (${this.op})`;
  }

  error(code: string, problem: string, hint?: string): StropError {
    return new StropError(problem, {
      code,
      where: this.label,
      node: this.name,
      ...(hint === undefined ? {} : { hint }),
    });
  }

  /** Input number `index`, which must be there. */
  input(index: number): string {
    const name = this.inputs[index] ?? "";
    if (name === "") throw this.error("input-missing", `input ${index + 1} is missing`);
    return name;
  }

  int(name: string, fallback: number): number {
    const attribute = this.#find(name, Kind.INT);
    return attribute === undefined ? fallback : this.#whole(name, attribute.i);
  }

  float(name: string, fallback: number): number {
    const value = this.#find(name, Kind.FLOAT)?.f ?? fallback;
    if (!Number.isFinite(value)) throw this.error("attribute-invalid", `${name} is ${value}`);
    return value;
  }

  string(name: string, fallback: string): string {
    const attribute = this.#find(name, Kind.STRING);
    return attribute === undefined ? fallback : new TextDecoder().decode(attribute.s);
  }

  /** A string that must be one of these, by default the first. */
  choice<T extends string>(name: string, allowed: readonly [T, ...T[]]): T {
    const value = this.string(name, allowed[0]);
    const known = allowed.find((one) => one === value);
    if (known !== undefined) return known;
    throw this.error("attribute-invalid", `${name} is '${value}', not ${allowed.join(", ")}`);
  }

  ints(name: string): readonly number[] | undefined {
    return this.#find(name, Kind.INTS)?.ints.map((value) => this.#whole(name, value));
  }

  /** The same, but a bound beyond int32 (as exporters write "to the end") is the nearest int32. */
  bounds(name: string): readonly number[] | undefined {
    return this.#find(name, Kind.INTS)?.ints.map((value) => saturated(Number(value)));
  }

  floats(name: string): readonly number[] | undefined {
    return this.#find(name, Kind.FLOATS)?.floats;
  }

  tensor(name: string): TensorProto | undefined {
    return this.#find(name, Kind.TENSOR)?.t;
  }

  has(name: string): boolean {
    return this.#proto.attribute.some((attribute) => attribute.name === name);
  }

  #whole(name: string, value: bigint): number {
    const number = Number(value);
    if (Math.abs(number) <= 2 ** 31) return number;
    throw this.error("attribute-invalid", `${name} is ${value}`);
  }

  #find(name: string, kind: Kind) {
    const attribute = this.#proto.attribute.find((candidate) => candidate.name === name);
    if (attribute === undefined) return undefined;
    const wrong = attribute.type !== kind || attribute.refAttrName !== "";
    if (wrong) {
      throw this.error("attribute-invalid", `${name} is not of type ${Kind[kind]?.toLowerCase()}`);
    }
    return attribute;
  }
}
