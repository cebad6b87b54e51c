import type { Dim } from "../../graph/graph.js";
import type { OnnxNode, Scope } from "../node.js";
import type { ConstantValue, IntConstant } from "../tensor.js";
import { intInput } from "./constants.js";

// Shape arithmetic, as exporters write x.expand(n, -1, -1): Where(shape == -1, 1, shape).

/** Where whole numbers are equal. The batch is above 0, whatever else it is. */
export function Equal(node: OnnxNode, scope: Scope): ConstantValue {
  const equal = (a: Dim, b: Dim): Dim => {
    if (a === b) return 1;
    const [batch, other] = a === "N" ? [a, b] : [b, a];
    if (batch !== "N" || (other as number) <= 0) return 0;
    throw node.error("op-unsupported", `whether the batch is ${other} is not known`);
  };
  const [a, b] = [0, 1].map((index) => intInput(node, scope, index, "what it compares"));
  return joined(node, "bool", [a!, b!], ([p, q]) => equal(p!, q!));
}

/** Of two vectors of whole numbers the first where a third is not 0, else the second. */
export function Where(node: OnnxNode, scope: Scope): ConstantValue {
  const inputs = [0, 1, 2].map((index) => intInput(node, scope, index, "what it chooses from"));
  return joined(node, inputs[1]!.type, inputs, ([condition, x, y]) => (condition ? x! : y!));
}

/** f of the elements, place by place; one number goes with every place. */
function joined(
  node: OnnxNode,
  type: IntConstant["type"],
  inputs: readonly IntConstant[],
  f: (values: readonly Dim[]) => Dim,
): IntConstant {
  const long = inputs.filter(({ values }) => values.length !== 1);
  const [whole = inputs.find(({ shape }) => shape.length > 0) ?? inputs[0]!] = long;
  const isVector = inputs.every(({ shape }) => shape.length <= 1);
  if (!isVector || long.some(({ values }) => values.length !== whole.values.length)) {
    const shapes = inputs.map(({ shape }) => `[${shape}]`).join(", ");
    throw node.error("op-unsupported", `whole numbers of the shapes ${shapes}`);
  }
  const values = whole.values.map((_, i) =>
    f(inputs.map(({ values }) => values[i % values.length]!)),
  );
  return { type, shape: whole.shape, values };
}
