import type { SolveProgress } from "../node.js";
import type { Output } from "./output.js";

/** How long a run may take before it is told of. */
const SILENCE_MS = 10_000;

/** How a long run goes on: on a terminal one line that is drawn again, elsewhere a line now and then. */
export class SolveLines {
  private last = performance.now();
  private drawn = false;

  constructor(private readonly output: Output) {}

  readonly tell = ({ point, points, iteration, gap }: SolveProgress): void => {
    const { terminal, quiet } = this.output.voice;
    const place = points > 1 ? `alpha ${point}/${points}  ` : "";
    const reached = Number.isFinite(gap) ? `  gap ${gap.toPrecision(3)}` : "";
    const line = `${place}iteration ${iteration}${reached}`;
    if (quiet) return;
    if (terminal) {
      if (!this.drawn) this.output.tellNotes();
      this.drawn = true;
      process.stderr.write(`\r${line}\u001b[K`);
    } else if (performance.now() - this.last >= SILENCE_MS) {
      this.last = performance.now();
      this.output.progress(line);
    }
  };

  /** Takes the line off the terminal. */
  readonly stop = (): void => {
    if (this.drawn) process.stderr.write("\r\u001b[K");
    this.drawn = false;
  };
}
