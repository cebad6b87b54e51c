import type { EpochResult, FitResult, StepResult } from "../train/options.js";
import type { ChartSpec, Line, Point } from "./chart-spec.js";
import { type ReportData, trainingEpochs } from "./data.js";
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

/** How well it goes: loss and accuracy. */
export function learningCharts(data: ReportData): Chart[] {
  return [lossChart(data), accuracyChart(data)].filter((chart) => chart !== undefined);
}

/** How it goes about it: learning rate and gradient norm. */
export function gradientCharts(data: ReportData): Chart[] {
  return [rateChart(data), normChart(data)].filter((chart) => chart !== undefined);
}

function lossChart({ steps = [], epochs: all = [], result }: ReportData): Chart | undefined {
  const epochs = trainingEpochs(all);
  if (steps.length + epochs.length === 0) return undefined;
  const ends = epochEnds(steps, epochs);
  const losses = epochs.map(({ trainLoss }) => trainLoss);
  const means = epochLine("mean of the epoch", "training", ends, losses);
  const held = epochs.map(({ validation }) => validation?.loss);
  const lines = [
    ...stepLines(
      "training",
      steps,
      steps.map(({ loss }) => loss),
    ),
    ...meanLines(means, steps.length > 0),
    epochLine("validation", "validation", ends, held),
  ];
  const shown = lines.filter(({ y }) => y.some((value) => value !== null));
  const values = shown.flatMap(({ y }) => y.filter((value) => value !== null));
  const bad = steps.filter(({ loss }) => !Number.isFinite(loss)).length;
  const words = [
    rangeWords(epochs, steps),
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
      canLog: values.length > 0 && values.every((value) => value > 0),
      marks: phaseMarks(result?.phases ?? []),
    },
  };
}

/** Many means of epochs are the smoothed line again. */
function meanLines(means: Line, areStepsShown: boolean): Line[] {
  if (!areStepsShown) return [{ ...means, label: "training" }];
  return means.x.length > MEANS_MAX ? [] : [{ ...means, form: "dots" }];
}

/** What each step had and, in a long run, the line through it. */
function stepLines(
  label: string,
  steps: readonly StepResult[],
  values: readonly number[],
): readonly Line[] {
  const own = stepLine(label, steps, values);
  if (steps.length < SMOOTHED_MIN) return [own];
  const smoothed = smooth(values, Math.ceil(steps.length / 40));
  const y = pick(smoothed, downsample(values));
  return [
    { ...own, label: "each step", form: "faint" },
    { ...own, label: `${label}, smoothed`, y },
  ];
}

function accuracyChart({ epochs = [] }: ReportData): Chart | undefined {
  const all = trainingEpochs(epochs);
  const rows = all.filter(({ validation }) => validation?.accuracy !== undefined);
  if (rows.length === 0) return undefined;
  const accuracies = rows.map(({ validation }) => validation!.accuracy!);
  const best = accuracies.reduce((a, b) => Math.max(a, b));
  const at = rows[accuracies.indexOf(best)]!;
  const last = accuracies.at(-1)!;
  return {
    title: "Accuracy on held-out rows",
    words:
      `${percentText(last)} at the end, a 0-1 error of ${percentText(1 - last)}; ` +
      `best after ${placeWords(at)}, ${percentText(best)}.`,
    spec: {
      ...PLAIN,
      id: "accuracy",
      x: "epoch",
      unit: "percent",
      lines: [
        epochLine(
          "validation",
          "validation",
          rows.map((row) => all.indexOf(row) + 1),
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
      lines: [stepLine("learning rate", steps, rates)],
      canLog: low > 0,
    },
  };
}

function normChart({ steps: all = [], clipNorm }: ReportData): Chart | undefined {
  const steps = all.filter(({ gradNorm }) => gradNorm !== undefined);
  if (steps.length === 0) return undefined;
  const norms = steps.map(({ gradNorm }) => gradNorm!);
  const [low, high] = rangeOf(norms);
  const line = stepLine("gradient norm", steps, norms);
  const clipped = norms.filter((norm) => norm > (clipNorm ?? Number.POSITIVE_INFINITY)).length;
  const over = line.y.map((norm) => (norm !== null && norm > (clipNorm ?? norm) ? norm : null));
  const cut: Line = { ...line, label: "clipped", color: "warning", form: "dots", y: over };
  const clipWords =
    clipNorm === undefined
      ? ""
      : `${plural(clipped, "step")} of ${countText(steps.length)} had a larger one than ` +
        `${numberText(clipNorm)}, and ${clipped === 1 ? "was" : "were"} scaled down to it.`;
  return {
    title: "Gradient norm",
    words:
      `Over all trained tensors, from ${numberText(low)} to ${numberText(high)}. ${clipWords}`.trimEnd(),
    spec: {
      ...PLAIN,
      id: "norm",
      lines: [...stepLines(line.label, steps, norms), ...(clipped > 0 ? [cut] : [])],
      canLog: low > 0,
      ...(clipNorm !== undefined && { limit: { y: clipNorm, label: "clip norm" } }),
    },
  };
}

function stepLine(label: string, steps: readonly StepResult[], values: readonly number[]): Line {
  const kept = downsample(values);
  const x = kept.map((i) => steps[i]!.step);
  return { label, color: "training", form: "line", x, y: pick(values, kept) };
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
  const place = ({ phase, epoch }: StepResult | EpochResult) => `${phase ?? ""}/${epoch}`;
  const last = new Map(steps.map((step) => [place(step), step.step]));
  return epochs.map((epoch, i) => last.get(place(epoch)) ?? i + 1);
}

function phaseMarks(phases: FitResult["phases"]): ChartSpec["marks"] {
  // Where only statistics are estimated, no step is drawn.
  const trained = phases.filter(({ name }) => name !== "statistics");
  if (trained.length < 2) return [];
  let done = 0;
  return trained.map(({ name, steps }) => {
    const x = done;
    done += steps;
    return { x, label: name };
  });
}

/** Of the last phase, if there are several: each has a loss of its own. */
function rangeWords(epochs: readonly EpochResult[], steps: readonly StepResult[]): string {
  const end = epochs.at(-1);
  if (end) {
    const begin = epochs.find(({ phase }) => phase === end.phase)!;
    const [first, last] = [begin, end].map(({ trainLoss }) => numberText(trainLoss));
    const where = end.phase === undefined ? "The" : `In the last phase, ${end.phase}, the`;
    return `${where} mean of an epoch went from ${first} to ${last}.`;
  }
  const [first, last] = [steps[0]!.loss, steps.at(-1)!.loss];
  return `It went from ${numberText(first)} in the first step to ${numberText(last)} in the last.`;
}

function bestWords(epochs: readonly EpochResult[], bestEpoch: number | undefined): string {
  const held = epochs.flatMap((one) => {
    const { validation } = one;
    const isThere = validation && Number.isFinite(validation.loss);
    return isThere ? [{ place: placeWords(one), ...validation }] : [];
  });
  if (held.length === 0) return "";
  const best = held.reduce((a, b) => (b.loss < a.loss ? b : a));
  const kept = bestEpoch === undefined ? "" : ` The weights of epoch ${bestEpoch} were kept.`;
  return `On held-out rows it was smallest after ${best.place}, ${numberText(best.loss)}.${kept}`;
}

/** "epoch 3 of layer 1" */
function placeWords({ phase, epoch }: EpochResult): string {
  return phase === undefined ? `epoch ${epoch}` : `epoch ${epoch} of ${phase}`;
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
