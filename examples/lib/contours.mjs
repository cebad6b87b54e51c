// Contour lines of a function of two variables, by marching squares.

/**
 * The lines on which f equals a level, as lists of points. Ends that meet are joined.
 *
 * @param f a function of (x, y)
 * @param domain x: [from, to], y: [from, to], cells: squares a side
 */
export function contourLines(f, { x, y, cells }, level) {
  const xAt = (i) => x[0] + ((x[1] - x[0]) * i) / cells;
  const yAt = (j) => y[0] + ((y[1] - y[0]) * j) / cells;
  const heights = Array.from({ length: cells + 1 }, (_, j) =>
    Array.from({ length: cells + 1 }, (_, i) => f(xAt(i), yAt(j)) - level),
  );
  const chains = new Chains();
  for (let j = 0; j < cells; j++) {
    for (let i = 0; i < cells; i++) {
      // The four corners in a round; a side is crossed where the height changes its sign.
      const corners = [
        [i, j],
        [i + 1, j],
        [i + 1, j + 1],
        [i, j + 1],
      ];
      const crossed = corners.flatMap((from, side) => {
        const to = corners[(side + 1) % 4];
        return crossing(from, to, heights, xAt, yAt);
      });
      // Two crossings are one piece of line; four, at a saddle, are two.
      for (let k = 0; k + 1 < crossed.length; k += 2) chains.join(crossed[k], crossed[k + 1]);
    }
  }
  return chains.lines();
}

/** The point between two corners where the height is zero, with a key that both neighbouring squares give it. */
function crossing([i, j], [i2, j2], heights, xAt, yAt) {
  const [from, to] = [heights[j][i], heights[j2][i2]];
  if (from < 0 === to < 0) return [];
  const t = from / (from - to);
  const point = [xAt(i) + t * (xAt(i2) - xAt(i)), yAt(j) + t * (yAt(j2) - yAt(j))];
  return [{ key: `${Math.min(i, i2)} ${Math.min(j, j2)} ${i === i2}`, point }];
}

/** Pieces of line that grow together where their ends have the same key. */
class Chains {
  #byEnd = new Map();
  #all = new Set();

  join(a, b) {
    const left = this.#take(a);
    if (left.length > 1 && left[0].key === b.key) {
      // Both ends belong to one chain: the ring closes.
      this.#byEnd.delete(b.key);
      this.#all.add([...left, b]);
      return;
    }
    const chain = [...left, ...this.#take(b).reverse()];
    this.#all.add(chain);
    this.#byEnd.set(chain[0].key, chain);
    this.#byEnd.set(chain.at(-1).key, chain);
  }

  lines() {
    return [...this.#all].map((chain) => chain.map(({ point }) => point));
  }

  /** Takes out the chain that ends in a point, turned so that the point is its last; or the point alone. */
  #take(end) {
    const chain = this.#byEnd.get(end.key);
    if (!chain) return [end];
    this.#all.delete(chain);
    this.#byEnd.delete(end.key);
    return chain.at(-1).key === end.key ? chain : chain.reverse();
  }
}
