import { BINARY_MAX } from "../../../assembly/abi/functions.js";
import { LOSS_MSE } from "../../../assembly/abi/losses.js";
import { ELEMENT_LOSS } from "../../../assembly/abi/opcodes.js";
import { ROLE_OPTIMIZER } from "../../../assembly/abi/program.js";
import type { Shape } from "../../graph/graph.js";
import { shapeElements } from "../../graph/shape.js";
import type { ProcedureBuilder } from "../procedure-builder.js";
import type { Solved, SolveSite } from "../stage.js";
import type { Tensor } from "../training-graph.js";
import { activation, type BcdLayer, type BcdSettings, bcdLayers, rectifiedU } from "./bcd-layer.js";
import { Matrices, type Operand } from "./matrices.js";

/**
 * Added to each system, relative to its largest pivot: what f32 can still tell from singular. The objective falls all
 * the same, for it is minimised with something added that is 0 where the block stands.
 */
const FLOOR = 2 ** -20;

/** The smallest rate that is divided by; at a rate of 0 nothing moves. */
const RATE_MIN = 1e-30;

/**
 * Block coordinate descent with split variables, on one batch. With V₀ = x, and per row of the batch, it makes
 *
 *   ½‖V_N − y‖² + Σᵢ γᵢ/2·‖Vᵢ − σ(Uᵢ)‖² + ρᵢ/2·(‖Uᵢ − Vᵢ₋₁Wᵢ − bᵢ‖² + ‖(Wᵢ, bᵢ) − (Wᵢ, bᵢ)⁰‖²_M / lr)
 *
 * smaller, one block of variables after the other, each as small as it gets while the others stay: V_N, then U, W, b
 * and the V below it, from the last layer to the first. σ is ReLU, of the last layer the identity; U and V begin as
 * the forward pass. M = (C + δ·I) ⊕ 1, where C is the running second moments of Vᵢ₋₁ about the batches' means, and
 * b is measured as b + mean·W: W turns about the batch's mean.
 *
 * Each block is solved for its change, not for itself: what rounding leaves is relative to the change, and so the
 * objective falls until there is none.
 *
 * J. Zeng, T. Lau, S. Lin, Y. Yao, "Global Convergence of Block Coordinate Descent in Deep Learning", ICML 2019,
 * https://arxiv.org/abs/1803.00225, three-splitting. Differs from it: a batch begins at the forward pass, where the
 * paper keeps U and V of all rows; the weights of the penalties fall towards the input; the paper's M is I.
 */
export class BcdStep {
  private readonly m: Matrices;
  private readonly layers: readonly BcdLayer[];
  private readonly states: Tensor[] = [];
  private readonly target: Operand;
  /** V_N. */
  private top: Operand;
  // Numbers as [1]: 1, the rate, 1/rows, and 1/(rows so far, forgotten as the moments are).
  private readonly one: Operand;
  private readonly rate: Operand;
  private readonly perRow: Operand;
  private readonly perCount: Operand;

  constructor(
    b: ProcedureBuilder,
    private readonly site: SolveSite,
    private readonly settings: BcdSettings,
  ) {
    const m = new Matrices(b);
    this.m = m;
    this.layers = bcdLayers(m, site, settings);
    this.top = this.layers.at(-1)!.fit;
    this.target = { tensor: site.made.target!, shape: this.top.shape };
    this.one = m.filled("one", [1], 1);
    this.rate = { tensor: site.lrTensor, shape: [1] };
    const rows = m.squareSum("rows", m.filled("ones", ["N"], 1));
    this.perRow = m.quotient("1 / rows", this.one, rows);
    const count = this.running("rows so far", [1], rows);
    this.perCount = m.quotient("1 / rows so far", this.one, count);
  }

  emit(): Solved {
    const { layers, m, site } = this;
    const loss = { tensor: site.made.mean, shape: [1] };
    const objective = [m.scaled("objective", loss, layers.at(-1)!.dense.outputs / 2).tensor];
    for (let sweep = 0; sweep < this.settings.sweeps; sweep++) {
      this.sweep(sweep === 0);
      objective.push(this.objective().tensor);
    }
    return { states: this.states, objective };
  }

