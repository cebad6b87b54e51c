import { ADD, FILL } from "../../assembly/abi/opcodes.js";
import { StropError } from "../errors.js";
import type { Node, NodeOf, OpName, Region, Shape, ValueInfo } from "../graph/graph.js";
import { shapeElements } from "../graph/shape.js";
import { emitExpand, type Operand } from "./ops/broadcast.js";
import { coverAll, disjointGroups, emitPlace, type RegionShare } from "./regions.js";
import type { Category, Instruction, Tensor } from "./training-graph.js";
import type { Weights } from "./weights.js";
import { workOf } from "./work.js";

/** How batch-norm is computed: by the batch's own statistics or by the running ones. */
export const BATCH_NORM_MODES = ["batch", "frozen"] as const;
export type BatchNormMode = (typeof BATCH_NORM_MODES)[number];

/** How a batch's variance enters the running one. */
export const RUNNING_VARIANCES = ["unbiased", "population"] as const;
export type RunningVariance = (typeof RUNNING_VARIANCES)[number];

export interface ProcedureContext {
  /** Type and shape of every value. */
  readonly values: ReadonlyMap<string, ValueInfo>;
  readonly weights: Weights;
  readonly batch: number;
  readonly runningVariance: RunningVariance;
  /** merge: as batch, but the running statistics become the exact ones of the epoch's rows so far. */
  readonly batchNorm: BatchNormMode | "merge";
  /** Undefined where Dropout does nothing. */
  readonly dropoutSeed?: bigint;
  /** Nodes that run as in inference, whatever the others do. */
  readonly settled?: ReadonlySet<Node>;
  /** Values that a gradient must reach; empty for inference. */
  readonly needsGradient: ReadonlySet<string>;
}

/** A gradient that repeats a smaller one along the axes which this has not, or of size 1. */
export interface Repeated {
  readonly small: Operand;
  /** What the gradient is read as. */
  readonly whole: Shape;
}

/**
 * Collects one procedure's instructions. A rule binds each value of the graph to a tensor on the way
 * forward, and hands each input its share of the gradient on the way back.
 *
 * Nothing is written twice: a tensor is complete once its instruction is done, or those that place its parts, so that
 * one tensor may stand for many values (Reshape) and for many gradients (Add), and in-place is the planner's matter.
 */
export class ProcedureBuilder {
  readonly instructions: Instruction[] = [];
  private readonly values = new Map<string, Tensor>();
  private readonly gradients = new Map<string, Tensor>();
  /** Shares of gradients that were not asked for since. */
  private readonly regions = new Map<string, readonly RegionShare[]>();
  private readonly repeated = new Map<string, Repeated>();
  private readonly saved = new Map<Node, readonly Tensor[]>();
  private readonly deferred: (() => void)[] = [];

  constructor(private readonly context: ProcedureContext) {}

  batchNormOf(node: Node): ProcedureContext["batchNorm"] {
    return this.isSettled(node) ? "frozen" : this.context.batchNorm;
  }

  get runningVariance(): RunningVariance {
    return this.context.runningVariance;
  }

  dropoutSeedOf(node: Node): bigint | undefined {
    return this.isSettled(node) ? undefined : this.context.dropoutSeed;
  }

  private isSettled(node: Node): boolean {
    return this.context.settled?.has(node) ?? false;
  }

  emit(opcode: number, operands: readonly Tensor[], attributes: readonly number[] = []): void {
    const work = workOf(opcode, operands, attributes, this.context.batch);
    this.instructions.push({ opcode, operands, attributes, work });
  }

  /** Puts something off to the procedure's end. */
  defer(action: () => void): void {
    this.deferred.push(action);
  }

  runDeferred(): void {
    for (const action of this.deferred) action();
  }

  shapeOf(value: string): Shape {
    const info = this.context.values.get(value);
    if (!info) throw new Error(`no shape for ${value}`);
    return info.shape;
  }

  /** A tensor for throw-away use within the procedure. */
  temporary(name: string, category: Category, count: { c0: number; c1: number }): Tensor {
    return { name, type: "f32", c0: count.c0, c1: count.c1, category, lifetime: "procedure" };
  }

  scratch(name: string, shape: Shape): Tensor {
    return this.temporary(name, "scratch", shapeElements(shape));
  }

