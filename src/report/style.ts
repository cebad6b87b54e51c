import { type Color, type ColorName, HEAT_MAX, PALETTE } from "./palette.js";

/**
 * The page's style sheet: light and dark, from a phone's width to paper. Paper is white whatever the screen was:
 * `:not(#paper)` outweighs the theme's attribute.
 */
export function styleSheet(): string {
  return `:root {
  color-scheme: light;
${variables(PALETTE.light)}
}
@media (prefers-color-scheme: dark) {
  :root:not([data-theme="light"]) {
    color-scheme: dark;
${variables(PALETTE.dark)}
  }
}
:root[data-theme="dark"] {
  color-scheme: dark;
${variables(PALETTE.dark)}
}
@media print {
  :root:not(#paper) {
    color-scheme: light;
${variables(PALETTE.light)}
  }
}
${RULES}`;
}

function variables(colors: Readonly<Record<ColorName, Color>>): string {
  const { training, validation } = colors;
  const named = Object.entries(colors).map(
    ([name, color]) => `  --${name}: rgb(${color.join(" ")});`,
  );
  const heat = Object.entries({ right: training, wrong: validation });
  return [...named, ...heat.map(([name, color]) => `  --${name}: ${color.join(" ")};`)].join("\n");
}

const RULES = `
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0 auto;
  padding: 2.5rem 1.25rem 4rem;
  max-width: 58rem;
  background: var(--background);
  color: var(--text);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums;
}
header { display: flex; gap: 1rem; align-items: baseline; justify-content: space-between; }
h1 { margin: 0; font-size: 1.625rem; line-height: 1.25; font-weight: 650; letter-spacing: -0.015em; overflow-wrap: anywhere; }
h2 { margin: 0; font-size: 1.125rem; line-height: 1.4; font-weight: 650; letter-spacing: -0.005em; }
p { margin: 0.125rem 0 0; max-width: 42rem; font-size: 0.9375rem; }
section { margin-top: 3rem; }
.muted, figcaption, footer { color: var(--muted); }
.title { display: flex; gap: 1rem; align-items: baseline; justify-content: space-between; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; font-size: 0.875em; }
a { color: var(--training); }

.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(11.5rem, 1fr)); gap: 1.5rem 2rem; margin: 2rem 0 0; padding: 1.5rem 0; border: solid var(--rule); border-width: 1px 0; }
.facts div { min-width: 0; }
dt { color: var(--muted); font-size: 0.8125rem; }
dd { margin: 0; overflow-wrap: anywhere; }
dd strong { display: block; font-size: 1.5rem; line-height: 1.3; font-weight: 600; letter-spacing: -0.02em; }
dd strong.hash { font-size: 1rem; line-height: 1.95; letter-spacing: 0; }
dd span { display: block; line-height: 1.45; color: var(--muted); font-size: 0.8125rem; }

.notes { margin: 2rem 0 0; padding: 0; list-style: none; }
.notes li { padding: 0.375rem 0 0.375rem 0.875rem; border-left: 3px solid var(--rule); overflow-wrap: anywhere; }
.notes li + li { margin-top: 0.25rem; }
.notes .failure { border-color: var(--warning); font-weight: 600; }

figure { margin: 0; }
figcaption { margin: 0.125rem 0 0.75rem; max-width: 42rem; font-size: 0.9375rem; overflow-wrap: anywhere; }
.chart { min-height: 18rem; overflow: hidden; }
.uplot { font-family: inherit; }
.u-legend { color: var(--text); font-size: 0.8125rem; margin: 0.25rem 0 0; text-align: left; }
.u-legend th { font-weight: 400; }
.u-legend td { color: var(--muted); }
.u-legend .u-marker { width: 0.75em; height: 0.75em; border-radius: 2px; }
.u-legend .faint .u-marker { opacity: 0.4; }
.u-legend .dots .u-marker { border-radius: 50%; }
.u-legend .u-series:first-child .u-marker { display: none; }
.u-inline tr { margin-right: 0.75rem; }
.u-select { background: color-mix(in srgb, var(--training) 15%, transparent); }
.u-hz .u-cursor-x, .u-vt .u-cursor-y { border-color: var(--muted); }

button { padding: 0.25rem 0.75rem; border: 1px solid var(--rule); border-radius: 0.375rem; background: transparent; color: var(--text); font: inherit; font-size: 0.8125rem; line-height: 1.5; white-space: nowrap; cursor: pointer; }
button:hover { background: var(--panel); }
button[aria-pressed="true"] { background: var(--text); border-color: var(--text); color: var(--background); }
:focus-visible { outline: 2px solid var(--training); outline-offset: 2px; }

.scroll { overflow-x: auto; margin-top: 0.75rem; }
table { border-collapse: collapse; font-size: 0.875rem; }
th, td { padding: 0.3125rem 1.25rem 0.3125rem 0; text-align: left; vertical-align: top; }
th { font-weight: 600; }
thead th { color: var(--muted); font-weight: 400; border-bottom: 1px solid var(--rule); white-space: nowrap; }
.number { text-align: right; white-space: nowrap; }
.name { overflow-wrap: anywhere; }
.names td:first-child, .names th:first-child { overflow-wrap: anywhere; min-width: 9rem; }
.names tbody tr { border-bottom: 1px solid var(--rule); }
.frozen { color: var(--muted); }

.confusion th, .confusion td { padding: 0.375rem 0.5rem; text-align: right; min-width: 2.75rem; white-space: nowrap; }
.confusion .corner, .confusion tbody th { text-align: left; padding-left: 0; }
.confusion tbody th { position: sticky; left: 0; background: var(--background); }
.confusion td { border: 1px solid var(--background); }
.confusion .none { color: var(--muted); }
.confusion .right { background: rgb(var(--right) / calc(var(--heat) * ${HEAT_MAX})); font-weight: 600; }
.confusion .wrong { background: rgb(var(--wrong) / calc(var(--heat) * ${HEAT_MAX})); }
.confusion .sum { padding-left: 1rem; white-space: nowrap; }

details { margin-top: 1rem; }
summary { cursor: pointer; color: var(--muted); font-size: 0.9375rem; }
pre { margin: 0.75rem 0 0; padding: 1rem; border-radius: 0.5rem; background: var(--panel); overflow-x: auto; line-height: 1.5; }
footer { margin-top: 4rem; padding-top: 1rem; border-top: 1px solid var(--rule); font-size: 0.8125rem; }

@media (max-width: 30rem) {
  body { padding-top: 1.5rem; }
  h1 { font-size: 1.375rem; }
  .facts { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 1.25rem; }
  dd strong { font-size: 1.25rem; }
  dd strong.hash { font-size: 0.8125rem; line-height: 2; }
  th, td { padding-right: 0.75rem; }
}
@media print {
  body { padding: 0; max-width: none; font-size: 10pt; }
  button { display: none; }
  figure, .facts, tr { break-inside: avoid; }
  h2 { break-after: avoid; }
  section { margin-top: 1.5rem; }
  .scroll { overflow: visible; }
  pre { white-space: pre-wrap; }
}
`;
