/** Which numbers an option takes. */
export interface Range {
  readonly min?: number;
  /** The value must be larger than this. */
  readonly above?: number;
  readonly max?: number;
  /** The value must be smaller than this. */
  readonly below?: number;
  readonly whole?: boolean;
}

const INT32_MAX = 2 ** 31 - 1;
const FLOAT32_MAX = 3.4028234663852886e38;

/** The ranges of the options that the command line and the TypeScript API share. */
export const RANGES = {
  /** Rows of a batch or of a training set, epochs, steps. */
  count: { min: 1, max: INT32_MAX, whole: true },
  seed: { min: 0, max: Number.MAX_SAFE_INTEGER, whole: true },
  /** A part of the rows; neither part may be empty. */
  fraction: { above: 0, below: 1 },
  lr: { min: 0 },
  momentum: { min: 0 },
  beta1: { min: 0, below: 1 },
  beta2: { min: 0, below: 1 },
  eps: { min: 0 },
  weightDecay: { min: 0 },
  dampening: { min: 0, max: 1 },
  alpha: { min: 0, below: 1 },
  rho: { min: 0, below: 1 },
  lrDecay: { min: 0 },
  layerLrDecay: { above: 0, max: 1 },
  initialAccumulator: { min: 0 },
  momentumDecay: { min: 0 },
  clipValue: { above: 0 },
  clipNorm: { above: 0 },
  clipTensorNorm: { above: 0 },
  warmup: { min: 0, max: INT32_MAX, whole: true },
  gamma: { above: 0, max: 1 },
  power: { above: 0, max: 1000 },
  minLr: { min: 0 },
  pctStart: { min: 0, below: 1 },
  divFactor: { above: 0 },
  patience: { min: 0, max: INT32_MAX, whole: true },
  threshold: { min: 0, below: 1 },
  labelSmoothing: { min: 0, max: 1 },
  ignoreLabel: { min: -(2 ** 31), max: INT32_MAX, whole: true },
  classWeight: { min: 0 },
  huberDelta: { above: 0 },
  posWeight: { min: 0 },
  penalty: { above: 0 },
  penaltyDecay: { above: 0, max: 1 },
  proximity: { above: 0 },
  damping: { above: 0 },
  forgetting: { min: 0, max: 1 },
  ridge: { min: 0 },
  imageScale: { above: 0 },
  shift: { min: 0, max: 32767, whole: true },
  share: { above: 0, max: 1 },
  noise: { min: 0 },
} as const satisfies Readonly<Record<string, Range>>;

/** Whether the value is a number of the range; what cannot be a float32 is no number here. */
export function isInRange(value: number, range: Range): boolean {
  const { min, above, max, below, whole } = range;
  if (whole ? !Number.isSafeInteger(value) : !(Math.abs(value) <= FLOAT32_MAX)) return false;
  if ((min !== undefined && value < min) || (max !== undefined && value > max)) return false;
  return !(above !== undefined && value <= above) && !(below !== undefined && value >= below);
}

/** "a whole number from 1 to 10" */
export function rangeText({ min, above, max, below, whole }: Range): string {
  if (min === undefined && above === undefined) return "a number";
  const from = min === undefined ? `above ${above}` : `from ${min}`;
  const to = max !== undefined ? ` to ${max}` : below !== undefined ? ` and below ${below}` : "";
  const open = min !== undefined && to === "" ? " up" : "";
  return `a ${whole ? "whole " : ""}number ${from}${to}${open}`;
}
