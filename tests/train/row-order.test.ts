import { describe, expect, test } from "vitest";
import { splitRows } from "../../src/data/split.js";
import { BATCH, denseModel, ROWS, trainSmall } from "../helpers/small-models.js";
import { runSession } from "../helpers/small-session.js";

const MASK64 = (1n << 64n) - 1n;
const MASK32 = (1n << 32n) - 1n;

/** PCG32 (O'Neill 2014) on stream 54, with Lemire's bounded draw: what assembly/base/pcg32.ts says. */
class Pcg32 {
  private state = 0n;
  private readonly increment = (54n << 1n) | 1n;

  constructor(seed: bigint) {
    this.next();
    this.state = (this.state + seed) & MASK64;
    this.next();
  }

  next(): bigint {
    const old = this.state;
    this.state = (old * 6364136223846793005n + this.increment) & MASK64;
    const word = (((old >> 18n) ^ old) >> 27n) & MASK32;
    const rotation = old >> 59n;
    return ((word >> rotation) | (word << (32n - rotation))) & MASK32;
  }

  below(bound: bigint): bigint {
    const threshold = (1n << 32n) % bound;
    for (;;) {
      const product = this.next() * bound;
      if ((product & MASK32) >= threshold) return product >> 32n;
    }
  }
}

/** The orders of some epochs: each from 0, 1, 2 …, the generator going on. */
function orders(seed: bigint, epochs: number): number[][] {
  const random = new Pcg32(seed);
  return Array.from({ length: epochs }, () => {
    const order = Array.from({ length: ROWS }, (_, i) => i);
    for (let i = ROWS - 1; i > 0; i--) {
      const j = Number(random.below(BigInt(i + 1)));
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order;
  });
}

const ascending = Array.from({ length: ROWS }, (_, i) => i);

/** Step after step, epoch after epoch, as rows. */
const flat = (batches: readonly number[][]) => batches.flat();

describe("which rows a step is made of", () => {
  test.each([0, 1, 5, 2 ** 32 - 1])("Fisher–Yates by PCG32, three epochs, seed %i", (seed) => {
    const { batches } = runSession(denseModel, { seed, epochs: 3 });
    expect(flat(batches)).toEqual(orders(BigInt(seed), 3).flat());
  });

  test("without shuffle, the order of the file", () => {
    const { batches } = runSession(denseModel, { shuffle: false, epochs: 2 });
    expect(flat(batches)).toEqual([...ascending, ...ascending]);
  });

  test("every row once an epoch, the last batch is what is left", () => {
    const { batches, epochs } = runSession(denseModel, { epochs: 2 });
    const perEpoch = Math.ceil(ROWS / BATCH);
    expect(epochs).toBe(2);
    expect(batches).toHaveLength(2 * perEpoch);
    for (let epoch = 0; epoch < 2; epoch++) {
      const own = batches.slice(epoch * perEpoch, (epoch + 1) * perEpoch);
      expect(own.map(({ length }) => length)).toEqual([
        ...Array(perEpoch - 1).fill(BATCH),
        ROWS % BATCH,
      ]);
      expect(own.flat().toSorted((a, b) => a - b)).toEqual(ascending);
    }
  });

  test("dropLast leaves out the short batch of each epoch and shuffles on", () => {
    const { batches, epochs } = runSession(denseModel, { epochs: 3, dropLast: true });
    const whole = ROWS - (ROWS % BATCH);
    expect(epochs).toBe(3);
    expect(flat(batches)).toEqual(orders(5n, 3).flatMap((order) => order.slice(0, whole)));
  });

  test.each([1, 4, 5, 7, 11])("a limit of %i steps, also in mid-epoch", (steps) => {
    const { batches, session } = runSession(denseModel, { steps, epochs: 0 });
    const all = runSession(denseModel, { epochs: 3 }).batches;
    expect(batches).toEqual(all.slice(0, steps));
    expect(session.steps).toBe(steps);
  });

  test("the sooner of steps and epochs ends the run", () => {
    expect(runSession(denseModel, { steps: 7, epochs: 1 }).batches).toHaveLength(5);
    expect(runSession(denseModel, { steps: 3, epochs: 1 }).batches).toHaveLength(3);
  });

  test("fewer rows than the batch: each epoch is one short step", () => {
    const { x, y } = denseModel;
    const few = (rows: number) => ({
      ...denseModel,
      x: { shape: [rows, 6], data: (x.data as Float32Array).slice(0, rows * 6) },
      y: y.slice(0, rows),
    });
    expect(runSession(few(5), { epochs: 2, shuffle: false }).batches).toEqual([
      [0, 1, 2, 3, 4],
      [0, 1, 2, 3, 4],
    ]);
    expect(runSession(few(2), { epochs: 1, bn: "frozen" }).batches).toHaveLength(1);
  });
});

describe("rows held out by validationSplit", () => {
  const split = splitRows(ROWS, 0.25, 0);
  const run = async (changed: ArrayLike<number>) => {
    const data = Float32Array.from(denseModel.x.data as Float32Array);
    for (const row of Array.from(changed)) data.fill(0.123, row * 6, row * 6 + 6);
    const x = { ...denseModel.x, data };
    return trainSmall(denseModel.make(), { x, y: denseModel.y }, { validationSplit: 0.25 });
  };

  test("are never trained on", async () => {
    const [plain, changed] = [await run([]), await run(split.validation)];
    expect(changed.fingerprint).toBe(plain.fingerprint);
    expect(changed.validation!.loss).not.toBe(plain.validation!.loss);
    expect(plain.validation!.rows).toBe(split.validation.length);
  });

  test("every other row is", async () => {
    const plain = await run([]);
    for (const row of split.train) {
      expect((await run([row])).fingerprint).not.toBe(plain.fingerprint);
    }
  });
});
