import * as abi from "../../assembly/abi/solver.js";
import { BAD_SIZE, NON_FINITE } from "../../assembly/abi/status.js";
import { StropError } from "../errors.js";
import type { SolverRefusal } from "./solver-core.js";

/** What the sentences need to know of a problem. */
export interface Named {
  readonly method: string;
  readonly rows: number;
  readonly columns: number;
  readonly intercept?: boolean;
  readonly x: string;
  readonly y: string;
}

/** A solver's refusal as a sentence. What the host checks before is a bug when it comes from there. */
export function refusalToError({ status, index }: SolverRefusal, named: Named): Error {
  const { method, rows, columns, x, y } = named;
  switch (status) {
    case BAD_SIZE:
      return new StropError(`${rows} rows of ${columns} columns do not fit a memory of 4 GB`, {
        code: "memory",
        where: x,
        ...(method !== "kmeans" && { hint: "Give fewer rows or columns." }),
      });
    case NON_FINITE:
      if (method === "kmeans") {
        return new StropError("its squared distances are too large for float32", {
          code: "value-not-finite",
          where: x,
          hint: "Scale the columns.",
        });
      }
      return new StropError("its squares are too large for float64", {
        code: "value-not-finite",
        where: index < columns ? `${x} column ${index}` : y,
      });
    case abi.EMPTY_CLASS:
      return new StropError(`class ${index} has no rows`, {
        code: "label-range",
        where: y,
        hint: "Number the classes from 0, and give rows of each.",
      });
    case abi.SINGULAR:
      return singular(index, named);
    default:
      return new Error(`the solver ${method} answered ${status} at ${index}`);
  }
}

/** Least squares without one answer, or a ridge whose alpha is lost beside what it is added to. */
function singular(index: number, { method, rows, columns, intercept, x }: Named): StropError {
  if (method !== "least-squares") {
    const problem = "alpha is too small beside the numbers of the data to make the matrix regular";
    return new StropError(problem, { code: "singular", where: x, hint: "Raise alpha." });
  }
  const few = rows - Number(intercept) < columns;
  const problem = few
    ? `${rows} rows do not determine the coefficients of ${columns} columns`
    : "it is constant, or a combination of the columns before it, so that there is no one solution";
  return new StropError(problem, {
    code: "singular",
    where: few ? x : `${x} column ${index}`,
    hint: few ? "Use ridge." : "Leave it out, or use ridge.",
  });
}
