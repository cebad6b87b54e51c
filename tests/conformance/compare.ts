import { type TensorProto, TensorProto_DataType as Type } from "onnx-buf";
import { readTensor } from "../../src/onnx/tensor.js";
import { CONFORMANCE } from "../tolerances.js";

/** What was computed. */
export interface Computed {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** What is wrong with a result, or undefined if nothing is. */
export function difference(computed: Computed, expected: TensorProto): string | undefined {
  if (expected.dataType !== Type.FLOAT) return `float32 where ${Type[expected.dataType]} is right`;
  const { shape, data } = floatsOf(expected);
  if (`${shape}` !== `${computed.shape}`) {
    return `the shape [${computed.shape}] where [${shape}] is right`;
  }
  const wrong = data.findIndex((value, i) => !isClose(computed.data[i]!, value));
  if (wrong < 0) return undefined;
  return `element ${wrong} is ${computed.data[wrong]} where ${data[wrong]} is right`;
}

/** As numpy.testing.assert_allclose, which ONNX's own runner calls: NaN equals NaN, an infinity itself. */
function isClose(found: number, right: number): boolean {
  if (Object.is(found, right) || found === right) return true;
  // Else an infinity would be within its own tolerance of everything.
  if (!Number.isFinite(right)) return false;
  const { absolute, relative } = CONFORMANCE;
  return Math.abs(found - right) <= absolute + relative * Math.abs(right);
}

/** The values of a float32 tensor of the suite. */
export function floatsOf(tensor: TensorProto): Computed {
  const constant = readTensor(tensor, tensor.name);
  if (constant.type !== "float32") throw new Error(`${tensor.name} is ${constant.type}`);
  return constant;
}

/** The values of a tensor of whole numbers. */
export function integersOf(tensor: TensorProto): readonly number[] {
  const constant = readTensor(tensor, tensor.name);
  if (constant.type === "float32") throw new Error(`${tensor.name} is float32`);
  return constant.values.map(Number);
}
