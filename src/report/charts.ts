import type { EpochResult, StepResult } from "../train/options.js";
import type { ChartSpec, Line, Point } from "./chart-spec.js";
import type { ReportData } from "./data.js";
import { downsample, gaps, smooth } from "./series.js";
import { countText, numberText, percentText, plural } from "./text.js";

/** A chart, and what it shows in words. */
export interface Chart {
  readonly title: string;
  readonly words: string;
  /** Undefined where words are enough. */
  readonly spec?: ChartSpec;
}

const PLAIN = { x: "step", unit: "number", stacked: false, canLog: false, marks: [] } as const;
/** Shorter runs are smooth enough. */
const SMOOTHED_MIN = 50;
const MEANS_MAX = 60;

/** The charts that the data have something for. */
export function chartsOf(data: ReportData): Chart[] {
  const charts = [lossChart(data), accuracyChart(data), rateChart(data), normChart(data)];
  return charts.filter((chart) => chart !== undefined);
}

function lossChart({
  steps = [],
  epochs = [],
  phases = [],
  result,
}: ReportData): Chart | undefined {
  if (steps.length + epochs.length === 0) return undefined;
  const ends = epochEnds(steps, epochs);
  const losses = epochs.map(({ trainLoss }) => trainLoss);
  const means = epochLine("mean of the epoch", "training", ends, losses);
  const held = epochs.map(({ validation }) => validation?.loss);
  const lines = [
    ...stepLines(steps),
    ...meanLines(means, steps.length > 0),
    epochLine("validation", "validation", ends, held),
  ];
  const shown = lines.filter(({ y }) => y.some((value) => value !== null));
  const all = shown.flatMap(({ y }) => y.filter((value) => value !== null));
  const bad = steps.filter(({ loss }) => !Number.isFinite(loss)).length;
  const words = [
    rangeWords(steps.length > 0 ? steps.map(({ loss }) => loss) : epochs.map((e) => e.trainLoss)),
    bestWords(epochs, result?.bestEpoch),
    ...(bad > 0 ? [`The loss of ${plural(bad, "step")} is not finite.`] : []),
  ];
  return {
    title: "Loss",
    words: words.filter(Boolean).join(" "),
    spec: {
      ...PLAIN,
      id: "loss",
      x: steps.length > 0 ? "step" : "epoch",
      lines: shown,
      canLog: all.length > 0 && all.every((value) => value > 0),
      marks: phaseMarks(phases),
    },
  };
}

/** Many means of epochs are the smoothed line again. */
function meanLines(means: Line, areStepsShown: boolean): Line[] {
  if (!areStepsShown) return [{ ...means, label: "training" }];
  return means.x.length > MEANS_MAX ? [] : [{ ...means, form: "dots" }];
}

/** The loss of each step and, in a long run, the line through them. */
function stepLines(steps: readonly StepResult[]): Line[] {
  const losses = steps.map(({ loss }) => loss);
  const kept = downsample(losses);
  const x = kept.map((i) => steps[i]!.step);
  const own: Line = {
    label: "each step",
    color: "training",
    form: "faint",
    x,
    y: pick(losses, kept),
  };
  if (steps.length < SMOOTHED_MIN) return [{ ...own, label: "training", form: "line" }];
  const smoothed = smooth(losses, Math.ceil(steps.length / 40));
  return [own, { ...own, label: "smoothed", form: "line", y: pick(smoothed, kept) }];
}

function accuracyChart({ epochs = [] }: ReportData): Chart | undefined {
  const rows = epochs.filter(({ validation }) => validation?.accuracy !== undefined);
  if (rows.length === 0) return undefined;
  const accuracies = rows.map(({ validation }) => validation!.accuracy!);
  const best = accuracies.reduce((a, b) => Math.max(a, b));
  const { epoch } = rows[accuracies.indexOf(best)]!;
  const last = accuracies.at(-1)!;
  return {
    title: "Accuracy on held-out rows",
    words:
      `${percentText(last)} at the end, a 0-1 error of ${percentText(1 - last)}; ` +
      `best after epoch ${epoch}, ${percentText(best)}.`,
    spec: {
      ...PLAIN,
      id: "accuracy",
      x: "epoch",
      unit: "percent",
      lines: [
        epochLine(
          "validation",
          "validation",
          rows.map((row) => row.epoch),
          accuracies,
        ),
      ],
    },
  };
}

