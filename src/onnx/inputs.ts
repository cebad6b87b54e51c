import type { TypeProto_Tensor, ValueInfoProto } from "onnx-buf";
import { StropError } from "../errors.js";
import type { Dim, ValueInfo } from "../graph/graph.js";
import { formatShape, shapeElements } from "../graph/shape.js";
import { dataType, typeName } from "./tensor.js";

/** `--input-shape`: sizes by the name of an input, with 1 in the batch's place. */
export type InputShapes = Readonly<Record<string, readonly number[]>>;

/** An input of the graph, and the batch that the file had fixed, if it had. */
export interface ModelInput {
  readonly info: ValueInfo;
  readonly fixedBatch: number | undefined;
}

/**
 * The type and shape of an input. The first axis becomes the batch, whether it has a name, no size, or 1; any
 * other free axis must be given.
 */
export function readInput(proto: ValueInfoProto, given: readonly number[] | undefined): ModelInput {
  const where = `input '${proto.name}'`;
  const value = proto.type?.value;
  if (value?.case !== "tensorType") {
    throw new StropError("it is not a tensor", { code: "type-unsupported", where });
  }
  const type = dataType(value.value.elemType);
  if (type === undefined) {
    throw new StropError(`it is ${typeName(value.value.elemType)}, which is not supported`, {
      code: "type-unsupported",
      where,
    });
  }
  const option = `--input-shape ${proto.name}=`;
  const declared = declaredShape(value.value);
  if (declared === undefined && given === undefined) {
    const hint = `Give it: ${option}1,….`;
    throw new StropError("its shape is not in the file", { code: "shape-unknown", where, hint });
  }
  if (given !== undefined) checkGiven(given, declared, option);
  const dims = given ?? declared!;
  const free = dims.slice(1).filter((dim) => typeof dim === "string");
  if (dims.length === 0 || free.length > 0) {
    const problem =
      free.length > 0 ? `the size of ${free.join(" and ")} is free` : "it is a scalar";
    const example = dims.map((dim, i) => (i === 0 ? 1 : dim)).join(",");
    const hint =
      free.length > 0 ? `Give every size but the batch: ${option}${example}.` : undefined;
    throw new StropError(problem, {
      code: "shape-free",
      where,
      ...(hint === undefined ? {} : { hint }),
    });
  }
  const batch = declared?.[0];
  const fixedBatch = typeof batch === "number" ? batch : undefined;
  if (fixedBatch !== undefined && fixedBatch !== 1 && given === undefined) {
    throw new StropError(`its batch is fixed at ${fixedBatch}`, {
      code: "batch-fixed",
      where,
      hint: `Export the model with a free first axis, or try ${option}${[1, ...dims.slice(1)].join(",")}.`,
    });
  }
  const shape: Dim[] = ["N", ...(dims.slice(1) as number[])];
  shapeElements(shape, where);
  return { info: { name: proto.name, type, shape }, fixedBatch };
}

/** Sizes, and names where the file leaves them free; undefined if even the rank is. */
function declaredShape(type: TypeProto_Tensor): readonly (number | string)[] | undefined {
  return type.shape?.dim.map(({ value }, axis) => {
    if (value.case === "dimValue" && value.value > 0n) return Number(value.value);
    return value.case === "dimParam" && value.value !== "" ? value.value : `axis ${axis}`;
  });
}

function checkGiven(
  given: readonly number[],
  declared: readonly (number | string)[] | undefined,
  option: string,
): void {
  const wrong = (problem: string) =>
    new StropError(problem, { code: "input-shape", where: option + given, exitCode: 2 });
  if (given[0] !== 1) throw wrong("the first size is the batch and must be 1");
  if (!given.every((dim) => Number.isSafeInteger(dim) && dim > 0)) {
    throw wrong("sizes are whole numbers above 0");
  }
  const fits =
    declared === undefined ||
    (declared.length === given.length &&
      declared.every((dim, i) => i === 0 || typeof dim === "string" || dim === given[i]));
  if (!fits) throw wrong(`the file says ${formatShape(declared as readonly Dim[])}`);
}
