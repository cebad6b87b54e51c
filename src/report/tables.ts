import type { EvaluationResult, FitResult } from "../train/options.js";
import type { ReportData } from "./data.js";
import { trainingEpochs } from "./data.js";
import { type Html, html } from "./html.js";
import { bytesText, countText, numberText, percentText } from "./text.js";

/** The numbers that a run is remembered by. */
export function factsOf({ result = {}, options }: ReportData): Html {
  const { loss, lossName, validation, steps, epochs, stepMs } = result;
  const { usedBytes, plannedBytes, fingerprint } = result;
  const planned = (options as { epochs?: number } | undefined)?.epochs;
  const facts = [
    loss !== undefined &&
      fact("Training loss", numberText(loss), `${lossName ?? ""}, mean of the last epoch`),
    validation && fact("Validation loss", numberText(validation.loss), rowsText(validation)),
    validation?.accuracy !== undefined &&
      fact(
        "Validation accuracy",
        percentText(validation.accuracy),
        `0-1 error ${percentText(1 - validation.accuracy)}`,
      ),
    epochs !== undefined && fact("Epochs", countText(epochs), epochWords(result, planned)),
    steps !== undefined && fact("Steps", countText(steps), "updates of the weights"),
    stepMs !== undefined &&
      fact("Time per step", `${stepMs.toPrecision(3)} ms`, "mean of all steps"),
    usedBytes !== undefined &&
      fact("Memory", bytesText(usedBytes), `used of ${countText(plannedBytes ?? 0)} bytes planned`),
    fingerprint !== undefined &&
      fact("Fingerprint", fingerprint, "of the weights, the same on every machine", "hash"),
  ];
  const there = facts.filter((one) => one !== undefined && one !== false);
  return there.length === 0 ? html`` : html`<dl class="facts">${there}</dl>`;
}

function epochWords(
  { bestEpoch, epochs = 0, steps = 0 }: Partial<FitResult>,
  planned: number | undefined,
): string {
  if (bestEpoch !== undefined) return `the weights of epoch ${bestEpoch} were kept`;
  if (planned !== undefined && planned > epochs) return `of ${countText(planned)}`;
  return epochs > 0 ? `${countText(Math.round(steps / epochs))} steps each` : "";
}

function rowsText({ rows }: EvaluationResult): string {
  return `on ${countText(rows)} held-out rows`;
}

function fact(term: string, value: string, more: string, kind = ""): Html {
  return html`<div><dt>${term}</dt><dd><strong class="${kind}">${value}</strong><span>${more}</span></dd></div>
`;
}

/** Why the run ended, and what was told while it ran. */
export function notesOf({ failure, result, notes = [] }: ReportData): Html {
  const ends = [
    failure && html`<li class="failure">${failure}</li>`,
    result?.interrupted &&
      html`<li class="failure">Interrupted after step ${countText(result.steps ?? 0)}; the weights are those of that step.</li>`,
    result?.stoppedEarly && html`<li>The run was stopped early.</li>`,
  ];
  const all = [...ends, ...notes.map((note) => html`<li>${note}</li>`)];
  const there = all.filter((one) => one instanceof Object);
  return there.length === 0 ? html`` : html`<ul class="notes">${there}</ul>`;
}

export function epochTable({ epochs: all = [] }: ReportData): Html {
  const epochs = trainingEpochs(all);
  if (epochs.length === 0) return html``;
  const hasPhases = epochs.some(({ phase }) => phase !== undefined);
  const heads = [...(hasPhases ? ["phase"] : []), "epoch", "training loss"];
  if (epochs.some(({ validation }) => validation)) heads.push("validation loss");
  const hasAccuracy = epochs.some(({ validation }) => validation?.accuracy !== undefined);
  if (hasAccuracy) heads.push("accuracy");
  const rows = epochs.map(({ phase = "", epoch, trainLoss, validation }) => {
    const { loss, accuracy } = validation ?? {};
    const place = [...(hasPhases ? [phase] : []), countText(epoch)];
    const values = [...place, numberText(trainLoss)];
    if (heads.includes("validation loss")) values.push(loss === undefined ? "–" : numberText(loss));
    if (hasAccuracy) values.push(accuracy === undefined ? "–" : percentText(accuracy));
    return values;
  });
  return html`<details><summary>Numbers of every epoch</summary>${numberTable(heads, rows, "Epochs")}</details>`;
}

