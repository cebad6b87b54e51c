// Which function UNARY, UNARY_BACKWARD and BINARY compute: their attribute `kind`. a, b and c are UNARY's
// parameters, σ is the logistic function, Φ and φ are the normal distribution and its density.

// y = f(x), and in the second column what UNARY_BACKWARD multiplies dy by. It is given the one of x and y
// that the formula names.

/** |x|; sign x, 0 at 0. */
export const UNARY_ABS: u32 = 0;
/** eˣ; y. */
export const UNARY_EXP: u32 = 1;
/** log x; 1/x. */
export const UNARY_LOG: u32 = 2;
/** √x; 1/(2y), 0 at 0. Differs from PyTorch, which has ∞ there: so the norm of a zero vector has the gradient 0. */
export const UNARY_SQRT: u32 = 3;
/** 1/x; −y². */
export const UNARY_RECIPROCAL: u32 = 4;
/** erf x; 2/√π·e^(−x²). */
export const UNARY_ERF: u32 = 5;
/** x < 0 ? a·x : x; of x, or of y if a ≥ 0: x > 0 ? 1 : a. */
export const UNARY_LEAKY_RELU: u32 = 6;
/** x > 0 ? c·x : a·(e^(b·x) − 1); y > 0 ? c : b·(y + a). ELU, SELU and CELU; a, b and c are above 0. */
export const UNARY_ELU: u32 = 7;
/** x·Φ(x); Φ(x) + x·φ(x). */
export const UNARY_GELU: u32 = 8;
/** x/2·(1 + t), t = tanh(√(2/π)·(x + 0.044715·x³)); (1 + t)/2 + x/2·(1 − t²)·√(2/π)·(1 + 0.134145·x²). */
export const UNARY_GELU_TANH: u32 = 9;
/** min(max(a·x + b, 0), 1); 0 < y < 1 ? a : 0. */
export const UNARY_HARD_SIGMOID: u32 = 10;
/** x·min(max(x/6 + ½, 0), 1); x < −3 ? 0 : x > 3 ? 1 : x/3 + ½. */
export const UNARY_HARD_SWISH: u32 = 11;
/** x·s, s = σ(a·x); s·(1 + a·x·(1 − s)). */
export const UNARY_SWISH: u32 = 12;
/** x·t, t = tanh(log(1 + eˣ)); t + x·(1 − t²)·σ(x). */
export const UNARY_MISH: u32 = 13;
/** log(1 + eˣ); σ(a·x); a is 1. */
export const UNARY_SOFTPLUS: u32 = 14;
/** x/(1 + |x|); (1 − |y|)². */
export const UNARY_SOFTSIGN: u32 = 15;
/** min(max(x, a), b); a < y < b ? 1 : 0, as PyTorch's hardtanh and relu6 (its clamp has 1 at a and b too). */
export const UNARY_CLIP: u32 = 16;
/** x > a ? x : 0; y = 0 ? 0 : 1. */
export const UNARY_THRESHOLDED_RELU: u32 = 17;
/** How many there are. */
export const UNARY_KINDS: u32 = 18;

// y = f(a, b)

/** a + b. */
export const BINARY_ADD: u32 = 0;
/** a − b. */
export const BINARY_SUB: u32 = 1;
/** a·b. */
export const BINARY_MUL: u32 = 2;
/** a/b. */
export const BINARY_DIV: u32 = 3;
/** The smaller; NaN if one is. */
export const BINARY_MIN: u32 = 4;
/** The larger; NaN if one is. */
export const BINARY_MAX: u32 = 5;
/** aᵇ: e^(b·log|a|), negative for a < 0 and odd b, NaN for a < 0 and broken b; error 2 + |b·log a| ULP. */
export const BINARY_POW: u32 = 6;
/** a < 0 ? a·b : a. */
export const BINARY_PRELU: u32 = 7;

// Factors of gradients

/** a < b ? 1 : a = b ? ½ : 0: of min by a; with a and b exchanged of max. */
export const BINARY_LESS: u32 = 8;
/** a = b ? 1 : 0. */
export const BINARY_EQUAL: u32 = 9;
/** b·a^(b − 1), 0 for b = 0: of pow by a. */
export const BINARY_POW_SLOPE: u32 = 10;
/** b = 0 ? 0 : a·log b: of pow by its exponent, a being the power and b its base. */
export const BINARY_TIMES_LOG: u32 = 11;
/** a > 0 ? 1 : b: of prelu by a. */
export const BINARY_PRELU_SLOPE: u32 = 12;
/** a > 0 ? b : 0: relu's gradient by its output, of a dy that may repeat. */
export const BINARY_GATE: u32 = 13;
/** How many there are. */
export const BINARY_KINDS: u32 = 14;
