// Runs in the report's page: draws what the element "charts" holds. It imports nothing but types, for it stands
// in the page as it is compiled; uPlot is there as a global.
import type { AlignedData, Axis, Band, Options, Series, default as UPlot } from "uplot";
import type { ChartSpec, Line, Point } from "../chart-spec.js";

declare const uPlot: typeof UPlot;

const FAMILY = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';
const HEIGHT = 260;
/** Lines of no more points show them. */
const DOTTED_MAX = 60;
const POINTS_LARGE_MAX = 500;

/** Distances between the grid's lines: there is no half step, and bytes are round in powers of two. */
const WHOLE = Array.from({ length: 10 }, (_, i) => [10 ** i, 2 * 10 ** i, 5 * 10 ** i]).flat();
const POWERS_OF_TWO = Array.from({ length: 40 }, (_, i) => 2 ** i);

const specs: ChartSpec[] = JSON.parse(document.getElementById("charts")?.textContent ?? "[]");
const charts = new Map<string, UPlot>();
const logarithmic = new Set<string>();

function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function bytesText(bytes: number): string {
  const units = ["bytes", "KiB", "MiB", "GiB"];
  let [value, unit] = [bytes, 0];
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${Number(value.toPrecision(4))} ${units[unit]}`;
}

const FORMATS = {
  number: (value: number) => String(Number(value.toPrecision(4))),
  percent: (value: number) => `${Number((100 * value).toPrecision(4))} %`,
  bytes: bytesText,
};

/** Each line's values over all x, and what is drawn: where they are stacked, each on those before it. */
function dataOf({ lines, stacked }: ChartSpec): { drawn: AlignedData; values: AlignedData } {
  const values = uPlot.join(lines.map(({ x, y }) => [x, y] as unknown as AlignedData));
  if (!stacked) return { drawn: values, values };
  const [x, ...ys] = values as unknown as [number[], ...Point[][]];
  const sums = x.map(() => 0);
  const piles = ys.map((y) => {
    y.forEach((value, i) => {
      sums[i] = sums[i]! + (value ?? 0);
    });
    return [...sums];
  });
  return { drawn: [x, ...piles] as unknown as AlignedData, values };
}

function seriesOf(spec: ChartSpec, line: Line, values: AlignedData, index: number): Series {
  const { label, form, x } = line;
  const stroke = color(line.color);
  const common: Series = {
    label,
    stroke,
    class: form,
    // Between the epochs' points lie those of the steps.
    spanGaps: x.length < values[0].length,
    value: (_, __, ___, at) => {
      const value = at === null ? null : values[index + 1]?.[at];
      return value == null ? "–" : FORMATS[spec.unit](value);
    },
  };
  const dots = { size: x.length <= POINTS_LARGE_MAX ? 6 : 4, width: 1, stroke, fill: stroke };
  if (spec.stacked) {
    const paths = uPlot.paths.stepped?.({ align: 1 });
    return { ...common, fill: stroke, width: 0, points: { show: false }, ...(paths && { paths }) };
  }
  if (form === "dots") return { ...common, paths: () => null, points: { ...dots, show: true } };
  if (form === "faint") return { ...common, width: 1, alpha: 0.4, points: { show: false } };
  return { ...common, width: 2, points: { ...dots, show: x.length <= DOTTED_MAX } };
}

function axesOf({ unit, x }: ChartSpec): Axis[] {
  const font = `12px ${FAMILY}`;
  const common: Axis = { stroke: color("muted"), ticks: { show: false }, font };
  return [
    {
      ...common,
      grid: { show: false },
      incrs: WHOLE,
      label: x,
      labelFont: font,
      labelSize: 18,
      size: 26,
    },
    {
      ...common,
      grid: { stroke: color("rule"), width: 1 },
      ...(unit === "bytes" && { incrs: POWERS_OF_TWO }),
      values: (_, splits) => splits.map((y: Point) => (y === null ? "" : FORMATS[unit](y))),
      size: (_, texts) => 14 + 7 * Math.max(0, ...(texts ?? []).map(({ length }) => length)),
    },
  ];
}

/** As much of a label as there is room for. */
function fitted(ctx: CanvasRenderingContext2D, label: string, room: number): string {
  if (ctx.measureText(label).width <= room) return label;
  for (let length = Math.min(label.length, 60); length > 2; length--) {
    const short = `${label.slice(0, length)}…`;
    if (ctx.measureText(short).width <= room) return short;
  }
  return "";
}

/** Names places of the x axis, and the limit. */
function annotate(plot: UPlot, { marks, limit }: ChartSpec): void {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio || 1;
  const line = (fromX: number, fromY: number, toX: number, toY: number) => {
    ctx.beginPath();
    ctx.moveTo(fromX, fromY);
    ctx.lineTo(toX, toY);
    ctx.stroke();
  };
  ctx.save();
  ctx.font = `${11 * ratio}px ${FAMILY}`;
  ctx.fillStyle = color("text");
  ctx.strokeStyle = color("muted");
  ctx.lineWidth = ratio;
  ctx.setLineDash([4 * ratio, 4 * ratio]);
  const [right, bottom] = [bbox.left + bbox.width, bbox.top + bbox.height];
  const places = marks.map(({ x, label }) => ({ label, at: plot.valToPos(x, "x", true) }));
  places.forEach(({ label, at }, i) => {
    if (at < bbox.left || at > right) return;
    line(at, bbox.top, at, bottom);
    const before = at - Math.max(bbox.left, places[i - 1]?.at ?? bbox.left);
    const behind = Math.min(right, places[i + 1]?.at ?? right) - at;
    const isBehind = marks.length > 1 || behind > before;
    ctx.textAlign = isBehind ? "left" : "right";
    const text = fitted(ctx, label, (isBehind ? behind : before) - 10 * ratio);
    ctx.fillText(text, at + (isBehind ? 5 : -5) * ratio, bbox.top + 9 * ratio);
  });
  const at = limit ? plot.valToPos(limit.y, "y", true) : Number.NaN;
  if (limit && at >= bbox.top && at <= bottom) {
    line(bbox.left, at, right, at);
    ctx.textAlign = "right";
    ctx.fillText(limit.label, right - 4 * ratio, at - 5 * ratio);
  }
  ctx.restore();
}

function optionsOf(spec: ChartSpec, values: AlignedData, width: number): Options {
  const { id, x, xNames, stacked, lines } = spec;
  const xSeries: Series = {
    label: x,
    value: (_, at) => (at == null ? "–" : `${at} ${xNames?.[at] ?? ""}`.trimEnd()),
  };
  const bands: Band[] = lines
    .slice(1)
    .map((line, i) => ({ series: [i + 2, i + 1], fill: color(line.color) }));
  return {
    width,
    height: HEIGHT,
    padding: [16, 26, 0, 0],
    scales: {
      x: { time: false },
      y: stacked
        ? { range: (_, __, max) => [0, max * 1.15] }
        : { distr: logarithmic.has(id) ? 3 : 1 },
    },
    axes: axesOf(spec),
    series: [xSeries, ...lines.map((line, i) => seriesOf(spec, line, values, i))],
    bands: stacked ? bands : [],
    cursor: { y: false, points: { show: !stacked } },
    legend: { markers: { width: 0, fill: (_, i) => color(lines[i - 1]?.color ?? "text") } },
    hooks: { draw: [(plot) => annotate(plot, spec)] },
  };
}

function draw(spec: ChartSpec): void {
  const holder = document.getElementById(spec.id);
  if (!holder) return;
  charts.get(spec.id)?.destroy();
  const { drawn, values } = dataOf(spec);
  charts.set(spec.id, new uPlot(optionsOf(spec, values, holder.clientWidth), drawn, holder));
}

const resized = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const plot = charts.get(target.id);
    const width = target.clientWidth;
    if (plot && width > 0 && plot.width !== width) plot.setSize({ width, height: HEIGHT });
  }
});

for (const spec of specs) {
  draw(spec);
  const holder = document.getElementById(spec.id);
  if (holder) resized.observe(holder);
  const button = document.querySelector<HTMLButtonElement>(`button[data-log="${spec.id}"]`);
  button?.addEventListener("click", () => {
    if (!logarithmic.delete(spec.id)) logarithmic.add(spec.id);
    button.setAttribute("aria-pressed", String(logarithmic.has(spec.id)));
    draw(spec);
  });
}
addEventListener("themechange", () => {
  for (const spec of specs) draw(spec);
});
