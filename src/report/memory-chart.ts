import type { MemoryTimeline } from "../compile/timeline.js";
import type { Chart } from "./charts.js";
import { bytesText } from "./text.js";

/** From the bottom up: what stays for the whole run first. */
const ORDER = [
  "program",
  "weights",
  "optimizer",
  "rows",
  "gradients",
  "activations",
  "scratch",
] as const satisfies readonly (keyof MemoryTimeline["bytes"])[];

/** The bytes live at each instruction of a step, by what they are for. */
export function memoryChart(timeline: MemoryTimeline, index: number): Chart {
  const { procedure, instructions, bytes, peak, peakBytes } = timeline;
  const names = instructions.map(({ op, tensor }) => `${op} ${tensor}`);
  const kinds = ORDER.filter((kind) => bytes[kind].some((count) => count > 0));
  // A step of the staircase needs its end.
  const x = Array.from({ length: instructions.length + 1 }, (_, i) => i);
  return {
    title: `Memory during a ${procedure}`,
    words:
      `${bytesText(peakBytes)} at most, while instruction ${peak}, ${names[peak] ?? ""}, runs. ` +
      "What lives for the whole run lies at the bottom.",
    spec: {
      id: `memory-${index}`,
      x: "instruction",
      unit: "bytes",
      stacked: true,
      canLog: false,
      marks: [{ x: peak + 0.5, label: `peak: ${names[peak] ?? ""}` }],
      xNames: names,
      lines: kinds.map((kind) => ({
        label: kind,
        color: kind,
        form: "line",
        x,
        y: [...bytes[kind], bytes[kind].at(-1) ?? 0],
      })),
    },
  };
}