  private sweep(isFirst: boolean): void {
    const { layers, m } = this;
    const last = layers.at(-1)!;
    this.top = this.between(this.target, last.u, last.gamma);
    for (const [i, layer] of [...layers.entries()].reverse()) {
      layer.u =
        layer === last
          ? this.between(this.top, layer.fit, layer.rho / layer.gamma)
          : rectifiedU(m, layer, layers[i + 1]!.v);
      this.moveWeights(layer, i === 0, isFirst);
      if (i > 0) this.moveValues(layer, layers[i - 1]!, isFirst);
      layer.fit = layer.dense.forward(m, layer.v);
    }
  }

  /** argmin ‖y − a‖² + weight·‖y − b‖² */
  private between(a: Operand, b: Operand, weight: number): Operand {
    const y = this.m.scaled("between", a, 1 / (1 + weight));
    this.m.add(y, this.m.scaled("share", b, weight / (1 + weight)));
    return y;
  }

  private moveWeights(layer: BcdLayer, isLowest: boolean, isFirst: boolean): void {
    const { m } = this;
    const { name, dense, trainsW, trainsBias, v } = layer;
    if (!trainsW && !trainsBias) return;
    const residual = m.minus(`${name} residual`, layer.u, layer.fit);
    if (isFirst && trainsBias) layer.mean = this.rowMean(`${name} mean`, v);
    const meanResidual = trainsBias ? this.rowMean(`${name} mean residual`, residual) : undefined;
    if (trainsW) {
      const centred = layer.centred ?? (layer.mean ? m.minus(`${name} centred`, v, layer.mean) : v);
      if (isLowest) layer.centred = centred;
      const step = this.moveMatrix(layer, centred, residual, isLowest, isFirst);
      if (meanResidual && !isLowest && !isFirst) {
        // v has moved away from its mean, and took the step with it.
        const drift = dense.applied(m, "drift", this.rowMean("drift of v", centred), step);
        m.add(meanResidual, m.scaled("undrift", drift, -1));
      }
    }
    if (meanResidual) this.moveBias(layer, meanResidual);
  }

  /** The minimum over W with the fit at the batch's mean as it is; returns W's change. */
  private moveMatrix(
    layer: BcdLayer,
    centred: Operand,
    residual: Operand,
    isLowest: boolean,
    isFirst: boolean,
  ): Operand {
    const { m, settings } = this;
    const { name, dense } = layer;
    const ratePerRow = m.product("rate / rows", this.rate, this.perRow);
    if (!layer.inverse) {
      const gram = m.times(`${name} gram`, centred, centred, "tn");
      if (isFirst) {
        const moments = this.running(`moments:${dense.w.tensor.name}`, gram.shape, gram);
        layer.moments = m.copy(`${name} moments`, moments);
        m.scaleBy(layer.moments, this.perCount);
      }
      m.scaleBy(gram, ratePerRow);
      m.add(gram, layer.moments!);
      m.factor(gram, settings.damping, FLOOR);
      m.invert(gram);
      layer.inverse = gram;
    }
    let wanted = dense.correlation(m, centred, residual);
    m.scaleBy(wanted, ratePerRow);
    if (layer.pull) wanted = m.minus(`${name} wanted`, wanted, layer.pull);
    const step = dense.solve(m, layer.inverse, wanted);
    if (!isLowest) delete layer.inverse;
    m.add(dense.w, step);
    if (layer.mean) {
      const shift = dense.applied(m, `${name} shift`, layer.mean, step);
      m.add(dense.bias!, m.scaled(`${name} unshift`, shift, -1));
    }
    layer.moved = layer.moved ? m.plus(`${name} moved`, layer.moved, step) : step;
    layer.pull = dense.timesSymmetric(m, `${name} pull`, layer.moments!, layer.moved);
    m.add(layer.pull, m.scaled(`${name} damped`, layer.moved, settings.damping));
    return step;
  }

