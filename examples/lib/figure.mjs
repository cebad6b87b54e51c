// Figures as plain SVG strings: no library, no font to load, light or dark as the reader's system is.
//
// A committed figure must be the same on every machine, so coordinates are rounded to a tenth of a pixel.

import { mkdirSync, writeFileSync } from "node:fs";

/** Series 0 to 4, after Okabe and Ito's palette for colour-blind readers; the last is the ink of the text. */
const STYLE = `
:root { --paper: #fff; --ink: #1b1f24; --muted: #59636e; --grid: #e4e7eb; --contour: #c3cad2;
  --s0: #0072b2; --s1: #d55e00; --s2: #008a64; --s3: #aa4499; --s4: #1b1f24 }
@media (prefers-color-scheme: dark) { :root { --paper: #14171c; --ink: #e8eaed; --muted: #a0a9b4;
  --grid: #2a2f37; --contour: #49515c; --s0: #56b4e9; --s1: #ff8f4a; --s2: #2fc79f; --s3: #e58fd0; --s4: #e8eaed } }
svg.figure { background: var(--paper); font: 12px system-ui, sans-serif; max-width: 100% }
.figure text { fill: var(--ink) } .figure .muted { fill: var(--muted); font-size: 11px }
.figure .title { font-size: 16px; font-weight: 600 } .figure .name { font-size: 13px; font-weight: 600 }
.figure .end { text-anchor: end } .figure .middle { text-anchor: middle }
.figure .grid { stroke: var(--grid); fill: none } .contour { stroke: var(--contour); fill: none }
.figure .line { fill: none; stroke-width: 1.8; stroke-linejoin: round }
.figure .start { fill: var(--paper); stroke: var(--ink); stroke-width: 1.5 }
.figure .target { stroke: var(--muted) }
.figure .dash { stroke-dasharray: 5 4 } .figure .thin { stroke-width: 1 }
${[0, 1, 2, 3, 4].map((i) => `.s${i} { stroke: var(--s${i}) } .f${i} { fill: var(--s${i}) }`).join("\n")}
`;

const round = (value) => Number(value.toFixed(1));
const escaped = (text) => String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/** A scale takes a value of its domain to 0 … 1, and knows where its ticks are. */
export function linear(from, to, ticks = []) {
  return Object.assign((value) => (value - from) / (to - from), { ticks });
}

/** A logarithmic scale. Its ticks are given, as a reader would say them: 1, 10, 100. */
export function logarithmic(from, to, ticks = []) {
  const width = Math.log10(to / from);
  return Object.assign((value) => Math.log10(value / from) / width, { ticks });
}

/** Text at a point. The classes are those of STYLE: "muted end". */
export function text(x, y, content, classes = "") {
  return `<text x="${round(x)}" y="${round(y)}" class="${classes}">${escaped(content)}</text>`;
}

/** The SVG path through points in pixels. Points nearer to the last than `apart` pixels are left out. */
export function pathData(points, apart = 1) {
  const kept = [];
  for (const [i, point] of points.entries()) {
    const last = kept.at(-1);
    const moved = !last || Math.hypot(point[0] - last[0], point[1] - last[1]) >= apart;
    if (moved || i === points.length - 1) kept.push(point.map(round));
  }
  return kept.map(([x, y], i) => `${i ? "L" : "M"}${x} ${y}`).join("");
}

/**
 * One plot: a frame, its ticks, and what `draw` puts into it. What leaves the frame is cut off.
 *
 * @param place x, y, width, height of the frame in pixels; name, xLabel, yLabel to be written beside it
 * @param draw gets functions that take points of the data: line(points, classes), dot(point, classes), at(point)
 */
export function panel({ x, y, width, height, name = "", xLabel = "", yLabel = "" }, scales, draw) {
  const at = ([px, py]) => [scales.x(px) * width, (1 - scales.y(py)) * height];
  const tools = {
    at,
    line: (points, classes) => `<path class="line ${classes}" d="${pathData(points.map(at))}"/>`,
    dot: (point, classes, radius = 3.5) => {
      const [cx, cy] = at(point).map(round);
      return `<circle class="${classes}" cx="${cx}" cy="${cy}" r="${radius}"/>`;
    },
  };
  const xTicks = scales.x.ticks.map((tick) => [tick, round(scales.x(tick) * width)]);
  const yTicks = scales.y.ticks.map((tick) => [tick, round((1 - scales.y(tick)) * height)]);
  return [
    `<g transform="translate(${round(x)} ${round(y)})">`,
    ...xTicks.map(([, tx]) => `<path class="grid" d="M${tx} 0V${height}"/>`),
    ...yTicks.map(([, ty]) => `<path class="grid" d="M0 ${ty}H${width}"/>`),
    ...xTicks.map(([tick, tx]) => text(tx, height + 16, tick, "muted middle")),
    ...yTicks.map(([tick, ty]) => text(-6, ty + 4, tick, "muted end")),
    `<svg width="${width}" height="${height}">${draw(tools)}</svg>`,
    `<rect class="grid" width="${width}" height="${height}"/>`,
    name && text(0, -8, name, "name"),
    xLabel && text(width / 2, height + 32, xLabel, "muted middle"),
    yLabel && text(0, -8, yLabel, "muted"),
    "</g>",
  ].join("\n");
}

/** Names beside a stroke of their colour, one below the other. @param entries pairs of name and classes */
export function legend(x, y, entries) {
  return entries
    .map(([name, classes], i) => {
      const top = y + i * 18;
      return `<path class="line ${classes}" d="M${x} ${top}h22"/>${text(x + 28, top + 4, name)}`;
    })
    .join("\n");
}

/** A whole figure of this size in pixels. */
export function figure({ title, width, height }, parts) {
  return `<svg xmlns="http://www.w3.org/2000/svg" class="figure" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
<rect width="${width}" height="${height}" fill="var(--paper)"/>
${text(20, 30, title, "title")}
${parts.join("\n")}
</svg>
`;
}

/** Columns of text under their heads, for the terminal. Numbers stand to the right. */
export function plainTable(head, rows) {
  const lines = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  const fits = (cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]));
  return lines.map((line) => `  ${line.map(fits).join("  ")}`.trimEnd()).join("\n");
}

function htmlTable(head, rows) {
  const row = (cells, tag) =>
    `<tr>${cells.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join("")}</tr>`;
  return `<table>${row(head, "th")}${rows.map((cells) => row(cells, "td")).join("\n")}</table>`;
}

/**
 * Writes out/examples/NAME.svg, NAME.html, which is the figure with a text and a table, and the table as NAME.json.
 *
 * @param content pageSvg: the page's figure, where it is another one
 */
export function saveFigure(name, { title, svg, pageSvg = svg, paragraphs, head, rows }) {
  mkdirSync("out/examples", { recursive: true });
  writeFileSync(`out/examples/${name}.svg`, svg);
  const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<style>
body { background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; max-width: 1000px; margin: 2em auto; padding: 0 1em }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
td, th { text-align: right; padding: 0.15em 0.9em; border-bottom: 1px solid var(--grid) }
td:first-child, th:first-child { text-align: left; padding-left: 0 }
</style>
${pageSvg}${paragraphs.map((paragraph) => `<p>${escaped(paragraph)}</p>`).join("\n")}
${htmlTable(head, rows)}
</html>
`;
  writeFileSync(`out/examples/${name}.html`, page);
  writeFileSync(`out/examples/${name}.json`, `${JSON.stringify({ head, rows }, null, 1)}\n`);
  console.log(`\nout/examples/${name}.svg and ${name}.html are written.`);
}
