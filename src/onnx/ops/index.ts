import type { Converter } from "../node.js";
import { binary } from "./binary.js";
import * as constants from "./constants.js";
import { ConvTranspose } from "./conv-transpose.js";
import * as dense from "./dense.js";
import * as depthSpace from "./depth-space.js";
import * as elementwise from "./elementwise.js";
import { Gather } from "./gather.js";
import { Conv } from "./image.js";
import * as movement from "./movement.js";
import * as norms from "./norms.js";
import { Pad } from "./pad.js";
import * as pool from "./pool.js";
import { reductions } from "./reduce.js";
import * as regions from "./regions.js";
import * as repeats from "./repeats.js";
import { Resize, Upsample } from "./resize.js";
import * as rows from "./rows.js";
import * as sequences from "./sequences.js";
import { unary } from "./unary.js";
import * as wholeNumbers from "./whole-numbers.js";

const { Cast, Constant, ConstantOfShape, Neg, Shape, Size, Squeeze, Unsqueeze } = constants;
const onShapes = { Cast, Constant, ConstantOfShape, Neg, Shape, Size, Squeeze, Unsqueeze };

/** The op table of the importer: what ONNX calls an op, and its converter. */
export const converters: ReadonlyMap<string, Converter> = new Map(
  Object.entries({
    ...onShapes,
    ...wholeNumbers,
    ...unary,
    ...binary,
    ...reductions,
    ...dense,
    ...elementwise,
    Conv,
    ConvTranspose,
    Gather,
    Pad,
    Resize,
    Upsample,
    ...movement,
    ...pool,
    ...norms,
    ...regions,
    ...repeats,
    ...rows,
    ...sequences,
    ...depthSpace,
  }),
);
