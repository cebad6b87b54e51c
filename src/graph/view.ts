import type { Initializer, Region } from "./graph.js";

/** The shape an initializer has in the user's file. */
export function sourceShape(initializer: Initializer): readonly number[] {
  return initializer.view?.shape ?? initializer.shape;
}

/** Values in the op's layout, brought back to the layout of the user's file. A new array. */
export function unview(initializer: Initializer, data: Float32Array): Float32Array {
  const { view } = initializer;
  if (view === undefined) return data.slice();
  const source = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) source[view.index[i]!] = data[i]!;
  return source;
}

/** An initializer seen in another order: element i of the result is element order[i] of the given one. */
export function viewed(
  initializer: Initializer,
  shape: readonly number[],
  order: Uint32Array,
): Initializer {
  const { data, view } = initializer;
  const index = view === undefined ? order : order.map((i) => view.index[i]!);
  return {
    ...initializer,
    shape,
    data: gathered(data, order),
    view: { shape: sourceShape(initializer), index },
  };
}

function gathered(data: Initializer["data"], order: Uint32Array): Initializer["data"] {
  const out = data.slice();
  for (let i = 0; i < order.length; i++) out[i] = data[order[i]!]!;
  return out;
}

/** For each element of a transposed tensor, where it lies in the original of this shape. */
export function transposeOrder(shape: readonly number[], perm: readonly number[]): Uint32Array {
  const strides = stridesOf(shape);
  return stridedOrder(
    perm.map((axis) => shape[axis]!),
    perm.map((axis) => strides[axis]!),
    0,
  );
}

/** For each element of a region, where it lies in the whole of this shape. */
export function regionOrder(
  shape: readonly number[],
  { starts, steps, sizes }: Region,
): Uint32Array {
  const strides = stridesOf(shape);
  return stridedOrder(
    sizes as readonly number[],
    strides.map((stride, axis) => stride * steps[axis]!),
    strides.reduce((sum, stride, axis) => sum + stride * starts[axis]!, 0),
  );
}

function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
}

/** start + Σ i·step over all i, the last axis fastest. */
function stridedOrder(
  sizes: readonly number[],
  steps: readonly number[],
  start: number,
): Uint32Array {
  const order = new Uint32Array(sizes.reduce((a, b) => a * b, 1));
  const at = sizes.map(() => 0);
  let offset = start;
  for (let i = 0; i < order.length; i++) {
    order[i] = offset;
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      at[axis]!++;
      offset += steps[axis]!;
      if (at[axis]! < sizes[axis]!) break;
      offset -= at[axis]! * steps[axis]!;
      at[axis] = 0;
    }
  }
  return order;
}
