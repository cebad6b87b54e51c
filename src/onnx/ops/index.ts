import type { Converter } from "../node.js";
import { binary } from "./binary.js";
import * as constants from "./constants.js";
import { ConvTranspose } from "./conv-transpose.js";
import * as dense from "./dense.js";
import * as elementwise from "./elementwise.js";
import { BatchNormalization, Conv } from "./image.js";
import * as movement from "./movement.js";
import * as pool from "./pool.js";
import { reductions } from "./reduce.js";
import * as rows from "./rows.js";
import { unary } from "./unary.js";

const { Cast, Concat, Constant, Gather, Shape, Slice, Squeeze, Unsqueeze } = constants;
const shapeArithmetic = { Cast, Concat, Constant, Gather, Shape, Slice, Squeeze, Unsqueeze };

/** The op table of the importer: what ONNX calls an op, and its converter. */
export const converters: ReadonlyMap<string, Converter> = new Map(
  Object.entries({
    ...shapeArithmetic,
    ...unary,
    ...binary,
    ...reductions,
    ...dense,
    ...elementwise,
    BatchNormalization,
    Conv,
    ConvTranspose,
    ...movement,
    ...pool,
    ...rows,
  }),
);
