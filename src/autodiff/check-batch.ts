import { StropError } from "../errors.js";
import type { Node, ValueInfo } from "../graph/graph.js";
import { formatShape, isBatched } from "../graph/shape.js";
import { spatialOf } from "./ops/batch-norm.js";
import type { TrainingOptions } from "./options.js";
import type { ProcedureBuilder } from "./procedure-builder.js";

type Sizes = Pick<TrainingOptions, "batch" | "rows" | "dropLast" | "bn">;

/** Refuses to take a loss over the rows of a model that has none. */
export function checkHasBatch({ name, shape }: ValueInfo): void {
  if (isBatched(shape)) return;
  throw new StropError(`its shape ${formatShape(shape)} has no batch N in front`, {
    code: "batch-missing",
    where: `input '${name}'`,
    hint: 'Such a model can only predict; load it without batch: "fixed".',
  });
}

/**
 * Refuses a run in which some batch would have nothing to do, or a variance of a single value.
 *
 * @returns the smallest batch that the nodes can train on: 2 or 1. A device has other rows, and checks again
 */
export function checkBatches(
  nodes: readonly Node[],
  shapes: Pick<ProcedureBuilder, "shapeOf">,
  { batch, rows, dropLast, bn }: Sizes,
): number {
  if (dropLast && rows < batch) {
    throw new StropError(
      `${rows} rows are less than one batch of ${batch}, and --drop-last leaves them out`,
      {
        code: "no-batch",
        hint: `Give --batch ${rows} or less, or leave out --drop-last.`,
      },
    );
  }
  const ofOneValue = nodes.find(
    (node) => node.op === "BatchNormalization" && spatialOf(node, shapes) === 1,
  );
  if (bn === "frozen" || !ofOneValue) return 1;
  const last = rows % batch;
  const smallest = dropLast || last === 0 ? batch : last;
  if (smallest > 1) return 2;
  const which =
    batch === 1
      ? "a batch of 1"
      : `${rows} rows in batches of ${batch} leave a last batch of 1 row, which`;
  throw new StropError(`${which} has one value per channel, and so no variance`, {
    code: "batch-norm-rows",
    where: `node '${ofOneValue.name || ofOneValue.outputs[0]}' (BatchNormalization)`,
    hint: "Give another --batch, --drop-last, or --bn frozen.",
  });
}

/** Refuses to estimate statistics that are not there, or that are to stay. */
export function checkReestimation(
  nodes: readonly Node[],
  { bn, reestimate }: Pick<TrainingOptions, "bn" | "reestimate">,
): void {
  const where = reestimate === "only" ? "--bn-only" : "--bn-reestimate";
  if (!nodes.some(({ op }) => op === "BatchNormalization")) {
    throw new StropError("the model has no batch-norm, and so no statistics to estimate anew", {
      code: "no-batch-norm",
      where,
      exitCode: 2,
    });
  }
  if (bn === "frozen") {
    throw new StropError("--bn frozen keeps the statistics that are to be estimated anew", {
      code: "bad-option",
      where,
      hint: "Give one of them.",
      exitCode: 2,
    });
  }
}
