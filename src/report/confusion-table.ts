import type { Confusion } from "../train/confusion.js";
import { type Html, html } from "./html.js";
import { countText, percentText } from "./text.js";

/** A larger matrix shows only the classes that are taken for others most often. */
const CLASSES_MAX = 24;
const NAME_MAX = 16;
/** As many pairs are listed beside a matrix that is cut. */
const PAIRS_MAX = 20;

/** The confusion matrix as a table, a row for each class with its recall. */
export function confusionTable(
  { rows, counts }: Confusion,
  classNames: readonly string[] = [],
): Html {
  const nameOf = (label: number) => classNames[label] ?? String(label);
  const shown = shownClasses(counts);
  const rest = counts.length - shown.length;
  const words =
    `A row for each class of the ${rows} rows, a column for what they were taken for.` +
    (rest > 0
      ? ` Of ${countText(counts.length)} classes, the ${shown.length} with most errors are shown.`
      : "");
  const head = shown.map((label) => nameCell("col", nameOf(label)));
  const other = rest > 0 ? html`<th scope="col">others</th>` : undefined;
  return html`<p class="muted">${words}</p>
<div class="scroll" tabindex="0" role="region" aria-label="Confusion matrix"><table class="confusion">
<thead><tr><th scope="col" class="corner">label</th>${head}${other}<th scope="col">rows</th><th scope="col">recall</th></tr></thead>
<tbody>${shown.map((label) => matrixRow(counts[label]!, label, shown, nameOf))}</tbody></table></div>
${rest > 0 ? pairsTable(counts, nameOf) : undefined}`;
}

/** A long name is cut; it stands whole in the title. */
function nameCell(scope: "col" | "row", name: string): Html {
  const short = name.length > NAME_MAX ? `${name.slice(0, NAME_MAX - 1)}…` : name;
  return html`<th scope="${scope}" title="${name}">${short}</th>`;
}

function matrixRow(
  row: readonly number[],
  label: number,
  shown: readonly number[],
  nameOf: (label: number) => string,
): Html {
  const total = row.reduce((a, b) => a + b, 0);
  const cells = shown.map((predicted) => cell(row[predicted]!, total, predicted === label));
  const inside = shown.reduce((sum, predicted) => sum + row[predicted]!, 0);
  const other = shown.length < row.length ? cell(total - inside, total, false) : undefined;
  const recall = total === 0 ? "–" : percentText(row[label]! / total);
  return html`<tr>${nameCell("row", nameOf(label))}${cells}${other}<td class="sum">${countText(total)}</td><td class="sum">${recall}</td></tr>
`;
}

/** @param total rows of its class: the full heat. Its root shows that a few are not none. */
function cell(count: number, total: number, isRight: boolean): Html {
  if (count === 0) return html`<td class="none">0</td>`;
  const heat = Math.sqrt(count / total).toFixed(3);
  return html`<td class="${isRight ? "right" : "wrong"}" style="--heat:${heat}">${countText(count)}</td>`;
}

/** All classes of a small matrix; of a large one those with most rows beside the diagonal, in their own order. */
function shownClasses(counts: Confusion["counts"]): number[] {
  const labels = counts.map((_, label) => label);
  if (labels.length <= CLASSES_MAX) return labels;
  const errors = counts.map(() => 0);
  counts.forEach((row, label) => {
    row.forEach((count, predicted) => {
      if (label === predicted) return;
      errors[label]! += count;
      errors[predicted]! += count;
    });
  });
  const worst = labels.sort((a, b) => errors[b]! - errors[a]! || a - b).slice(0, CLASSES_MAX);
  return worst.sort((a, b) => a - b);
}

function pairsTable(counts: Confusion["counts"], nameOf: (label: number) => string): Html {
  const pairs = counts.flatMap((row, label) =>
    row.flatMap((count, predicted) => {
      return count > 0 && label !== predicted ? [{ label, predicted, count }] : [];
    }),
  );
  const worst = pairs.sort((a, b) => b.count - a.count).slice(0, PAIRS_MAX);
  if (worst.length === 0) return html`<p>No row was taken for another class.</p>`;
  const rows = worst.map(({ label, predicted, count }) => {
    return html`<tr><td>${nameOf(label)}</td><td>${nameOf(predicted)}</td><td class="number">${countText(count)}</td></tr>`;
  });
  return html`<details><summary>The most frequent confusions</summary><div class="scroll" tabindex="0" role="region" aria-label="Confusions"><table>
<thead><tr><th scope="col">label</th><th scope="col">taken for</th><th scope="col" class="number">rows</th></tr></thead><tbody>${rows}</tbody></table></div></details>`;
}
