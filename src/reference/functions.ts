import * as f from "../../assembly/abi/functions.js";

// What assembly/abi/functions.ts lists, in f64.

type Unary = (x: number, a: number, b: number, c: number) => number;

/** erf x = 2/√π·e^(−x²)·Σ 2ᵏ·x^(2k+1) / (1·3·…·(2k+1)): all terms of one sign, so that nothing cancels. */
export function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let k = 1; k < 150; k++) {
    term *= (2 * x * x) / (2 * k + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

const logistic = (x: number) => 1 / (1 + Math.exp(-x));
const normal = (x: number) => (1 + erf(x / Math.SQRT2)) / 2;
const density = (x: number) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
const clip = (x: number, low: number, high: number) => Math.min(Math.max(x, low), high);
const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const geluTanh = (x: number) => Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3));
const inside = (y: number, low: number, high: number) => (low < y && y < high ? 1 : 0);

/** By kind: the function, and its derivative as a function of x or y, whichever the kind saves. */
export const UNARY_FUNCTIONS: ReadonlyMap<number, readonly [value: Unary, slope: Unary]> = new Map<
  number,
  readonly [Unary, Unary]
>([
  [f.UNARY_ABS, [Math.abs, (x) => (x > 0 ? 1 : x < 0 ? -1 : 0)]],
  [f.UNARY_EXP, [Math.exp, (y) => y]],
  [f.UNARY_LOG, [Math.log, (x) => 1 / x]],
  [f.UNARY_SQRT, [Math.sqrt, (y) => (y === 0 ? 0 : 1 / (2 * y))]],
  [f.UNARY_RECIPROCAL, [(x) => 1 / x, (y) => -y * y]],
  [f.UNARY_ERF, [erf, (x) => (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x)]],
  [f.UNARY_LEAKY_RELU, [(x, a) => (x < 0 ? a * x : x), (x, a) => (x > 0 ? 1 : a)]],
  [
    f.UNARY_ELU,
    [
      (x, a, b, c) => (x > 0 ? c * x : a * Math.expm1(b * x)),
      (y, a, b, c) => (y > 0 ? c : b * (y + a)),
    ],
  ],
  [f.UNARY_GELU, [(x) => x * normal(x), (x) => normal(x) + x * density(x)]],
  [
    f.UNARY_GELU_TANH,
    [
      (x) => 0.5 * x * (1 + geluTanh(x)),
      (x) => {
        const t = geluTanh(x);
        const inner = Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x);
        return 0.5 * (1 + t + x * (1 - t * t) * inner);
      },
    ],
  ],
  [f.UNARY_HARD_SIGMOID, [(x, a, b) => clip(a * x + b, 0, 1), (y, a) => a * inside(y, 0, 1)]],
  [
    f.UNARY_HARD_SWISH,
    [(x) => x * clip(x / 6 + 0.5, 0, 1), (x) => (x < -3 ? 0 : x > 3 ? 1 : x / 3 + 0.5)],
  ],
  [
    f.UNARY_SWISH,
    [
      (x, a) => x * logistic(a * x),
      (x, a) => logistic(a * x) * (1 + a * x * (1 - logistic(a * x))),
    ],
  ],
  [
    f.UNARY_MISH,
    [
      (x) => x * Math.tanh(softplus(x)),
      (x) => {
        const t = Math.tanh(softplus(x));
        return t + x * (1 - t * t) * logistic(x);
      },
    ],
  ],
  [f.UNARY_SOFTPLUS, [softplus, (x) => logistic(x)]],
  [f.UNARY_SOFTSIGN, [(x) => x / (1 + Math.abs(x)), (y) => (1 - Math.abs(y)) ** 2]],
  [f.UNARY_CLIP, [clip, inside]],
  [f.UNARY_THRESHOLDED_RELU, [(x, a) => (x > a ? x : 0), (y) => (y === 0 ? 0 : 1)]],
]);

export const BINARY_FUNCTIONS: ReadonlyMap<number, (a: number, b: number) => number> = new Map<
  number,
  (a: number, b: number) => number
>([
  [f.BINARY_ADD, (a, b) => a + b],
  [f.BINARY_SUB, (a, b) => a - b],
  [f.BINARY_MUL, (a, b) => a * b],
  [f.BINARY_DIV, (a, b) => a / b],
  [f.BINARY_MIN, (a, b) => Math.min(a, b)],
  [f.BINARY_MAX, (a, b) => Math.max(a, b)],
  [f.BINARY_POW, (a, b) => a ** b],
  [f.BINARY_PRELU, (a, b) => (a < 0 ? a * b : a)],
  [f.BINARY_LESS, (a, b) => (a < b ? 1 : a === b ? 0.5 : 0)],
  [f.BINARY_EQUAL, (a, b) => (a === b ? 1 : 0)],
  [f.BINARY_POW_SLOPE, (a, b) => (b === 0 ? 0 : b * a ** (b - 1))],
  [f.BINARY_TIMES_LOG, (a, b) => (b === 0 ? 0 : a * Math.log(b))],
  [f.BINARY_PRELU_SLOPE, (a, b) => (a > 0 ? 1 : b)],
  [f.BINARY_GATE, (a, b) => (a > 0 ? b : 0)],
]);
