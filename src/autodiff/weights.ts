import { ROLE_PARAMETER, ROLE_STATISTIC } from "../../assembly/abi/program.js";
import { StropError } from "../errors.js";
import type { Graph, Initializer } from "../graph/graph.js";
import { shapeElements } from "../graph/shape.js";
import type { Tensor } from "./training-graph.js";

/** A tensor that came from the model's file and changes in training. */
export interface StateTensor {
  readonly tensor: Tensor;
  readonly initializer: Initializer;
  readonly role: number;
}

/**
 * The model's initializers as tensors, one each for all procedures, made at first use.
 *
 * `trained` names the values that get a gradient, `moving` the running statistics that move.
 */
export class Weights {
  private readonly tensors = new Map<string, Tensor>();
  private readonly constants = new Map<string, Tensor>();
  private readonly changing = new Map<string, StateTensor>();

  constructor(
    private readonly graph: Graph,
    readonly trained: ReadonlySet<string>,
    private readonly moving: ReadonlySet<string>,
  ) {}

  /** Those that training changes and some procedure uses, in the model's own order. */
  get states(): StateTensor[] {
    const names = [...this.graph.initializers.keys()];
    return names.flatMap((value) => this.changing.get(value) ?? []);
  }

  tensorOf(value: string): Tensor {
    const known = this.tensors.get(value);
    if (known) return known;
    const initializer = this.graph.initializers.get(value)!;
    if (initializer.type !== "float32") {
      throw new StropError(`${initializer.type} where float32 is needed`, {
        code: "unsupported",
        where: `initializer ${initializer.name}`,
      });
    }
    const role = this.roleOf(value);
    const tensor: Tensor = {
      name: initializer.name,
      type: "f32",
      ...shapeElements(initializer.shape),
      category: "weights",
      ...(initializer.fresh
        ? { lifetime: "phase", fill: initializer.fresh }
        : { lifetime: "run", data: initializer.data as Float32Array }),
      ...(role && !initializer.fresh && { state: { role, name: initializer.name } }),
    };
    this.tensors.set(value, tensor);
    if (role && !initializer.fresh) this.changing.set(value, { tensor, initializer, role });
    return tensor;
  }

  /** Numbers that the program needs and the model does not have; the same ones are there once. */
  constantOf(name: string, data: Float32Array | Int32Array): Tensor {
    const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
    const type = data instanceof Float32Array ? "f32" : "i32";
    const key = `${type} ${bits.join()}`;
    const known = this.constants.get(key);
    if (known) return known;
    const count = { c0: data.length, c1: 0 };
    const tensor: Tensor = { name, type, ...count, category: "weights", lifetime: "run", data };
    this.constants.set(key, tensor);
    return tensor;
  }

  private roleOf(value: string): number {
    if (this.trained.has(value)) return ROLE_PARAMETER;
    return this.moving.has(value) ? ROLE_STATISTIC : 0;
  }
}
