/** A colour, red, green and blue from 0 to 255. */
export type Color = readonly [red: number, green: number, blue: number];

/**
 * The page's colours. Text reaches WCAG AA (4.5) on the background and on every cell of the confusion matrix,
 * lines and areas reach 3 (tests/report/palette.test.ts).
 */
export const PALETTE = {
  light: {
    background: [255, 255, 255],
    text: [27, 31, 36],
    muted: [87, 96, 106],
    rule: [221, 225, 230],
    panel: [246, 247, 249],
    training: [31, 95, 191],
    validation: [184, 80, 11],
    warning: [180, 35, 24],
    weights: [31, 95, 191],
    gradients: [196, 89, 17],
    optimizer: [122, 80, 176],
    activations: [28, 125, 79],
    scratch: [176, 58, 106],
    rows: [20, 127, 140],
    program: [110, 118, 129],
  },
  dark: {
    background: [19, 22, 26],
    text: [230, 233, 237],
    muted: [158, 167, 178],
    rule: [48, 54, 61],
    panel: [28, 32, 37],
    training: [116, 167, 255],
    validation: [245, 160, 84],
    warning: [255, 138, 128],
    weights: [88, 144, 230],
    gradients: [226, 133, 62],
    optimizer: [165, 128, 217],
    activations: [74, 172, 122],
    scratch: [217, 110, 155],
    rows: [64, 170, 184],
    program: [139, 148, 158],
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Color>>>>;

export type ColorName = keyof (typeof PALETTE)["light"];

/** How strong the fullest cell of the confusion matrix is painted. */
export const HEAT_MAX = 0.5;
