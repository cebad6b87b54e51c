import type { Dim } from "../../graph/graph.js";
import type { Lowered, OnnxNode, Scope } from "../node.js";
import { type ConstantValue, type IntConstant, readTensor } from "../tensor.js";
import { intInput, VALUES_MAX } from "./constants.js";
import { Expanding } from "./expanding.js";

// Of x.expand(n, -1, -1) exporters write Where(shape == -1, 1, shape), with ConstantOfShape for the ones: shape
// arithmetic, whose whole numbers and "N" are all known before the first sample.

/** One value (default 0) in every place of a shape. As float32 it is a value of the network, repeated. */
export function ConstantOfShape(node: OnnxNode, scope: Scope): Lowered {
  const { values: shape } = intInput(node, scope, 0, "its shape");
  const value = fillOf(node);
  if (value.type === "float32") {
    const expanding = new Expanding(node, scope);
    return expanding.end("Expand", [expanding.constant({ ...value, shape: [] })], { shape });
  }
  const [length, ...others] = shape;
  if (length === "N" || others.length > 0) {
    throw node.error("op-unsupported", `whole numbers of shape [${shape}]`);
  }
  // Without an axis there is one number.
  const count = length ?? 1;
  if (!(count >= 0 && count <= VALUES_MAX)) {
    throw node.error("op-unsupported", `${count} whole numbers are no shape`);
  }
  const values = new Array<Dim>(count).fill(value.values[0]!);
  return { type: value.type, shape: length === undefined ? [] : [length], values };
}

function fillOf(node: OnnxNode): ConstantValue {
  const tensor = node.tensor("value");
  if (tensor === undefined) return { type: "float32", shape: [], data: new Float32Array(1) };
  const value = readTensor(tensor, node.label);
  const count = value.type === "float32" ? value.data.length : value.values.length;
  if (count === 1) return value;
  throw node.error("attribute-invalid", `its value has ${count} elements`);
}

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
