import {
  batchNorm,
  conv2d,
  dense,
  type FitOptions,
  flatten,
  input,
  type Model,
  type NumberArray,
  relu,
  sequential,
  tanh,
} from "../../src/index.js";
import { TestRandom } from "./random.js";

/** A small network and rows for it. 37 rows make four batches of eight and one of five. */
export interface SmallModel {
  readonly name: string;
  readonly make: () => Model;
  readonly x: NumberArray;
  readonly y: Int32Array;
}

export const ROWS = 37;
export const CLASSES = 4;
export const BATCH = 8;

function rows(shape: readonly number[], seed: number): Pick<SmallModel, "x" | "y"> {
  const random = new TestRandom(seed);
  const elements = shape.reduce((a, b) => a * b, 1);
  const data = random.array(ROWS * elements);
  return {
    x: { shape: [ROWS, ...shape], data },
    y: Int32Array.from(random.labels(ROWS, CLASSES)),
  };
}

const [features, image] = [[6], [2, 7, 5]] as const;

export const denseModel: SmallModel = {
  name: "dense, batch-norm, relu, dense",
  make: () =>
    sequential([
      input({ shape: features }),
      dense({ units: 9 }),
      batchNorm(),
      relu(),
      dense({ units: CLASSES }),
    ]),
  ...rows(features, 3),
};

export const convModel: SmallModel = {
  name: "conv, batch-norm, tanh, flatten, dense",
  make: () =>
    sequential([
      input({ shape: image }),
      conv2d({ filters: 5, kernelSize: 3, padding: 1, strides: [2, 1] }),
      batchNorm(),
      tanh(),
      flatten(),
      dense({ units: CLASSES }),
    ]),
  ...rows(image, 4),
};

export const smallModels = [denseModel, convModel];

/** Trains to the end. The fingerprint of the weights is in `lastFit`. */
export async function trainSmall(
  model: Model,
  { x, y }: Pick<SmallModel, "x" | "y">,
  options: FitOptions = {},
): Promise<NonNullable<Model["lastFit"]>> {
  for await (const _ of model.fit(x, y, { batchSize: BATCH, epochs: 2, ...options }));
  return model.lastFit!;
}

/** The float initializers as they stand, by name. */
export function weightsOf(model: Model): Map<string, number[]> {
  return new Map(
    [...model.graph.initializers.values()].map(({ name, data }) => [
      name,
      Array.from(data as ArrayLike<number>, Number),
    ]),
  );
}
