import type { Initializer } from "../graph/graph.js";
import { rowMajorStrides } from "../autodiff/strides.js";

/**
 * An initializer with its axes in another order, remembering the way back.
 *
 * @param dims the shape in which it is read; it may be finer than its own
 * @param perm axis i of the result is axis perm[i] of dims
 * @param shape the shape in which the result is written
 */
export function permuteInitializer(
  initializer: Initializer,
  dims: readonly number[],
  perm: readonly number[],
  shape: readonly number[],
): Initializer {
  const sizes = perm.map((axis) => dims[axis]!);
  const strides = rowMajorStrides(dims);
  const order = perm.map((axis) => strides[axis]!);
  const { view, data } = initializer;
  const index = new Uint32Array(data.length);
  const permuted = data.slice();
  const position = new Array<number>(sizes.length).fill(0);
  for (let i = 0; i < data.length; i++) {
    let from = 0;
    for (let axis = 0; axis < sizes.length; axis++) from += position[axis]! * order[axis]!;
    permuted[i] = data[from]!;
    index[i] = view ? view.index[from]! : from;
    for (let axis = sizes.length - 1; axis >= 0 && ++position[axis]! === sizes[axis]; axis--) {
      position[axis] = 0;
    }
  }
  return {
    ...initializer,
    shape,
    data: permuted,
    view: { shape: view?.shape ?? initializer.shape, index },
  };
}
