import { MultiBar, type Options, type Params, type SingleBar } from "cli-progress";
import { bar, type EpochResult, type StepResult } from "../node.js";
import { count, evaluationText, lossText, percent } from "./format.js";
import type { Output } from "./output.js";

/** Who is told how a run goes on. */
export interface Progress {
  step(result: StepResult): void;
  epoch(result: EpochResult): void;
  /** The run is over, or never went on: what was changed about the terminal is undone. */
  stop(): void;
}

/** How long a run will be. */
export interface Length {
  /** Of each phase its epochs and its steps, 0 where the other decides. */
  readonly phases: readonly { readonly epochs: number; readonly steps: number }[];
  /** Steps of an epoch; an estimate is good enough. */
  readonly stepsPerEpoch: number;
}

/** Bars on a terminal, lines elsewhere, nothing with --quiet. */
export function progressOf(output: Output, length: Length): Progress {
  const { quiet, terminal } = output.voice;
  return terminal && !quiet ? new ProgressBars(output, length) : new ProgressLines(output, length);
}

/** How long an epoch may take before its steps are told. */
const SILENCE_MS = 10_000;

/** A line an epoch; within long ones, a line now and then. */
class ProgressLines implements Progress {
  private last = performance.now();

  /** Of the only phase. */
  private readonly epochs: number;

  constructor(
    private readonly output: Output,
    { phases }: Length,
  ) {
    this.epochs = phases.length === 1 ? phases[0]!.epochs : 0;
  }

  step({ step, epoch, loss }: StepResult): void {
    if (performance.now() - this.last < SILENCE_MS) return;
    this.tell(`${this.epochText(epoch)}  step ${step}  loss ${lossText(loss)}`);
  }

  epoch({ phase, epoch, trainLoss, objective, validation }: EpochResult): void {
    const fell = objective ? `  objective ${objective.map(shortLoss).join(" → ")}` : "";
    const held = validation ? `  validation ${evaluationText(validation)}` : "";
    this.tell(`${this.placeText(phase, epoch)}  loss ${lossText(trainLoss)}${fell}${held}`);
  }

  stop(): void {}

  private placeText(phase: string | undefined, epoch: number): string {
    if (phase === undefined) return this.epochText(epoch);
    return phase === "statistics" ? phase : `${phase}  epoch ${epoch}`;
  }

  private epochText(epoch: number): string {
    return this.epochs === 0 ? `epoch ${epoch}` : `epoch ${epoch}/${this.epochs}`;
  }

  private tell(line: string): void {
    this.last = performance.now();
    this.output.progress(line);
  }
}

/**
 * Two lines that are drawn again and again: epochs with the last one's losses, steps with loss, rate and time
 * left. The cursor is never hidden and the terminal never put into another mode, so that whatever ends the
 * process leaves it as it was.
 */
class ProgressBars implements Progress {
  private readonly bars = new MultiBar({ stream: process.stderr, linewrap: true, format: barLine });
  private shown: { readonly epochs: SingleBar; readonly steps: SingleBar } | undefined;
  private started = 0;
  private epochsDone = 0;
  private readonly epochsTotal: number;
  private readonly stepsTotal: number;

  constructor(
    private readonly output: Output,
    { phases, stepsPerEpoch }: Length,
  ) {
    const lengths = phases.map(({ epochs, steps }) => {
      const most = Number.POSITIVE_INFINITY;
      return Math.min(steps || most, epochs * stepsPerEpoch || most);
    });
    this.stepsTotal = lengths.reduce((a, b) => a + b, 0);
    this.epochsTotal = lengths.reduce((sum, n) => sum + Math.ceil(n / stepsPerEpoch), 0);
  }

  step({ step, loss }: StepResult): void {
    this.shown ??= this.begin();
    const seconds = (performance.now() - this.started) / 1000;
    const rate = (step - 1) / seconds;
    const speed = rate > 0 ? `  ${count(Number(rate.toPrecision(3)))} steps/s` : "";
    const left = rate > 0 ? `  ${durationText((this.stepsTotal - step) / rate)} left` : "";
    this.shown.steps.update(step, { said: `loss ${shortLoss(loss)}${speed}${left}` });
  }

  epoch({ phase, trainLoss, validation }: EpochResult): void {
    // A pass that trains nothing.
    if (phase === "statistics") return;
    this.epochsDone++;
    const { loss, accuracy } = validation ?? {};
    const held = loss === undefined ? "" : `  validation ${shortLoss(loss)}`;
    const right = accuracy === undefined ? "" : `, ${percent(accuracy)}`;
    const name = phase === undefined ? "" : `${phase}  `;
    this.shown?.epochs.update(this.epochsDone, {
      said: `${name}loss ${shortLoss(trainLoss)}${held}${right}`,
    });
  }

  stop(): void {
    if (this.shown) this.bars.stop();
    this.shown = undefined;
  }

  private begin(): { epochs: SingleBar; steps: SingleBar } {
    this.output.tellNotes();
    this.started = performance.now();
    const bar = (name: string, total: number) => this.bars.create(total, 0, { name, said: "" });
    return { epochs: bar("epochs", this.epochsTotal), steps: bar("steps", this.stepsTotal) };
  }
}

/** epochs  ██████░░░░           7/12  loss 0.1418  validation 0.2834, 93.3 % */
export function barLine(_: Options, params: Params, { name, said }: BarWords): string {
  const { progress, value, total, maxWidth } = params;
  const width = maxWidth < 100 ? 12 : 32;
  const place = `${count(value)}/${count(total)}`.padStart(13);
  return `${name.padEnd(6)}  ${bar(progress, width)}  ${place}  ${said}`.slice(0, maxWidth - 1);
}

interface BarWords {
  readonly name: string;
  readonly said: string;
}

function shortLoss(loss: number): string {
  return String(Number(loss.toPrecision(4)));
}

/** 12 s, 3:07, 2:15:00 */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const [hours, minutes, rest] = [whole / 3600, (whole / 60) % 60, whole % 60].map(Math.floor);
  const padded = (part = 0) => String(part).padStart(2, "0");
  return hours ? `${hours}:${padded(minutes)}:${padded(rest)}` : `${minutes}:${padded(rest)}`;
}