  /** The minimum over b: (lr·mean residual − what it has moved) / (1 + lr). */
  private moveBias(layer: BcdLayer, meanResidual: Operand): void {
    const { m } = this;
    const { name, dense, movedBias } = layer;
    m.scaleBy(meanResidual, this.rate);
    const wanted = movedBias ? m.minus(`${name} wanted`, meanResidual, movedBias) : meanResidual;
    const perRate = m.quotient("1 / (1 + rate)", this.one, m.plus("1 + rate", this.one, this.rate));
    const step = m.copy(`${name} bias step`, wanted);
    m.scaleBy(step, perRate);
    m.add(dense.bias!, step);
    layer.movedBias = movedBias ? m.plus(`${name} bias moved`, movedBias, step) : step;
  }

  /** The minimum over the values that go into a layer, which the one below has made. */
  private moveValues(layer: BcdLayer, below: BcdLayer, isFirst: boolean): void {
    const { m } = this;
    const { name, dense, v } = layer;
    const weight = below.gamma / layer.rho;
    const residual = m.minus(`${name} residual`, layer.u, dense.forward(m, v));
    const wanted = dense.back(m, residual);
    if (!isFirst) {
      const tie = m.minus(`${name} tie`, activation(m, below), v);
      m.scale(tie, weight);
      m.add(wanted, tie);
    }
    const inverse = dense.gram(m);
    m.factor(inverse, weight, FLOOR);
    m.invert(inverse);
    const half = m.times(`${name} half solved`, wanted, inverse, "nt");
    m.add(v, m.times(`V step below ${name}`, half, inverse));
  }

  /** Per row of the batch, as it stands. */
  private objective(): Operand {
    const { m, layers } = this;
    const total = m.filled("objective", [1], 0);
    const distance = m.filled("distance", [1], 0);
    const last = layers.at(-1)!;
    this.addSquares(total, this.top, this.target, 1);
    for (const [i, layer] of layers.entries()) {
      const above = layers[i + 1];
      const ends = layer === last ? [this.top, layer.u] : [above!.v, activation(m, layer)];
      this.addSquares(total, ends[0]!, ends[1]!, layer.gamma);
      this.addSquares(total, layer.u, layer.fit, layer.rho);
      if (layer.moved) {
        const each = m.mean("distance", m.product("distances", layer.moved, layer.pull!));
        m.scale(each, (layer.rho / 2) * layer.moved.tensor.c0);
        m.add(distance, each);
      }
      if (layer.movedBias) {
        const each = m.squareSum("bias distance", layer.movedBias);
        m.scale(each, layer.rho / 2);
        m.add(distance, each);
      }
    }
    const rate = m.binary(BINARY_MAX, "rate", this.rate, m.filled("least rate", [1], RATE_MIN));
    m.add(total, m.quotient("distance / rate", distance, rate));
    return total;
  }

  /** In place: sum += weight/2·‖p − q‖² / rows. */
  private addSquares(sum: Operand, p: Operand, q: Operand, weight: number): void {
    const { m } = this;
    const mean = m.fresh("mean square", [1]);
    m.b.emit(ELEMENT_LOSS, [p.tensor, q.tensor, mean.tensor], [LOSS_MSE, 0]);
    m.scale(mean, (weight / 2) * (p.shape[1] as number));
    m.add(sum, mean);
  }

  private rowMean(name: string, x: Operand): Operand {
    const mean = this.m.columnSum(name, x);
    this.m.scaleBy(mean, this.perRow);
    return mean;
  }

  /** State that each batch adds to, when what is there has been forgotten in part. */
  private running(name: string, shape: Shape, x: Operand): Operand {
    const key = `bcd ${name}`;
    const tensor: Tensor = {
      name: key,
      type: "f32",
      ...shapeElements(shape),
      category: "optimizer",
      lifetime: "run",
      state: { role: ROLE_OPTIMIZER, name: key },
    };
    this.states.push(tensor);
    const state = { tensor, shape };
    this.m.scale(state, this.settings.forgetting);
    this.m.add(state, x);
    return state;
  }
}
