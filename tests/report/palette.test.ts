import { describe, expect, test } from "vitest";
import { type Color, HEAT_MAX, PALETTE } from "../../src/report/palette.js";

/** Relative luminance, WCAG 2.2. */
function luminance(color: Color): number {
  const [red = 0, green = 0, blue = 0] = color.map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** From 1 to 21, WCAG 2.2. */
function contrast(a: Color, b: Color): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

function mixed(over: Color, under: Color, share: number): Color {
  const [red = 0, green = 0, blue = 0] = over.map(
    (channel, i) => channel * share + under[i]! * (1 - share),
  );
  return [red, green, blue];
}

describe.each(Object.entries(PALETTE))("%s", (_, colors) => {
  const { background, panel, rule, ...inks } = colors;

  test("text: WCAG AA, 4.5", () => {
    for (const ink of [inks.text, inks.muted, inks.training, inks.warning]) {
      expect(contrast(ink, background)).toBeGreaterThan(4.5);
    }
    expect(contrast(inks.text, panel)).toBeGreaterThan(4.5);
  });

  test("lines and areas: 3", () => {
    for (const [name, ink] of Object.entries(inks)) {
      expect(contrast(ink, background), name).toBeGreaterThan(3);
    }
    expect(contrast(rule, background)).toBeGreaterThan(1.2);
  });

  test("text on every heat of the confusion matrix: 4.5", () => {
    for (const heat of [inks.training, inks.validation]) {
      for (let share = 0; share <= 1; share += 0.05) {
        const under = mixed(heat, background, share * HEAT_MAX);
        expect(contrast(inks.text, under)).toBeGreaterThan(4.5);
      }
    }
  });
});
