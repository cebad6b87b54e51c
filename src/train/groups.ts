import { commonOptions } from "../autodiff/optimizers/index.js";
import { badOption, checkRows } from "../compile/check-options.js";
import type { OptimizerOptions, ParameterGroup } from "../compile/options.js";
import { blocksOf } from "../graph/blocks.js";
import { matchNames } from "../graph/glob.js";
import type { Graph } from "../graph/graph.js";
import { listParameters } from "../graph/parameters.js";
import { numberRow, type Rows } from "../option-rows.js";
import { RANGES } from "../ranges.js";
import type { ParameterGroupOptions } from "./options.js";

const ROWS: Rows<ParameterGroup> = {
  lr: numberRow(undefined, RANGES.lr, "learning rate"),
  weightDecay: numberRow(undefined, RANGES.weightDecay, "weight decay"),
};

/** Refuses impossible values, and a rate that cannot follow one of 0. */
export function checkGroups(
  groups: readonly ParameterGroupOptions[],
  optimizer: OptimizerOptions,
): void {
  for (const { match, ...values } of groups.map((group) => group ?? {})) {
    const patterns = [match].flat();
    if (patterns.length === 0 || !patterns.every((one) => typeof one === "string" && one !== "")) {
      throw badOption("groups", "a group without a pattern", "Give match, such as 'fc2.*'.");
    }
    checkRows("a group", ROWS, values);
    if (values.lr && commonOptions(optimizer).lr === 0) {
      const hint = "Give an lr, and 0 to the other group.";
      throw badOption("groups", `the rate of ${patterns} follows lr, which is 0`, hint);
    }
  }
}

/**
 * The group of each parameter that has one: the first that matches.
 *
 * @throws StropError with exit code 2 if a pattern matches no parameter
 */
export function groupsByName(
  graph: Graph,
  groups: readonly ParameterGroupOptions[],
): ReadonlyMap<string, ParameterGroup> {
  const names = listParameters(graph).map(({ name }) => name);
  const grouped = new Map<string, ParameterGroup>();
  for (const { match, ...group } of groups) {
    for (const name of matchNames(names, [match].flat(), "--group")) {
      if (!grouped.has(name)) grouped.set(name, group);
    }
  }
  return grouped;
}

/**
 * Discriminative rates: lr·decay^d for the parameters of a layer d layers below the last one. What lies in
 * front of the first layer has the rate of the first. A rate that a group names counts more.
 *
 * J. Howard, S. Ruder, "Universal Language Model Fine-tuning for Text Classification", ACL 2018,
 * https://arxiv.org/abs/1801.06146, section 3.2, where decay is 1/2.6.
 */
export function withLayerRates(
  groups: ReadonlyMap<string, ParameterGroup>,
  graph: Graph,
  optimizer: OptimizerOptions,
  decay: number,
): ReadonlyMap<string, ParameterGroup> {
  const { lr } = commonOptions(optimizer);
  const layers = blocksOf(graph).map(({ parameters }) => parameters);
  const rates = new Map<string, ParameterGroup>();
  for (const { name } of listParameters(graph)) {
    const layer = Math.max(
      0,
      layers.findIndex((parameters) => parameters.has(name)),
    );
    const depth = layers.length - 1 - layer;
    rates.set(name, { lr: lr * decay ** depth, ...groups.get(name) });
  }
  return rates;
}