  /** A tensor of these numbers, the same in every procedure. */
  constant(name: string, data: Float32Array | Int32Array): Tensor {
    return this.context.weights.constantOf(name, data);
  }

  // Forward

  tensorOf(value: string): Tensor {
    return this.values.get(value) ?? this.context.weights.tensorOf(value);
  }

  bind(value: string, tensor: Tensor): void {
    this.values.set(value, tensor);
  }

  /** A new tensor for a value, of the value's shape. */
  define(value: string): Tensor {
    const tensor = this.temporary(value, "activations", shapeElements(this.shapeOf(value)));
    this.bind(value, tensor);
    return tensor;
  }

  /** Keeps what the node's backward needs beyond its inputs and outputs. */
  save(node: Node, ...tensors: Tensor[]): void {
    this.saved.set(node, tensors);
  }

  savedOf(node: Node): readonly Tensor[] {
    return this.saved.get(node) ?? [];
  }

  // Backward

  needsGradient(value: string): boolean {
    return this.context.needsGradient.has(value);
  }

  gradientOf(value: string): Tensor {
    this.spread(value);
    this.joinRegions(value);
    const gradient = this.gradients.get(value);
    if (!gradient) throw new Error(`no gradient has reached ${value}`);
    return gradient;
  }

  hasGradient(value: string): boolean {
    return [this.gradients, this.regions, this.repeated].some((shares) => shares.has(value));
  }

  /** A new tensor for (a share of) the gradient of a value. */
  newGradient(value: string): Tensor {
    const name = this.hasGradient(value) ? `d ${value} (share)` : `d ${value}`;
    return this.temporary(name, "gradients", shapeElements(this.shapeOf(value)));
  }

  /** Adds a finished share to a value's gradient; the first one becomes the gradient itself. */
  contribute(value: string, share: Tensor): void {
    this.spread(value);
    const before = this.gradients.get(value);
    if (!before) {
      this.gradients.set(value, share);
      return;
    }
    const sum = this.temporary(`d ${value} (sum)`, "gradients", share);
    this.emit(ADD, [before, share, sum]);
    this.gradients.set(value, sum);
  }

  /** Adds a finished share to the gradient of a region of a value; they are joined when the gradient is asked for. */
  contributeRegion(value: string, share: Tensor, region: Region): void {
    this.spread(value);
    this.regions.set(value, [...(this.regions.get(value) ?? []), { share, region }]);
  }

  /** Adds a share that is written whole only if it is asked for so, or must be added to another. */
  contributeRepeated(value: string, share: Repeated): void {
    if (!this.needsGradient(value)) return;
    this.spread(value);
    const isShared = this.hasGradient(value);
    this.repeated.set(value, share);
    if (isShared) this.spread(value);
  }

  /** A value's whole gradient, if it is no more than something repeated. */
  repeatedGradientOf(value: string): Repeated | undefined {
    return this.repeated.get(value);
  }

  private spread(value: string): void {
    const share = this.repeated.get(value);
    if (!share) return;
    this.repeated.delete(value);
    const { small, whole } = share;
    this.backward(value, (tensor) => emitExpand(this, small, { tensor, shape: whole }));
  }

  /** Shares that do not overlap, as those of Split, go into one tensor. */
  private joinRegions(value: string): void {
    const shares = this.regions.get(value) ?? [];
    this.regions.delete(value);
    const shape = this.shapeOf(value);
    for (const group of disjointGroups(shares)) {
      const gradient = this.newGradient(value);
      if (!coverAll(group, shape)) this.emit(FILL, [gradient], [0]);
      for (const { share, region } of group) emitPlace(this, share, gradient, shape, region);
      this.contribute(value, gradient);
    }
  }

  /** A share computed into a new tensor, if the value needs it. */
  backward(value: string, compute: (gradient: Tensor) => void): void {
    if (!this.needsGradient(value)) return;
    const gradient = this.newGradient(value);
    compute(gradient);
    this.contribute(value, gradient);
  }

  refuse(node: NodeOf<OpName>, problem: string, hint?: string): never {
    throw new StropError(problem, {
      code: "unsupported",
      where: `node '${node.name || node.outputs[0]}' (${node.op})`,
      ...(hint && { hint }),
    });
  }
}
