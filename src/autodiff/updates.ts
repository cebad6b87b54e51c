import {
  CLIP_NORM_FACTOR,
  CLIP_VALUE,
  COPY,
  FILL,
  SCALE,
  SCALE_BY,
  SQUARE_SUM,
} from "../../assembly/abi/opcodes.js";
import type { Optimizer } from "./optimizers/index.js";
import type { ProcedureBuilder } from "./procedure-builder.js";
import { floatBits, type Tensor } from "./training-graph.js";

/** What some parameters have of their own. */
export interface ParameterGroup {
  /** Follows the schedule as the optimizer's rate does. */
  readonly lr?: number;
  readonly weightDecay?: number;
}

export interface UpdateOptions {
  /** g ← min(max(g, −clipValue), clipValue) */
  readonly clipValue?: number;
  /** Each parameter's gradient scaled so that its own norm is at most this. */
  readonly clipTensorNorm?: number;
  /** All gradients scaled so that their common norm is at most this. */
  readonly clipNorm?: number;
  /** Compute the norm although nothing is clipped by it. */
  readonly gradNorm?: boolean;
  /** Parameters, by initializer name, that weight decay leaves alone. */
  readonly noDecay?: (name: string) => boolean;
  /** The group of a parameter, by initializer name. */
  readonly group?: (name: string) => ParameterGroup | undefined;
}

interface Pending {
  readonly w: Tensor;
  readonly gradient: Tensor;
}

/**
 * Turns finished gradients into updates, in the order: clip by value, by each tensor's norm, by the norm of
 * all, weight decay.
 *
 * Without clipping by the norm of all each weight moves at once and its gradient's memory is free again; with
 * it all gradients wait for the norm. The norm reported is that after the first two and before the third: what
 * PyTorch's clip_grad_norm_ returns when clip_grad_value_ ran before it.
 */
export class Updates {
  private readonly pending: Pending[] = [];
  private sum: Tensor | undefined;
  private rate: Tensor | undefined;
  private readonly groupRates = new Map<number, Tensor>();

  constructor(
    private readonly b: ProcedureBuilder,
    private readonly optimizer: Optimizer,
    private readonly options: UpdateOptions,
  ) {}

  begin(): void {
    this.rate = this.optimizer.begin(this.b);
    if (this.options.clipNorm !== undefined || this.options.gradNorm) this.sum = this.newSum();
  }

  /** The gradient is complete and nothing reads w any more in this step. */
  add(w: Tensor, gradient: Tensor, isShared: boolean): void {
    const { clipValue, clipTensorNorm, clipNorm } = this.options;
    const scales = [clipValue, clipTensorNorm, clipNorm].some((limit) => limit !== undefined);
    const own = isShared && scales ? this.copyOf(gradient) : gradient;
    if (clipValue !== undefined) this.b.emit(CLIP_VALUE, [own], [floatBits(clipValue)]);
    if (clipTensorNorm !== undefined) this.clipTensor(own, clipTensorNorm);
    if (this.sum) this.b.emit(SQUARE_SUM, [own, this.sum]);
    if (clipNorm === undefined) this.update({ w, gradient: own });
    else this.pending.push({ w, gradient: own });
  }

  /** What waited for the norm; returns the norm if it was asked for. */
  end(): Tensor | undefined {
    const norm = this.sum && this.scaleAll(this.sum);
    this.optimizer.end(this.b);
    return norm;
  }

  private scaleAll(sum: Tensor): Tensor {
    const { norm, factor } = this.factorOf(sum, this.options.clipNorm ?? Number.POSITIVE_INFINITY);
    for (const { w, gradient } of this.pending) {
      this.b.emit(SCALE_BY, [factor, gradient]);
      this.update({ w, gradient });
    }
    return norm;
  }

  private clipTensor(gradient: Tensor, maxNorm: number): void {
    const sum = this.newSum();
    this.b.emit(SQUARE_SUM, [gradient, sum]);
    this.b.emit(SCALE_BY, [this.factorOf(sum, maxNorm).factor, gradient]);
  }

  private newSum(): Tensor {
    const sum = this.scalar("gradient square sum");
    this.b.emit(FILL, [sum], [floatBits(0)]);
    return sum;
  }

  private factorOf(sum: Tensor, maxNorm: number): { norm: Tensor; factor: Tensor } {
    const [norm, factor] = [this.scalar("gradient norm"), this.scalar("clip factor")];
    this.b.emit(CLIP_NORM_FACTOR, [sum, norm, factor], [floatBits(maxNorm)]);
    return { norm, factor };
  }

  private update({ w, gradient }: Pending): void {
    const { noDecay, group } = this.options;
    const own = group?.(w.name);
    const weightDecay = own?.weightDecay ?? this.optimizer.weightDecay;
    const decays = !noDecay?.(w.name);
    const rates = { lr: this.rateOf(own), weightDecay: decays ? weightDecay : 0 };
    this.optimizer.update(this.b, w, gradient, rates);
  }

  /** A group's rate is the step's times lr of the group over lr of the optimizer, made once a step. */
  private rateOf({ lr = this.optimizer.lr }: ParameterGroup = {}): Tensor {
    if (lr === this.optimizer.lr) return this.rate!;
    const known = this.groupRates.get(lr);
    if (known) return known;
    const rate = this.scalar(`lr ${lr}`);
    this.b.emit(SCALE, [this.rate!, rate], [floatBits(lr / this.optimizer.lr)]);
    this.groupRates.set(lr, rate);
    return rate;
  }

  private scalar(name: string): Tensor {
    return this.b.temporary(name, "scratch", { c0: 1, c1: 0 });
  }

  private copyOf(gradient: Tensor): Tensor {
    const copy = this.b.temporary(`${gradient.name} (own)`, "gradients", gradient);
    this.b.emit(COPY, [gradient, copy]);
    return copy;
  }
}
