import type { TypeProto_Tensor, ValueInfoProto } from "onnx-buf";
import { StropError } from "../errors.js";
import type { Dim, ValueInfo } from "../graph/graph.js";
import { formatShape, shapeElements } from "../graph/shape.js";
import { dataType, typeName } from "./tensor.js";

/** `--input-shape`: sizes by the name of an input, with 1 in the batch's place. */
export type InputShapes = Readonly<Record<string, readonly number[]>>;

/**
 * What the first axis of every input is: the batch, freed where the file fixes it, or, "fixed", a size like any
 * other. Without a batch nothing can be trained, but whatever mixes the rows can be computed.
 */
export type BatchAxis = "free" | "fixed";

/** An input of the graph, and the batch that the file had fixed, if it had. */
export interface ModelInput {
  readonly info: ValueInfo;
  readonly fixedBatch: number | undefined;
}

/**
 * The type and shape of an input. The first axis becomes the batch, whether it has a name, no size, or 1, unless
 * `batch` is "fixed"; any other free axis must be given.
 */
export function readInput(
  proto: ValueInfoProto,
  given: readonly number[] | undefined,
  batch: BatchAxis,
): ModelInput {
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
  if (given !== undefined) checkGiven(given, declared, option, batch);
  const dims = given ?? declared!;
  const sizes = batch === "fixed" ? dims : dims.slice(1);
  const free = sizes.filter((dim) => typeof dim === "string");
  if (free.length > 0) {
    const example = dims.map((dim, i) => (i === 0 && batch === "free" ? 1 : dim)).join(",");
    const needed = batch === "fixed" ? "every size" : "every size but the batch";
    throw new StropError(`the size of ${free.join(" and ")} is free`, {
      code: "shape-free",
      where,
      hint: `Give ${needed}: ${option}${example}.`,
    });
  }
  if (batch === "free" && dims.length === 0) {
    throw new StropError("it is a scalar", { code: "shape-free", where });
  }
  const fixedBatch = batch === "free" ? batchOf(proto.name, declared, given) : undefined;
  const shape = (batch === "fixed" ? sizes : ["N", ...sizes]) as Dim[];
  shapeElements(shape, where);
  return { info: { name: proto.name, type, shape }, fixedBatch };
}

/** The batch that the file fixes, if it does: 1, or another that the user knows of. */
function batchOf(
  name: string,
  declared: readonly (number | string)[] | undefined,
  given: readonly number[] | undefined,
): number | undefined {
  const [first, ...sizes] = declared ?? [];
  if (typeof first !== "number") return undefined;
  if (first === 1 || given !== undefined) return first;
  const example = `--input-shape ${name}=${[1, ...sizes].join(",")}`;
  throw new StropError(`its batch is fixed at ${first}`, {
    code: "batch-fixed",
    where: `input '${name}'`,
    hint: `Export the model with a free first axis, or try ${example}.`,
  });
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
  batch: BatchAxis,
): void {
  const wrong = (problem: string) =>
    new StropError(problem, { code: "input-shape", where: option + given, exitCode: 2 });
  const isFixed = batch === "fixed";
  if (!isFixed && given[0] !== 1) throw wrong("the first size is the batch and must be 1");
  if (!given.every((dim) => Number.isSafeInteger(dim) && dim > 0)) {
    throw wrong("sizes are whole numbers above 0");
  }
  const fits =
    declared === undefined ||
    (declared.length === given.length &&
      declared.every(
        (dim, i) => (i === 0 && !isFixed) || typeof dim === "string" || dim === given[i],
      ));
  if (!fits) throw wrong(`the file says ${formatShape(declared as readonly Dim[])}`);
}
