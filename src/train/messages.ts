import * as status from "../../assembly/abi/status.js";
import { StropError } from "../errors.js";
import type { Place } from "../runtime/core.js";

/** What the message needs to know beyond the place: names, and which rows were in the batch. */
export interface Names {
  /** Name of a tensor by its id. */
  tensor(id: number): string;
  /** Index in the data set of a row of the current batch. */
  row(batchRow: number): number;
  readonly classes: number;
  /** Finished steps. */
  readonly step: number;
  /** What the rows and the labels came from: a file's name or an argument's. */
  readonly x: string;
  readonly y: string;
}

/** Turns what the core answered into one sentence with the place and what to do. */
export function refusalToError(place: Place, names: Names): StropError {
  switch (place.status) {
    case status.LABEL_RANGE:
      return new StropError(
        `label ${place.value | 0}, but the model has ${names.classes} classes`,
        {
          code: "label-range",
          where: `${names.y} row ${names.row(place.detail)}`,
          hint: `Fix the labels or give --head ${(place.value | 0) + 1}.`,
        },
      );
    case status.NON_FINITE:
      return new StropError("not finite, training diverged", {
        code: "diverged",
        where: `step ${names.step + 1}, tensor ${names.tensor(place.detail)}`,
        hint: "Lower --lr, clip with --clip-norm 1, or look at the data.",
      });
    case status.SINGULAR:
      return new StropError(
        `the equations are singular: input ${place.detail} of the layer follows from those before it`,
        {
          code: "singular",
          where: `step ${names.step + 1}`,
          hint: "Give last-layer a --ridge above 0, or bcd more --damping.",
        },
      );
    default:
      throw new Error(`the core refused its own compiler's program: ${JSON.stringify(place)}`);
  }
}
