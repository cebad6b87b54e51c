import {
  CLIP_NORM_FACTOR,
  CLIP_VALUE,
  COPY,
  FILL,
  SCALE_BY,
  SQUARE_SUM,
} from "../../assembly/abi/opcodes.js";
import type { Optimizer } from "./optimizers.js";
import type { ProcedureBuilder } from "./procedure-builder.js";
import { floatBits, type Tensor } from "./training-graph.js";

export interface UpdateOptions {
  /** g ← min(max(g, −clipValue), clipValue) */
  readonly clipValue?: number;
  /** All gradients scaled so that their common norm is at most this. */
  readonly clipNorm?: number;
  /** Compute the norm although nothing is clipped by it. */
  readonly gradNorm?: boolean;
  /** Parameters, by initializer name, that weight decay leaves alone. */
  readonly noDecay?: (name: string) => boolean;
}

interface Pending {
  readonly w: Tensor;
  readonly gradient: Tensor;
}

/**
 * Turns finished gradients into updates, in the order: clip by value, clip by norm, weight decay.
 *
 * Without clipping by norm each weight moves at once and its gradient's memory is free again; with it
 * all gradients wait for the norm. The norm reported is that after clipping by value and before
 * clipping by norm: what PyTorch's clip_grad_norm_ returns when clip_grad_value_ ran before it.
 */
export class Updates {
  private readonly pending: Pending[] = [];
  private sum: Tensor | undefined;

  constructor(
    private readonly b: ProcedureBuilder,
    private readonly optimizer: Optimizer,
    private readonly options: UpdateOptions,
  ) {}

  begin(): void {
    this.optimizer.begin(this.b);
    if (this.options.clipNorm === undefined && !this.options.gradNorm) return;
    this.sum = this.b.temporary("gradient square sum", "scratch", { c0: 1, c1: 0 });
    this.b.emit(FILL, [this.sum], [floatBits(0)]);
  }

  /** The gradient is complete and nothing reads w any more in this step. */
  add(w: Tensor, gradient: Tensor, isShared: boolean): void {
    const { clipValue, clipNorm } = this.options;
    const scales = clipValue !== undefined || clipNorm !== undefined;
    const own = isShared && scales ? this.copyOf(gradient) : gradient;
    if (clipValue !== undefined) this.b.emit(CLIP_VALUE, [own], [floatBits(clipValue)]);
    if (this.sum) this.b.emit(SQUARE_SUM, [own, this.sum]);
    if (clipNorm === undefined) this.update({ w, gradient: own });
    else this.pending.push({ w, gradient: own });
  }

  /** What waited for the norm; returns the norm if it was asked for. */
  end(): Tensor | undefined {
    if (!this.sum) return undefined;
    const norm = this.b.temporary("gradient norm", "scratch", { c0: 1, c1: 0 });
    const factor = this.b.temporary("clip factor", "scratch", { c0: 1, c1: 0 });
    const maxNorm = floatBits(this.options.clipNorm ?? Number.POSITIVE_INFINITY);
    this.b.emit(CLIP_NORM_FACTOR, [this.sum, norm, factor], [maxNorm]);
    for (const { w, gradient } of this.pending) {
      this.b.emit(SCALE_BY, [factor, gradient]);
      this.update({ w, gradient });
    }
    return norm;
  }

  private update({ w, gradient }: Pending): void {
    this.optimizer.update(this.b, w, gradient, !this.options.noDecay?.(w.name));
  }

  private copyOf(gradient: Tensor): Tensor {
    const copy = this.b.temporary(`${gradient.name} (own)`, "gradients", gradient);
    this.b.emit(COPY, [gradient, copy]);
    return copy;
  }
}
