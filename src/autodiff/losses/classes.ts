import { StropError } from "../../errors.js";
import type { LossSite } from "./loss.js";

/** How many classes the value tells apart. Throws a StropError for a value that is no row of scores. */
export function classesOf(loss: string, { shape, output }: LossSite): number {
  const [batch, ...row] = shape;
  const [classes = 1, ...others] = row.filter((size) => size !== 1);
  if (batch === "N" && row.length > 0 && others.length === 0) return classes as number;
  throw new StropError(`${loss} needs an output [N, classes], not [${shape.join(", ")}]`, {
    code: "loss-shape",
    where: `output ${output}`,
  });
}
