import {
  SCHEDULE_CONSTANT,
  SCHEDULE_COSINE,
  SCHEDULE_ONE_CYCLE,
  SCHEDULE_PLATEAU,
  SCHEDULE_POLYNOMIAL,
  SCHEDULE_STEP,
} from "../../assembly/abi/program.js";
import { numberRow, type OptionRow, type Rows, withDefaults } from "../option-rows.js";
import { RANGES } from "../ranges.js";
import type { Schedule } from "./training-graph.js";

interface Warmup {
  /** Steps of a linear rise, (step + 1)/warmup·lr, before the schedule; it has the steps that are left. Default 0. */
  readonly warmup?: number;
}

interface Step extends Warmup {
  /** Epochs from one fall to the next. Default: a third of the run's, at least 1. */
  readonly stepSize?: number;
  /** default 0.1 */
  readonly gamma?: number;
}

interface Exponential extends Warmup {
  /** default 0.95 */
  readonly gamma?: number;
}

interface Cosine extends Warmup {
  /** The rate at the end. Default 0. */
  readonly minLr?: number;
}

interface Polynomial extends Cosine {
  /** default 1 */
  readonly power?: number;
}

interface OneCycle extends Warmup {
  /** The part of the steps in which the rate rises. Default 0.3. */
  readonly pctStart?: number;
  /** The first rate is lr/divFactor. Default 25. */
  readonly divFactor?: number;
  /** The last rate is the first one/finalDivFactor. Default 1e4. */
  readonly finalDivFactor?: number;
}

interface Plateau extends Warmup {
  /** What the rate is multiplied by. Default 0.1. */
  readonly factor?: number;
  /** Epochs without a better loss that are borne. Default 10. */
  readonly patience?: number;
  /** A better loss is below best·(1 − threshold). Default 1e-4. */
  readonly threshold?: number;
  /** The smallest rate. Default 0. */
  readonly minLr?: number;
}

/** What each schedule takes. */
export interface ScheduleOptionsByName {
  readonly constant: Warmup;
  /** lr·gamma^⌊epoch/stepSize⌋: PyTorch's StepLR. */
  readonly step: Step;
  /** lr·gamma^epoch: ExponentialLR. */
  readonly exponential: Exponential;
  /** minLr + (lr − minLr)·(1 − step/steps)^power: PolynomialLR, whose minLr is 0. */
  readonly polynomial: Polynomial;
  /** From lr to minLr in half a cosine: CosineAnnealingLR over the whole run (Loshchilov & Hutter 2017). */
  readonly cosine: Cosine;
  /** Up to lr and far down again: OneCycleLR (Smith & Topin 2018). Differs from PyTorch: momentum stays. */
  readonly "one-cycle": OneCycle;
  /**
   * Falls when the loss of an epoch, the validation's if there is one, has not become better for a while:
   * ReduceLROnPlateau. Differs from PyTorch: a fall below 1e-8 counts too.
   */
  readonly plateau: Plateau;
}

export type ScheduleName = keyof ScheduleOptionsByName;

export type ScheduleOptions = {
  readonly [N in ScheduleName]: { readonly name: N } & ScheduleOptionsByName[N];
}[ScheduleName];

/** What a schedule must know of the run. */
interface Run {
  readonly lr: number;
  readonly epochs: number;
}

interface ScheduleSpec<O extends Warmup> {
  readonly rows: Rows<O>;
  record(options: Required<O>, run: Run): Omit<Schedule, "warmup">;
}

const warmup = numberRow(0, RANGES.warmup, "steps of a linear rise before the schedule");
const minLr = numberRow(0, RANGES.minLr, "the smallest rate");
const gamma = (value: number) => numberRow(value, RANGES.gamma, "what the rate is multiplied by");

const SCHEDULES: { readonly [N in ScheduleName]: ScheduleSpec<ScheduleOptionsByName[N]> } = {
  constant: { rows: { warmup }, record: () => ({ kind: SCHEDULE_CONSTANT }) },
  step: {
    rows: {
      warmup,
      stepSize: numberRow(undefined, RANGES.count, "epochs from one fall to the next"),
      gamma: gamma(0.1),
    },
    record: ({ stepSize, gamma: factor }, { epochs }) => {
      return { kind: SCHEDULE_STEP, period: stepSize ?? defaultStepSize(epochs), factor };
    },
  },
  exponential: {
    rows: { warmup, gamma: gamma(0.95) },
    record: ({ gamma: factor }) => ({ kind: SCHEDULE_STEP, period: 1, factor }),
  },
  polynomial: {
    rows: { warmup, minLr, power: numberRow(1, RANGES.power, "of the part that is left") },
    record: ({ power, minLr: lrEnd }) => {
      const period = Math.floor(power);
      return { kind: SCHEDULE_POLYNOMIAL, period, factor: power - period, lrEnd };
    },
  },
  cosine: {
    rows: { warmup, minLr },
    record: ({ minLr: lrEnd }) => ({ kind: SCHEDULE_COSINE, lrEnd }),
  },
  "one-cycle": {
    rows: {
      warmup,
      pctStart: numberRow(0.3, RANGES.pctStart, "the part of the steps in which the rate rises"),
      divFactor: numberRow(25, RANGES.divFactor, "lr over the first rate"),
      finalDivFactor: numberRow(1e4, RANGES.divFactor, "the first rate over the last one"),
    },
    record: ({ pctStart, divFactor, finalDivFactor }, { lr }) => {
      const lrStart = lr / divFactor;
      const lrEnd = lrStart / finalDivFactor;
      return { kind: SCHEDULE_ONE_CYCLE, factor: pctStart, lrStart, lrEnd };
    },
  },
  plateau: {
    rows: {
      warmup,
      minLr,
      factor: gamma(0.1),
      patience: numberRow(10, RANGES.patience, "epochs without a better loss that are borne"),
      threshold: numberRow(1e-4, RANGES.threshold, "by which part a better loss is smaller"),
    },
    record: ({ factor, patience, threshold, minLr }, { lr }) => {
      // A rate that begins below the smallest one stays where it is.
      const lrEnd = Math.min(minLr, lr);
      return { kind: SCHEDULE_PLATEAU, period: patience, factor, threshold, lrEnd };
    },
  },
};

export const SCHEDULE_NAMES = Object.keys(SCHEDULES) as readonly ScheduleName[];

/** The rows of a schedule's options. */
export function scheduleRows(name: ScheduleName): Readonly<Record<string, OptionRow>> {
  return specOf(name).rows as Readonly<Record<string, OptionRow>>;
}

/** A third of the epochs. */
export function defaultStepSize(epochs: number): number {
  return Math.max(1, Math.floor(epochs / 3));
}

/** The schedule as a phase holds it. */
export function makeSchedule({ name, ...given }: ScheduleOptions, run: Run): Schedule {
  const spec = specOf(name);
  const options = withDefaults(spec.rows, given);
  return { warmup: options.warmup, ...spec.record(options, run) };
}

function specOf(name: ScheduleName): ScheduleSpec<Warmup> {
  return SCHEDULES[name] as unknown as ScheduleSpec<Warmup>;
}