export function phaseTable({ result }: ReportData): Html {
  const { phases = [] } = result ?? {};
  if (phases.length < 2) return html``;
  const rows = phases.map(({ name, steps, epochs, loss }) => {
    return [name, countText(steps), countText(epochs), numberText(loss)];
  });
  return section("Phases", numberTable(["phase", "steps", "epochs", "loss"], rows, "Phases"));
}

/** Layers and parameters, and what of them was trained. */
export function modelTables({ layers = [], parameters = [] }: ReportData): Html {
  const elements = ({ shape }: { shape: readonly number[] }) => shape.reduce((a, b) => a * b, 1);
  const states = parameters.map((row) => ({ ...row, state: stateOf(row) }));
  const sum = (state: string) =>
    states.filter((row) => row.state === state).reduce((total, row) => total + elements(row), 0);
  const rows = states.map((row) => {
    const { name, shape, state } = row;
    const cells = html`<td><code>${name}</code></td><td>${shapeText(shape)}</td><td class="number">${countText(elements(row))}</td><td>${state}</td>`;
    return html`<tr class="${state === "trained" ? "" : "frozen"}">${cells}</tr>
`;
  });
  const words = `${countText(sum("trained"))} values are trained, ${countText(sum("frozen"))} are frozen.`;
  const table = html`<p class="muted">${words}</p>
<div class="scroll" tabindex="0" role="region" aria-label="Parameters"><table class="names">
<thead><tr><th scope="col">parameter</th><th scope="col">shape</th><th scope="col" class="number">values</th><th scope="col">state</th></tr></thead><tbody>${rows}</tbody></table></div>`;
  const body = html`${parameters.length > 0 ? table : undefined}${layerTable(layers)}`;
  return parameters.length + layers.length === 0 ? html`` : section("Model", body);
}

function layerTable(layers: NonNullable<ReportData["layers"]>): Html {
  if (layers.length === 0) return html``;
  const rows = layers.map(({ name, op, shape }) => {
    return html`<tr><td><code>${name}</code></td><td>${op}</td><td>${shape ? shapeText(shape) : "–"}</td></tr>
`;
  });
  return html`<details><summary>${countText(layers.length)} layers</summary><div class="scroll" tabindex="0" role="region" aria-label="Layers"><table class="names">
<thead><tr><th scope="col">layer</th><th scope="col">op</th><th scope="col">output</th></tr></thead><tbody>${rows}</tbody></table></div></details>`;
}

function stateOf({ role, trainable }: NonNullable<ReportData["parameters"]>[number]): string {
  if (trainable) return "trained";
  if (role === "statistic") return "running statistic";
  return role === "constant" ? "constant" : "frozen";
}

function shapeText(shape: readonly (number | string)[]): string {
  return shape.length === 0 ? "scalar" : shape.join(" × ");
}

/** The resolved options as JSON. */
export function optionsOf({ options }: ReportData): Html {
  if (options === undefined) return html``;
  const json = JSON.stringify(options, null, 2);
  const copy = html`<button type="button" data-copy="options">Copy</button>`;
  return section(
    "Options",
    html`<p class="muted">As they were resolved. Saved to a file, <code>strop train MODEL --config FILE</code> runs them again.</p>
<pre id="options" tabindex="0">${json}</pre>`,
    copy,
  );
}

export function section(title: string, body: Html, control?: Html): Html {
  return html`<section><div class="title"><h2>${title}</h2>${control}</div>
${body}</section>
`;
}

/** A name or a number, then numbers. */
function numberTable(heads: readonly string[], rows: readonly string[][], label: string): Html {
  const kind = (column: number) => (column === 0 ? "name" : "number");
  const head = heads.map((text, i) => html`<th scope="col" class="${kind(i)}">${text}</th>`);
  const body = rows.map((cells) => {
    return html`<tr>${cells.map((text, i) => html`<td class="${kind(i)}">${text}</td>`)}</tr>
`;
  });
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${label}"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}
