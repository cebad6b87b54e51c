import type { ColorName } from "./palette.js";

/** A number, or a gap. */
export type Point = number | null;

/** One chart as the page's script draws it: plain JSON. */
export interface ChartSpec {
  /** Of the element that holds it. */
  readonly id: string;
  /** What the x axis counts: step, epoch, instruction. */
  readonly x: string;
  readonly unit: "number" | "percent" | "bytes";
  /** Lines over their own x values; the script joins them. */
  readonly lines: readonly Line[];
  /** The lines lie one on the other, as areas between steps. */
  readonly stacked: boolean;
  /** Whether a logarithmic scale makes sense: nothing is 0 or below. */
  readonly canLog: boolean;
  /** Places on the x axis, named above. */
  readonly marks: readonly { readonly x: number; readonly label: string }[];
  /** A horizontal line. */
  readonly limit?: { readonly y: number; readonly label: string };
  /** What is at each x. */
  readonly xNames?: readonly string[];
}

export interface Line {
  readonly label: string;
  readonly color: ColorName;
  /** faint: what another line smooths. dots: points without a line. */
  readonly form: "line" | "faint" | "dots";
  readonly x: readonly number[];
  readonly y: readonly Point[];
}
