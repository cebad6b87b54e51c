import {
  OPTIMIZER_NAMES,
  type OptimizerName,
  type OptimizerOptionsByName,
  optimizerRows,
  RANGES,
  SCHEDULE_NAMES,
  type ScheduleName,
  type ScheduleOptionsByName,
  STRATEGY_NAMES,
  type StrategyName,
  type StrategyOptionsByName,
  scheduleRows,
  strategyRows,
} from "../../node.js";
import { choice, flag, number, texts } from "./option.js";
import { type AnyKey, type RuleTable, ruleOptions } from "./rules.js";

type OptimizerKey = AnyKey<OptimizerOptionsByName[OptimizerName]>;

export const optimizerTable: RuleTable<OptimizerName, OptimizerKey> = {
  what: "optimizer",
  names: OPTIMIZER_NAMES,
  rowsOf: optimizerRows,
  keyOf: (option) => option as OptimizerKey,
};

/** --patience alone is that of early stopping. */
const PLATEAU_KEYS = {
  factor: "plateauFactor",
  patience: "plateauPatience",
  threshold: "plateauThreshold",
} as const;

type ScheduleOption = AnyKey<ScheduleOptionsByName[ScheduleName]>;
type ScheduleKey =
  | Exclude<ScheduleOption, keyof typeof PLATEAU_KEYS>
  | (typeof PLATEAU_KEYS)[keyof typeof PLATEAU_KEYS];

export const scheduleTable: RuleTable<ScheduleName, ScheduleKey> = {
  what: "schedule",
  names: SCHEDULE_NAMES,
  rowsOf: scheduleRows,
  keyOf: (option) =>
    Object.hasOwn(PLATEAU_KEYS, option)
      ? PLATEAU_KEYS[option as keyof typeof PLATEAU_KEYS]
      : (option as ScheduleKey),
};

type StrategyKey = AnyKey<StrategyOptionsByName[StrategyName]>;

export const strategyTable: RuleTable<StrategyName, StrategyKey> = {
  what: "strategy",
  names: STRATEGY_NAMES,
  rowsOf: strategyRows,
  keyOf: (option) => option as StrategyKey,
};

/** Which phases the run has. */
export const strategyOptions = {
  strategy: choice(
    { value: "NAME", help: `${STRATEGY_NAMES.join(", ")}; default joint: all parameters at once` },
    STRATEGY_NAMES,
  ),
  ...ruleOptions(strategyTable),
};

/** Which rule moves the weights. */
export const optimizerOptions = {
  optimizer: choice(
    { value: "NAME", help: `${OPTIMIZER_NAMES.join(", ")}; default adam` },
    OPTIMIZER_NAMES,
  ),
  ...ruleOptions(optimizerTable),
  noDecay: texts({ value: "GLOB", help: "initializers without weight decay" }),
  clipValue: number(
    { value: "X", help: "cut each element of a gradient to ± X" },
    RANGES.clipValue,
  ),
  clipTensorNorm: number(
    { value: "X", help: "scale each parameter's gradient to a norm of at most X" },
    RANGES.clipTensorNorm,
  ),
  clipNorm: number(
    { value: "X", help: "scale all gradients to a norm of at most X" },
    RANGES.clipNorm,
  ),
};

/** How the learning rate goes on. */
export const scheduleOptions = {
  schedule: choice(
    { value: "NAME", help: `${SCHEDULE_NAMES.join(", ")}; default constant` },
    SCHEDULE_NAMES,
  ),
  ...ruleOptions(scheduleTable),
  layerLrDecay: number(
    { value: "X", help: "each layer's rate is X times that of the layer above it" },
    RANGES.layerLrDecay,
  ),
  group: texts({
    value: "GLOB:lr=X,weight-decay=X",
    help: "initializers with a rate or a weight decay of their own; the first group that matches counts",
  }),
};

/** What is trained. */
export const selectionOptions = {
  freeze: texts({ value: "GLOB", help: "initializers that are not trained" }),
  trainOnly: texts({ value: "GLOB", help: "the only initializers that are trained" }),
};

export const batchNormOption = {
  bn: choice({ value: "MODE", help: "batch-norm: batch (default) or frozen statistics" }, [
    "batch",
    "frozen",
  ]),
  bnReestimate: flag("behind the training, batch-norm's statistics are taken over all its rows"),
  bnOnly: flag("take batch-norm's statistics over all rows, and train nothing"),
};
