// Runs of several ways side by side: a dot for each run, a line at each way's mean.

import { linear, panel, text } from "./figure.mjs";

export const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;

/** A share in percent, to a tenth. */
export const percent = (share) => Number((100 * share).toFixed(1));

/** Mean, lowest and highest accuracy of some runs, as cells of a table. */
export function spread(runs) {
  const all = runs.map(({ accuracy }) => accuracy);
  return [mean(all), Math.min(...all), Math.max(...all)].map((share) => `${percent(share)} %`);
}

/** Multiply-adds, or their like, of a whole run: of each phase what a step takes, as often as it has epochs. */
export function workOf(model, { epochs, ...sizes }) {
  const { steps } = model.plan({ epochs, ...sizes });
  const phases = model.phases({ epochs });
  return steps.reduce((sum, step, i) => sum + step.workPerStep * phases[i].epochs, 0);
}

/**
 * A panel with a column for each way.
 *
 * @param ways { way, runs }, each run with its accuracy
 * @param from the lowest accuracy in percent, and ticks from it up; colorOf the number of a way's colour
 */
export function strips(place, ways, { from, ticks, colorOf = (way) => way % 5 }) {
  const { x, y, width, height } = place;
  const scales = { x: linear(-0.5, ways.length - 0.5), y: linear(from, 100, ticks) };
  const draw = ({ line, dot }) =>
    ways.flatMap(({ runs }, i) => {
      const share = 100 * mean(runs.map(({ accuracy }) => accuracy));
      const middle = (runs.length - 1) / 2;
      const spacing = 0.45 / runs.length;
      return [
        line(
          [
            [i - 0.25, share],
            [i + 0.25, share],
          ],
          `s${colorOf(i)}`,
        ),
        ...runs.map(({ accuracy }, j) =>
          dot([i + (j - middle) * spacing, 100 * accuracy], `f${colorOf(i)}`, 3),
        ),
      ];
    });
  const labels = ways.map(({ way, runs }, i) => {
    const at = x + ((i + 0.5) * width) / ways.length;
    const share = percent(mean(runs.map(({ accuracy }) => accuracy)));
    return (
      text(at, y + height + 20, way, "middle") +
      text(at, y + height + 36, `mean ${share} %`, "muted middle")
    );
  });
  return panel(place, scales, (tools) => draw(tools).join("")) + labels.join("");
}
