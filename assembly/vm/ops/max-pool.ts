import { DONE } from "../../abi/status";
import { Ptr } from "../../base/ptr";
import { f32MaxPool, f32MaxPoolBackward } from "../../kernels/max-pool";
import { MapShape } from "../../kernels/separable";
import { attributes, elements, operand } from "../instruction";
import { sizes } from "./check";
import { imagesFit, tablesStatus } from "./separable";

export function maxPool(at: Ptr, checking: bool): u32 {
  const shape = changetype<MapShape>(attributes(at));
  if (checking) return sizes(poolFits(shape));
  const status = tablesStatus(shape);
  if (status != DONE) return status;
  f32MaxPool(imagesOf(shape), shape, operand(0), operand(1), operand(2), operand(3));
  return DONE;
}

export function maxPoolBackward(at: Ptr, checking: bool): u32 {
  const shape = changetype<MapShape>(attributes(at));
  if (checking) return sizes(poolFits(shape) && elements(4) == elements(0));
  const status = tablesStatus(shape);
  if (status != DONE) return status;
  const images = imagesOf(shape);
  f32MaxPoolBackward(images, shape, operand(0), operand(1), operand(2), operand(3), operand(4));
  return DONE;
}

/** x is operand 0, y or dy operand 3; each table has its starts at least. */
function poolFits(shape: MapShape): bool {
  const tables = elements(1) > shape.outHeight && elements(2) > shape.outWidth;
  return tables && imagesFit(shape, 0, 3);
}

function imagesOf(shape: MapShape): u32 {
  return elements(0) / (shape.inHeight * shape.inWidth * shape.inner);
}
