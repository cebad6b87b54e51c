import { type Chart, gradientCharts, learningCharts } from "./charts.js";
import { confusionTable } from "./confusion-table.js";
import type { ReportData } from "./data.js";
import { Html, html, jsonForScript } from "./html.js";
import { memoryChart } from "./memory-chart.js";
import { styleSheet } from "./style.js";
import {
  epochTable,
  factsOf,
  modelTables,
  notesOf,
  optionsOf,
  phaseTable,
  section,
} from "./tables.js";

/** What the page is made with, but for the data: read from files by whoever has files. */
export interface PageAssets {
  /** Strop's. */
  readonly version: string;
  readonly chartVersion: string;
  readonly chartStyle: string;
  /** In the order in which they run. */
  readonly scripts: readonly Script[];
}

export interface Script {
  readonly type: "classic" | "module";
  readonly text: string;
  /** The text's SHA-256 in base64: the page's policy lets no other script run. */
  readonly sha256: string;
}

/** Timelines of more step procedures would be the whole page. */
const TIMELINES_MAX = 6;

/** A run as one HTML page that needs nothing else: no network, no files. */
export function reportPage(data: ReportData, assets: PageAssets): string {
  const learning = learningCharts(data);
  const gradient = gradientCharts(data);
  const memory = (data.memory ?? []).slice(0, TIMELINES_MAX).map(memoryChart);
  const specs = [...learning, ...gradient, ...memory].flatMap(({ spec }) => (spec ? [spec] : []));
  const { version, chartVersion } = assets;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policyOf(assets)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="Strop ${version}">
<title>${data.title} – Strop</title>
<style>${new Html(assets.chartStyle)}
${new Html(styleSheet())}</style>
</head>
<body>
<header><h1>${data.title}</h1><button type="button" id="theme" aria-label="Switch between light and dark">Dark</button></header>
<main>
${factsOf(data)}
${notesOf(data)}
${learning.map((chart) => chartSection(chart, chart.spec?.id === "loss" ? epochTable(data) : undefined))}
${phaseTable(data)}
${data.confusion ? section("Confusion matrix", confusionTable(data.confusion, data.classNames)) : undefined}
${gradient.map((chart) => chartSection(chart))}
${memory.map((chart) => chartSection(chart))}
${modelTables(data)}
${optionsOf(data)}
</main>
<footer>Strop ${version}. Charts by uPlot ${chartVersion}, © Leon Sorokin, MIT License; drag over one to enlarge, double-click to return.</footer>
<script type="application/json" id="charts">${jsonForScript(specs)}</script>
${assets.scripts.map(scriptElement)}
</body>
</html>
`.text;
}

function chartSection({ title, words, spec }: Chart, more?: Html): Html {
  if (!spec) return section(title, html`<p class="muted">${words}</p>${more}`);
  const log = html`<button type="button" data-log="${spec.id}" aria-pressed="false">Log scale</button>`;
  const body = html`<figure><figcaption>${words}</figcaption><div class="chart" id="${spec.id}" aria-hidden="true"></div></figure>${more}`;
  return section(title, body, spec.canLog ? log : undefined);
}

/** Only the page's own scripts run, whatever a name in the data tries; nothing is fetched. */
function policyOf({ scripts }: PageAssets): string {
  const hashes = scripts.map(({ sha256 }) => `'sha256-${sha256}'`).join(" ");
  return `default-src 'none'; script-src ${hashes}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'`;
}

function scriptElement({ type, text }: Script): Html {
  if (/<\/script|<!--/i.test(text)) throw new Error("a script that would end its own element");
  const open = type === "module" ? '<script type="module">' : "<script>";
  return new Html(`${open}${text}</script>\n`);
}
