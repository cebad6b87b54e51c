import type { NodeOf } from "./graph.js";
import { type ActivationLayer, type Layer, usage } from "./layer.js";
import type { UnaryOp } from "./ops/families.js";

/** Layers that let about half of a signal through, so that He's weights keep its size. */
export const RECTIFIERS: ReadonlySet<Layer["kind"]> = new Set([
  "relu",
  "leakyRelu",
  "prelu",
  "elu",
  "celu",
  "gelu",
  "hardSwish",
  "swish",
  "mish",
  "clip",
] as const);

type Activated = { [K in UnaryOp]: Pick<NodeOf<K>, "op" | "attributes"> }[UnaryOp];

/** The op of a layer that has no parameters, with the defaults filled in. @param name of the layer, for errors */
export function activationOf(name: string, layer: ActivationLayer): Activated {
  switch (layer.kind) {
    case "leakyRelu":
      return { op: "LeakyRelu", attributes: { alpha: finite(name, "alpha", layer.alpha ?? 0.01) } };
    case "elu":
      return { op: "Elu", attributes: { alpha: positive(name, layer.alpha ?? 1) } };
    case "celu":
      return { op: "Celu", attributes: { alpha: positive(name, layer.alpha ?? 1) } };
    case "gelu":
      return { op: "Gelu", attributes: { approximate: formOf(name, layer.approximate ?? "none") } };
    case "hardSigmoid": {
      const alpha = finite(name, "alpha", layer.alpha ?? 1 / 6);
      return {
        op: "HardSigmoid",
        attributes: { alpha, beta: finite(name, "beta", layer.beta ?? 0.5) },
      };
    }
    case "clip": {
      const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = layer;
      if (!(min <= max)) throw usage(name, `min ${min} is not below max ${max}`);
      return { op: "Clip", attributes: { min, max } };
    }
    case "selu":
      // Klambauer et al. 2017, eq. 14, as ONNX and PyTorch have them.
      return { op: "Selu", attributes: { alpha: 1.6732632423543772, gamma: 1.0507009873554805 } };
    case "swish":
      return { op: "Swish", attributes: { alpha: 1 } };
    default:
      return { op: PLAIN[layer.kind], attributes: {} };
  }
}

const PLAIN = {
  relu: "Relu",
  tanh: "Tanh",
  sigmoid: "Sigmoid",
  hardSwish: "HardSwish",
  mish: "Mish",
  softplus: "Softplus",
  softsign: "Softsign",
} as const;

function formOf(name: string, form: string): "none" | "tanh" {
  if (form === "none" || form === "tanh") return form;
  throw usage(name, `approximate is '${form}', not none or tanh`);
}

function finite(name: string, option: string, value: number): number {
  if (Number.isFinite(value)) return value;
  throw usage(name, `${option} is ${value}`);
}

function positive(name: string, alpha: number): number {
  if (alpha > 0 && Number.isFinite(alpha)) return alpha;
  throw usage(name, `alpha is ${alpha}, not a number above 0`);
}