function rateChart({ steps = [] }: ReportData): Chart | undefined {
  if (steps.length === 0) return undefined;
  const rates = steps.map(({ lr }) => lr);
  const title = "Learning rate";
  const [low, high] = rangeOf(rates);
  if (low === high) return { title, words: `${numberText(low)} in every step.` };
  return {
    title,
    words: `Between ${numberText(low)} and ${numberText(high)}, ${numberText(rates.at(-1)!)} at the end.`,
    spec: {
      ...PLAIN,
      id: "rate",
      lines: [stepLine("learning rate", "training", steps, rates)],
      canLog: low > 0,
    },
  };
}

function normChart({ steps: all = [], clipNorm }: ReportData): Chart | undefined {
  const steps = all.filter(({ gradNorm }) => gradNorm !== undefined);
  if (steps.length === 0) return undefined;
  const norms = steps.map(({ gradNorm }) => gradNorm!);
  const [low, high] = rangeOf(norms);
  const line = stepLine("gradient norm", "training", steps, norms);
  const clipped = norms.filter((norm) => norm > (clipNorm ?? Number.POSITIVE_INFINITY)).length;
  const over = line.y.map((norm) => (norm !== null && norm > (clipNorm ?? norm) ? norm : null));
  const cut: Line = { ...line, label: "clipped", color: "warning", form: "dots", y: over };
  const clipWords =
    clipNorm === undefined
      ? "Nothing was clipped by norm."
      : `${plural(clipped, "step")} of ${countText(steps.length)} had a larger one than ` +
        `${numberText(clipNorm)}, and ${clipped === 1 ? "was" : "were"} scaled down to it.`;
  return {
    title: "Gradient norm",
    words: `Over all trained tensors, from ${numberText(low)} to ${numberText(high)}. ${clipWords}`,
    spec: {
      ...PLAIN,
      id: "norm",
      lines: clipped > 0 ? [line, cut] : [line],
      canLog: low > 0,
      ...(clipNorm !== undefined && { limit: { y: clipNorm, label: "clip norm" } }),
    },
  };
}

function stepLine(
  label: string,
  color: Line["color"],
  steps: readonly StepResult[],
  values: readonly number[],
): Line {
  const kept = downsample(values);
  return { label, color, form: "line", x: kept.map((i) => steps[i]!.step), y: pick(values, kept) };
}

function epochLine(
  label: string,
  color: Line["color"],
  ends: readonly number[],
  values: readonly (number | undefined)[],
): Line {
  const there = values.flatMap((value, i) => (value === undefined ? [] : [i]));
  const kept = downsample(there.map((i) => values[i]!)).map((i) => there[i]!);
  const y = gaps(kept.map((i) => values[i]));
  return { label, color, form: "line", x: kept.map((i) => ends[i]!), y };
}

function pick(values: readonly number[], kept: readonly number[]): Point[] {
  return gaps(kept.map((i) => values[i]));
}

/** Where each epoch ends on the x axis: at its last step, if the steps are known. */
function epochEnds(steps: readonly StepResult[], epochs: readonly EpochResult[]): number[] {
  const last = new Map(steps.map(({ step, epoch }) => [epoch, step]));
  return epochs.map(({ epoch }) => last.get(epoch) ?? epoch);
}

function phaseMarks(phases: NonNullable<ReportData["phases"]>): ChartSpec["marks"] {
  if (phases.length < 2) return [];
  let done = 0;
  return phases.map(({ name, steps }) => {
    const x = done;
    done += steps;
    return { x, label: name };
  });
}

function rangeWords(losses: readonly number[]): string {
  const [first, last] = [losses[0], losses.at(-1)];
  if (first === undefined || last === undefined) return "";
  return `Training began at ${numberText(first)} and ended at ${numberText(last)}.`;
}

function bestWords(epochs: readonly EpochResult[], bestEpoch: number | undefined): string {
  const held = epochs.flatMap(({ epoch, validation }) => {
    return validation && Number.isFinite(validation.loss) ? [{ epoch, ...validation }] : [];
  });
  if (held.length === 0) return "";
  const best = held.reduce((a, b) => (b.loss < a.loss ? b : a));
  const kept = bestEpoch === undefined ? "" : ` The weights of epoch ${bestEpoch} were kept.`;
  return `On held-out rows it was smallest after epoch ${best.epoch}, ${numberText(best.loss)}.${kept}`;
}

/** Of the finite values. */
function rangeOf(values: readonly number[]): [low: number, high: number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}
