import { DROPOUT, RELU, RELU_PROX } from "../../../assembly/abi/opcodes.js";
import { StropError } from "../../errors.js";
import type { SolveSite } from "../stage.js";
import { floatBits } from "../training-graph.js";
import type { DenseLayer } from "./dense-layer.js";
import type { Matrices, Operand } from "./matrices.js";
import { rectifiedChain } from "./rectified-chain.js";

/** What the objective weighs, and how often it is gone through. */
export interface BcdSettings {
  readonly sweeps: number;
  /** γ of the last layer. */
  readonly penalty: number;
  /** What each weight is of the one before it, on the way to the input. */
  readonly penaltyDecay: number;
  /** δ of the metric in which weights stay near. */
  readonly damping: number;
  /** What a batch's second moments still count after the next one. */
  readonly forgetting: number;
}

/** One layer in the course of a step: v goes in, u is to come out, fit = v·W + b is what does. */
export interface BcdLayer {
  readonly name: string;
  readonly dense: DenseLayer;
  readonly gamma: number;
  readonly rho: number;
  readonly trainsW: boolean;
  readonly trainsBias: boolean;
  /** The attributes of the DROPOUT behind it. */
  readonly mask: readonly number[] | undefined;
  readonly v: Operand;
  u: Operand;
  fit: Operand;
  /** Of v as the batch begins; only where the bias moves. */
  mean?: Operand;
  /** Running second moments of v about the batches' means. */
  moments?: Operand;
  /** Of the first layer, whose v stays: v − mean, and L⁻¹ of its system. */
  centred?: Operand;
  inverse?: Operand;
  /** How far W is from where the batch found it, and that times the metric. */
  moved?: Operand;
  pull?: Operand;
  movedBias?: Operand;
}

/** The chain that ends in the loss, as the forward pass left it. */
export function bcdLayers(m: Matrices, site: SolveSite, settings: BcdSettings): BcdLayer[] {
  const { b } = m;
  const { nodes, graph, trains, loss } = site;
  const learns = (value = "") => trains.has(graph.initializers.get(value)?.name ?? "");
  const chain = rectifiedChain(nodes, b, learns);
  const layers = chain.map(({ dense, input, dropout }, i): BcdLayer => {
    const { node, inputs, outputs } = dense;
    const above = chain.length - 1 - i;
    const u = { tensor: b.tensorOf(node.outputs[0]!), shape: ["N", outputs] } as const;
    const masked = dropout && b.tensorOf(dropout.outputs[0]!);
    return {
      name: node.name || node.outputs[0]!,
      dense,
      gamma: settings.penalty * settings.penaltyDecay ** (2 * above),
      rho: settings.penalty * settings.penaltyDecay ** (2 * above + 1),
      trainsW: learns(node.inputs[1]),
      trainsBias: learns(node.inputs[2]),
      mask: b.instructions.find((made) => made.opcode === DROPOUT && made.operands[1] === masked)
        ?.attributes,
      v: { tensor: b.tensorOf(input), shape: ["N", inputs] },
      u,
      fit: u,
    };
  });
  if (layers.at(-1)?.dense.node.outputs[0] !== loss.value) throw new Error("a chain without end");
  if (layers.some(({ trainsW, trainsBias }) => trainsW || trainsBias)) return layers;
  throw new StropError("every parameter is frozen; there is nothing to train", {
    code: "nothing-to-train",
    exitCode: 2,
  });
}

/** σ(u): ReLU and, where there is dropout, its mask. */
export function activation(m: Matrices, { u, mask, name }: BcdLayer): Operand {
  const y = m.fresh(`${name} activation`, u.shape);
  m.b.emit(RELU, [u.tensor, y.tensor]);
  return mask ? masked(m, y, mask) : y;
}

/** argmin γ·‖v − σ(u)‖² + ρ·‖u − fit‖². What dropout leaves out stays at fit. */
export function rectifiedU(m: Matrices, layer: BcdLayer, v: Operand): Operand {
  const { name, fit, mask, gamma, rho } = layer;
  if (!mask) return prox(m, name, fit, v, gamma / rho);
  const scale = new Float32Array(Uint32Array.of(mask[1]!).buffer)[0]!;
  const unscaled = m.scaled(`V of ${name} (unscaled)`, v, 1 / scale);
  const kept = prox(m, name, fit, unscaled, (gamma / rho) * scale ** 2);
  const change = masked(m, m.minus(`${name} change`, kept, fit), mask);
  m.scale(change, 1 / scale);
  return m.plus(`U of ${name}`, fit, change);
}

function prox(m: Matrices, name: string, c: Operand, v: Operand, weight: number): Operand {
  const u = m.fresh(`U of ${name}`, c.shape);
  m.b.emit(RELU_PROX, [c.tensor, v.tensor, u.tensor], [floatBits(weight)]);
  return u;
}

function masked(m: Matrices, x: Operand, mask: readonly number[]): Operand {
  const y = m.fresh(`${x.tensor.name} (dropout)`, x.shape);
  m.b.emit(DROPOUT, [x.tensor, y.tensor], mask);
  return y;
}
