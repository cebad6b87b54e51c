// One constant an opcode, compiled by asc and by tsc. The word itself is the instruction's signature:
//
//   bits  0–7   number of the opcode
//   bits  8–11  how many operands (tensor ids) follow
//   bits 12–15  how many attributes (u32, or the bits of an f32) follow the operands
//   bits 16–23  which operands are written: bit i is operand i
//   bits 24–31  which operands may lie exactly where the first written one lies (in place)
//
// An instruction is [opcode, work, operands…, attributes…], so a reader needs no table to step over it.
// Operands are listed inputs first. `rows` below is what is left of a tensor's elements once the named
// sizes are divided out; it is how the batch enters. Every tensor is f32 unless a line says otherwise.

// Movement and elementwise

/** y = value. Operands y; attributes value (f32). */
export const FILL: u32 = 1 | (1 << 8) | (1 << 12) | (0b1 << 16);
/** y = x. Operands x, y. */
export const COPY: u32 = 2 | (2 << 8) | (0b10 << 16);
/** y = alpha·x. Operands x, y; attributes alpha (f32). */
export const SCALE: u32 = 4 | (2 << 8) | (1 << 12) | (0b10 << 16) | (0b01 << 24);
/** y = a + b, all of one size. Operands a, b, y. */
export const ADD: u32 = 5 | (3 << 8) | (0b100 << 16) | (0b011 << 24);
/**
 * y[i0,i1,i2,i3] = f(a[Σ i·strideA], b[Σ i·strideB]); a stride of 0 broadcasts. Operands a, b, y;
 * attributes d1 d2 d3, strideA 0–3, strideB 0–3 (elements), kind (BINARY_… of functions.ts).
 * d0 = elements(y) / (d1·d2·d3). In place where a, or b, is read in y's own order.
 */
export const BINARY: u32 = 6 | (3 << 8) | (12 << 12) | (0b100 << 16) | (0b011 << 24);
/**
 * da[j] = Σ dy[i0,i1,i2,i3] over all i with Σ i·stride = j: the adjoint of a broadcast. Operands dy, da;
 * attributes d1 d2 d3, stride 0–3. Each sum ascends over (i0,i1,i2,i3) in blocks of 256 terms.
 */
export const BROADCAST_SUM: u32 = 7 | (2 << 8) | (7 << 12) | (0b10 << 16);
/** y[n] = Σ_rows x[rows,n], ascending in blocks of 256 rows. Operands x, y; attributes n. */
export const COLUMN_SUM: u32 = 8 | (2 << 8) | (1 << 12) | (0b10 << 16);
/**
 * y[i0,i1,i2,i3] = x[offset + Σ i·stride]: a transpose of up to four axes, a part of x, or x repeated. Operands x, y;
 * attributes d1 d2 d3, stride 0–3 (i32), offset.
 */
export const PERMUTE: u32 = 9 | (2 << 8) | (8 << 12) | (0b10 << 16);
/** y[offset + Σ i·stride] = x[i0,i1,i2,i3]; the rest of y stays as it is. Operands x, y; attributes as PERMUTE's. */
export const PLACE: u32 = 134 | (2 << 8) | (8 << 12) | (0b10 << 16);
/** y = x < 0 ? 0 : x. Operands x, y. */
export const RELU: u32 = 10 | (2 << 8) | (0b10 << 16) | (0b01 << 24);
/** dx = y > 0 ? dy : 0. Operands y, dy, dx. */
export const RELU_BACKWARD: u32 = 11 | (3 << 8) | (0b100 << 16) | (0b011 << 24);
/** y = tanh(x). Operands x, y. */
export const TANH: u32 = 12 | (2 << 8) | (0b10 << 16) | (0b01 << 24);
/** dx = dy·(1 − y²). Operands y, dy, dx. */
export const TANH_BACKWARD: u32 = 13 | (3 << 8) | (0b100 << 16) | (0b011 << 24);
/** y = 1 / (1 + e⁻ˣ). Operands x, y. */
export const SIGMOID: u32 = 14 | (2 << 8) | (0b10 << 16) | (0b01 << 24);
/** dx = dy·y·(1 − y). Operands y, dy, dx. */
export const SIGMOID_BACKWARD: u32 = 15 | (3 << 8) | (0b100 << 16) | (0b011 << 24);
/** y[r,:] = softmax(x[r,:]). Operands x, y; attributes n. */
export const SOFTMAX: u32 = 16 | (2 << 8) | (1 << 12) | (0b10 << 16) | (0b01 << 24);

// Matrix products. Each output is an ascending chain over the summed axis in blocks of 256, bias last

/** c[m,n] = a[m,k]·b[k,n]. Operands a, b, c; attributes n, k; m = elements(a) / k. */
export const GEMM_NN: u32 = 20 | (3 << 8) | (2 << 12) | (0b100 << 16);
/** c[m,n] = a[m,k]·b[n,k]ᵀ. Operands a, b, c; attributes n, k; m = elements(a) / k. */
export const GEMM_NT: u32 = 21 | (3 << 8) | (2 << 12) | (0b100 << 16);
/** c[m,n] = a[k,m]ᵀ·b[k,n]. Operands a, b, c; attributes m, n; k = elements(a) / m. */
export const GEMM_TN: u32 = 22 | (3 << 8) | (2 << 12) | (0b100 << 16);
/** c[m,n] = a[m,k]·b[k,n] + bias[n]. Operands a, b, bias, c; attributes n, k. */
export const GEMM_NN_BIAS: u32 = 23 | (4 << 8) | (2 << 12) | (0b1000 << 16);
/** c[m,n] = a[m,k]·b[n,k]ᵀ + bias[n]. Operands a, b, bias, c; attributes n, k. */
export const GEMM_NT_BIAS: u32 = 24 | (4 << 8) | (2 << 12) | (0b1000 << 16);

// Convolution, NHWC. x [rows,height,width,channels], y [rows,outHeight,outWidth,outChannels],
// w [kernelH,kernelW,channels/groups,outChannels]. Attributes, always these fifteen:
// height width channels outHeight outWidth outChannels kernelH kernelW strideH strideW padTop padLeft
// dilationH dilationW groups. Sums ascend over (kernel row, kernel column, channel) in blocks of 256;
// a term outside the image counts its place in the block and adds nothing.

/** y = x ∗ w. Operands x, w, y. */
export const CONV2D: u32 = 30 | (3 << 8) | (15 << 12) | (0b100 << 16);
/** y = x ∗ w + b[outChannels]. Operands x, w, b, y. */
export const CONV2D_BIAS: u32 = 31 | (4 << 8) | (15 << 12) | (0b1000 << 16);
/** dx from dy, gathered: sums ascend over (kernel row, kernel column, output channel of the group). Operands dy, w, dx. */
export const CONV2D_BACKWARD_INPUT: u32 = 32 | (3 << 8) | (15 << 12) | (0b100 << 16);
/** dw: sums ascend over (row, output row, output column). Operands x, dy, dw. */
export const CONV2D_BACKWARD_PARAMS: u32 = 33 | (3 << 8) | (15 << 12) | (0b100 << 16);

// Batch normalization over the rows of x[rows,channels]

/**
 * mean[c] = pilot + Σ_rows (x − pilot) / rows, pilot being the mean of the first 256 rows; variance[c] =
 * Σ_rows (x − mean)² / rows. Operands x, mean, variance; attributes channels.
 */
export const BATCH_NORM_STATS: u32 = 40 | (3 << 8) | (1 << 12) | (0b110 << 16);
/** invStd = 1 / √(variance + eps). Operands variance, invStd; attributes eps (f32). */
export const BATCH_NORM_INV_STD: u32 = 41 | (2 << 8) | (1 << 12) | (0b10 << 16);
/** y = (x − mean)·invStd·gamma + beta. Operands x, mean, invStd, gamma, beta, y; attributes channels. */
export const BATCH_NORM: u32 = 42 | (6 << 8) | (1 << 12) | (0b100000 << 16) | (0b1 << 24);
/**
 * running = momentum·running + (1 − momentum)·batch, the variance times n/(n − 1) (as PyTorch) if unbiased;
 * n = batch·spatial. Operands mean, variance, runningMean, runningVariance; attributes momentum (f32),
 * 1 − momentum (f32), spatial, unbiased.
 */
export const BATCH_NORM_RUNNING: u32 = 43 | (4 << 8) | (4 << 12) | (0b1100 << 16);
/** dgamma = Σ_rows dy·x̂, dbeta = Σ_rows dy, x̂ = (x − mean)·invStd. Operands x, mean, invStd, dy, dgamma, dbeta; attributes channels. */
export const BATCH_NORM_BACKWARD_PARAMS: u32 = 44 | (6 << 8) | (1 << 12) | (0b110000 << 16);
/**
 * dx = gamma·invStd·(dy − dbeta/rows − x̂·dgamma/rows). Operands x, mean, invStd, gamma, dgamma, dbeta, dy, dx;
 * attributes channels.
 */
export const BATCH_NORM_BACKWARD_INPUT: u32 =
  45 | (8 << 8) | (1 << 12) | (0b10000000 << 16) | (0b1000001 << 24);
/** dx = dy·invStd·gamma, the statistics being constants. Operands invStd, gamma, dy, dx; attributes channels. */
export const BATCH_NORM_FROZEN_BACKWARD_INPUT: u32 =
  46 | (4 << 8) | (1 << 12) | (0b1000 << 16) | (0b100 << 24);
/**
 * The running statistics become those of this epoch's rows so far (Chan, Golub, LeVeque 1979): with n = rows
 * done·spatial, m = batch·spatial, δ = mean − runningMean: runningMean += δ·m/(n + m); runningVariance =
 * ((n − 1)·runningVariance + m·variance + δ²·n·m/(n + m)) / (n + m − 1). At n = 0 they start anew.
 * Operands mean, variance, runningMean, runningVariance; attributes spatial.
 */
export const BATCH_NORM_MERGE: u32 = 47 | (4 << 8) | (1 << 12) | (0b1100 << 16);

// Losses and metrics. labels is i32; a label counts unless hasIgnored (0 or 1) and it is `ignored`. eps is smoothing

/**
 * rowLoss = (1 − eps)·w[y]·(−log p[y]) + eps/classes·Σ_j w[j]·(−log p[j]), p = softmax(logits), y = labels[r];
 * rowWeight = w[y]; both 0 if y does not count. Operands logits, labels, w, rowLoss, rowWeight;
 * attributes classes, hasIgnored, ignored, smoothing (f32).
 */
export const SOFTMAX_CROSS_ENTROPY: u32 = 50 | (5 << 8) | (4 << 12) | (0b11000 << 16);
/**
 * dlogits of Σ rowLoss / weight[0], weight[0] = Σ rowWeight. Operands logits, labels, w, weight, dlogits;
 * attributes classes, hasIgnored, ignored, smoothing (f32).
 */
export const SOFTMAX_CROSS_ENTROPY_BACKWARD: u32 =
  51 | (5 << 8) | (4 << 12) | (0b10000 << 16) | (0b1 << 24);
/**
 * count[0] = how many rows have their largest logit (the first, if several) at the label; count[1] = how many count.
 * Operands logits, labels, count; attributes classes, hasIgnored, ignored.
 */
export const CORRECT_COUNT: u32 = 52 | (3 << 8) | (3 << 12) | (0b100 << 16);
/** y[0] = Σ x / elements(x), in four lanes. Operands x, y. */
export const MEAN: u32 = 53 | (2 << 8) | (0b10 << 16);
/**
 * mean[0] = Σ l(y, target) / elements(y), in four lanes, l by kind (abi/losses.ts). Operands y, target, mean;
 * attributes kind, parameter (f32).
 */
export const ELEMENT_LOSS: u32 = 54 | (3 << 8) | (2 << 12) | (0b100 << 16);
/** dy = l′(y, target) / elements(y). Operands y, target, dy; attributes kind, parameter (f32). */
export const ELEMENT_LOSS_BACKWARD: u32 = 55 | (3 << 8) | (2 << 12) | (0b100 << 16) | (0b1 << 24);
/** Stops the run with Status.NON_FINITE unless x[0] is finite. Operands x. */
export const CHECK_FINITE: u32 = 56 | (1 << 8);
/** weight[0] = Σ w; mean[0] = Σ x / Σ w, 0 if Σ w is; each sum in four lanes. Operands x, w, weight, mean. */
export const WEIGHTED_MEAN: u32 = 57 | (4 << 8) | (0b1100 << 16);
/**
 * rowLoss = Σ_j u[r,j]·(−log p[r,j]), p = softmax(logits), u = w[j]·((1 − eps)·target[r,j] + eps/classes).
 * Operands logits, target, w, rowLoss; attributes classes, smoothing (f32).
 */
export const SOFT_CROSS_ENTROPY: u32 = 58 | (4 << 8) | (2 << 12) | (0b1000 << 16);
/** dlogits = (p·Σ_j u[r,j] − u) / rows. Operands logits, target, w, dlogits; attributes classes, smoothing (f32). */
export const SOFT_CROSS_ENTROPY_BACKWARD: u32 =
  59 | (4 << 8) | (2 << 12) | (0b1000 << 16) | (0b1 << 24);
/**
 * rowLoss = Σ_{j ≠ y} max(0, margin − x[r,y] + x[r,j]) / classes, y = labels[r]. Operands x, labels, rowLoss;
 * attributes classes, margin (f32).
 */
export const MULTI_MARGIN: u32 = 110 | (3 << 8) | (2 << 12) | (0b100 << 16);
/** dx of Σ rowLoss / rows. Operands x, labels, dx; attributes classes, margin (f32). */
export const MULTI_MARGIN_BACKWARD: u32 = 111 | (3 << 8) | (2 << 12) | (0b100 << 16) | (0b1 << 24);
/** count[0] = how many elements have y > 0 as target > threshold; count[1] = elements(y). Operands y, target, count; attributes threshold (f32). */
export const BINARY_CORRECT_COUNT: u32 = 112 | (3 << 8) | (1 << 12) | (0b100 << 16);

// More of elementwise and its reductions

/** y = f(x). Operands x, y; attributes kind (UNARY_… of functions.ts), a, b, c (f32). */
export const UNARY: u32 = 70 | (2 << 8) | (4 << 12) | (0b10 << 16) | (0b01 << 24);
/** dx = dy·f′. Operands saved (x or y, as the kind says), dy, dx; attributes as UNARY's. */
export const UNARY_BACKWARD: u32 = 71 | (3 << 8) | (4 << 12) | (0b100 << 16) | (0b011 << 24);
/** The largest instead of the sum, NaN if one is; else as BROADCAST_SUM. */
export const BROADCAST_MAX: u32 = 72 | (2 << 8) | (7 << 12) | (0b10 << 16);
/** The smallest instead of the sum, NaN if one is; else as BROADCAST_SUM. */
export const BROADCAST_MIN: u32 = 73 | (2 << 8) | (7 << 12) | (0b10 << 16);

// Optimizers. Each scalar (lr, sum, norm, factor) is a tensor of one element

/** sum[0] += Σ x², in four lanes. Operands x, sum. */
export const SQUARE_SUM: u32 = 60 | (2 << 8) | (0b10 << 16);
/** norm = √sum; factor = min(1, maxNorm / (norm + 1e-6)). Operands sum, norm, factor; attributes maxNorm (f32). */
export const CLIP_NORM_FACTOR: u32 = 61 | (3 << 8) | (1 << 12) | (0b110 << 16);
/** g *= factor[0]. Operands factor, g. */
export const SCALE_BY: u32 = 62 | (2 << 8) | (0b10 << 16);
/** g = min(max(g, −limit), limit). Operands g; attributes limit (f32). */
export const CLIP_VALUE: u32 = 63 | (1 << 8) | (1 << 12) | (0b1 << 16);
/** w −= lr·(g + weightDecay·w). Operands lr, g, w; attributes weightDecay (f32). */
export const SGD: u32 = 64 | (3 << 8) | (1 << 12) | (0b100 << 16);
/**
 * d = g + weightDecay·w; m = momentum·m + take·d; w −= lr·(nesterov ? take·d + momentum·m : m).
 * Operands lr, take, g, w, m; attributes momentum (f32), weightDecay (f32), nesterov (0 or 1).
 */
export const SGD_MOMENTUM: u32 = 65 | (5 << 8) | (3 << 12) | (0b11000 << 16);
/**
 * c = (1 − β) + β·c for both β: 1 − βᵗ without a pow. Operands corrections (c₁, c₂ and 0, three f64 in the
 * bytes of six f32); attributes beta1, beta2 (f64, two words each, low first).
 */
export const ADAM_BEGIN: u32 = 66 | (1 << 8) | (4 << 12) | (0b1 << 16);
/**
 * d = g + weightDecay·w; m = β₁·m + (1 − β₁)·d; v = β₂·v + (1 − β₂)·d²; step = lr/c₁·m + lr·c₃·d;
 * w −= step / (√v/√c₂ + eps), or, with epsInside, step / √(v/c₂ + eps). With decoupled, d = g and the weight
 * also loses lr·weightDecay·w. Operands lr, corrections, g, w, m, v; attributes beta1, 1 − beta1, beta2,
 * 1 − beta2, eps, weightDecay (all f32), epsInside, decoupled (0 or 1).
 */
export const ADAM: u32 = 67 | (6 << 8) | (8 << 12) | (0b111000 << 16);
/** ADAM with vMax = max(vMax, v) under the root in the place of v. Operands lr, corrections, g, w, m, v, vMax. */
export const AMSGRAD: u32 = 90 | (7 << 8) | (8 << 12) | (0b1111000 << 16);
/**
 * Corrections with which ADAM is NAdam: p = base·p, μ = β₁·(1 − p/2), μ⁺ = β₁·(1 − base·p/2), Π = Π·μ;
 * c₁ = (1 − Π·μ⁺)/μ⁺, c₂ as in ADAM_BEGIN, c₃ = (1 − μ)/(1 − Π). Operands products (1 − p and 1 − Π, two f64
 * in the bytes of four f32), corrections; attributes beta1, beta2, base (f64, two words each, low first).
 */
export const NADAM_BEGIN: u32 = 91 | (2 << 8) | (6 << 12) | (0b11 << 16);
/**
 * d = g + weightDecay·w; m = β₁·m + (1 − β₁)·d; u = max(β₂·u, |d| + eps); w −= lr/c₁·m / u.
 * Operands lr, corrections, g, w, m, u; attributes beta1, 1 − beta1, beta2, eps, weightDecay (all f32).
 */
export const ADAMAX: u32 = 92 | (6 << 8) | (5 << 12) | (0b111000 << 16);
/**
 * d = g + weightDecay·w; v = alpha·v + rest·d²; y = d / (√(v + epsInside) + eps). Operands g, w, y, v;
 * attributes alpha, rest, eps, epsInside, weightDecay (all f32).
 */
export const RMS_NORMALIZE: u32 = 93 | (4 << 8) | (5 << 12) | (0b1100 << 16) | (0b1 << 24);
/** The same with mean = alpha·mean + rest·d, and max(v − mean², 0) in the place of v. Operands g, w, y, v, mean. */
export const RMS_NORMALIZE_CENTERED: u32 =
  94 | (5 << 8) | (5 << 12) | (0b11100 << 16) | (0b1 << 24);
/**
 * d = g + weightDecay·w; v = rho·v + rest·d²; y = √(a + eps)/√(v + eps)·d; a = rho·a + rest·y².
 * Operands g, w, y, v, a; attributes rho, rest, eps, weightDecay (all f32).
 */
export const ADADELTA: u32 = 95 | (5 << 8) | (4 << 12) | (0b11100 << 16) | (0b1 << 24);
/**
 * c = β₁·m + (1 − β₁)·g; w −= lr·(sign c + weightDecay·w); m = β₂·m + (1 − β₂)·g.
 * Operands lr, g, w, m; attributes beta1, 1 − beta1, beta2, 1 − beta2, weightDecay (all f32).
 */
export const LION: u32 = 96 | (4 << 8) | (5 << 12) | (0b1100 << 16);
/** y = x / (1 + sum), then sum += decay. Operands x, y, sum (an f64 in the bytes of two f32); attributes decay (f64). */
export const RATE_DECAY: u32 = 97 | (3 << 8) | (2 << 12) | (0b110 << 16);

// Rows of n contiguous elements

/** dx = y·(dy − Σ dy·y) along each row, y = softmax(x). Operands y, dy, dx; attributes n. */
export const SOFTMAX_BACKWARD: u32 = 80 | (3 << 8) | (1 << 12) | (0b100 << 16) | (0b10 << 24);
/** y[r,:] = x[r,:] − max − log Σ e^(x[r,:] − max). Operands x, y; attributes n. */
export const LOG_SOFTMAX: u32 = 81 | (2 << 8) | (1 << 12) | (0b10 << 16);
/** dx = dy − e^y·Σ dy along each row, y = log softmax(x). Operands y, dy, dx; attributes n. */
export const LOG_SOFTMAX_BACKWARD: u32 = 82 | (3 << 8) | (1 << 12) | (0b100 << 16) | (0b1 << 24);
/**
 * y = (x − mean)·invStd·gamma + beta along each row; mean = Σ x / n, invStd = 1 / √(Σ (x − mean)² / n + eps).
 * Operands x, gamma[n], beta[n], y, mean[rows], invStd[rows]; attributes n, eps (f32).
 */
export const LAYER_NORM: u32 = 83 | (6 << 8) | (2 << 12) | (0b111000 << 16) | (0b1 << 24);
/**
 * dx = invStd·(g − Σ g / n − x̂·Σ g·x̂ / n) along each row, g = gamma·dy, x̂ = (x − mean)·invStd.
 * Operands x, mean, invStd, gamma, dy, dx; attributes n.
 */
export const LAYER_NORM_BACKWARD_INPUT: u32 =
  84 | (6 << 8) | (1 << 12) | (0b100000 << 16) | (0b10000 << 24);
/** dgamma = Σ_rows dy·x̂, dbeta = Σ_rows dy. Operands x, mean, invStd, dy, dgamma, dbeta; attributes n. */
export const LAYER_NORM_BACKWARD_PARAMS: u32 = 85 | (6 << 8) | (1 << 12) | (0b110000 << 16);
/**
 * y = keep ? scale·x : 0, keep = hash(seed, step of the phase, number, row, element) ≥ threshold
 * (base/hash.ts): inverted dropout, and with the same number its own derivative. Operands x, y; attributes
 * threshold, scale (f32), seed low, seed high, number, n (elements of a row).
 */
export const DROPOUT: u32 = 86 | (2 << 8) | (6 << 12) | (0b10 << 16) | (0b1 << 24);

/**
 * y[i] = (2u − 1)·bound, u uniform in [0, 1) by hash(seed, i) (base/hash.ts): fresh weights. Operands y;
 * attributes bound (f32), seed low, seed high.
 */
export const UNIFORM: u32 = 120 | (1 << 8) | (3 << 12) | (0b1 << 16);

// Least squares. scratch holds nothing between two instructions

/**
 * The lower factor of a + (shift + floor·max a[i,i])·I in a's place, zeros above it, by columns of blocks of 32 rows;
 * sums are GEMM_NT's, those of a block come last. Stops the run with Status.SINGULAR if a pivot is not above 0.
 * Operands a [n,n] (its lower triangle is read), scratch [32·(n + 32)]; attributes n, shift (f32), floor (f32).
 */
export const CHOLESKY: u32 = 124 | (2 << 8) | (3 << 12) | (0b11 << 16);
/**
 * The inverse of a lower triangle in its place, by rows of blocks of 32. Stops the run with Status.SINGULAR unless
 * |l[r,r]| > tolerance·size[r] for every row. Operands l [n,n] (zeros above the diagonal), size [n], scratch
 * [32·(n + 32)]; attributes n, tolerance (f32).
 */
export const TRIANGLE_INVERSE: u32 = 125 | (3 << 8) | (2 << 12) | (0b101 << 16);
/** u = argmin gamma·(v − max(u, 0))² + (u − c)². Operands c, v, u; attributes gamma (f32). */
export const RELU_PROX: u32 = 126 | (3 << 8) | (1 << 12) | (0b100 << 16) | (0b011 << 24);
/**
 * Rotates the rows of x and y into those of r and z: ‖r·w − z‖² + ‖x·w − y‖² stays the same for every w, x becomes 0.
 * One Givens rotation an element of x, by rows. Operands x [rows,n], y [rows,k], r [n,n] (upper triangular), z [n,k];
 * attributes n, k.
 */
export const QR_UPDATE: u32 = 127 | (4 << 8) | (2 << 12) | (0b1111 << 16);
/** y[r,c] = c = labels[r] ? 1 : 0. Operands labels (i32), y; attributes classes. */
export const ONE_HOT: u32 = 128 | (2 << 8) | (1 << 12) | (0b10 << 16);

// Linear maps along the axes of images [o,height,width,inner]. A table holds outSize + 1 ascending starts and then the
// indices: output i is made of the entries starts[i] … starts[i + 1] − 1, and weights has a number for each entry. An
// index out of range stops the run with Status.TABLE_RANGE

/**
 * y[o,i,j,c] = Σ_a Σ_b weightsH[a]·weightsW[b]·x[o,indexH[a],indexW[b],c] over the entries a of i and b of j; the
 * chain ascends over (a,b), the product of the weights comes first, and no entry makes 0. Operands x, tableH (i32),
 * tableW (i32), weightsH, weightsW, y; attributes inHeight, inWidth, outHeight, outWidth, inner.
 */
export const SEPARABLE: u32 = 130 | (6 << 8) | (5 << 12) | (0b100000 << 16);
/**
 * y[o,i,j,c] = max_a max_b x[o,indexH[a],indexW[b],c] over the entries a of i and b of j; NaN if one is, −∞ of no entry.
 * Operands x, tableH (i32), tableW (i32), y; attributes as SEPARABLE's.
 */
export const MAX_POOL: u32 = 132 | (4 << 8) | (5 << 12) | (0b1000 << 16);
/**
 * dx[o,h,w,c] = Σ dy[o,i,j,c], ascending, over the outputs whose first entry (a,b) with x not below y is (h,w).
 * Operands x, tableH (i32), tableW (i32), dy, dx; attributes as SEPARABLE's.
 */
export const MAX_POOL_BACKWARD: u32 = 133 | (5 << 8) | (5 << 12) | (0b10000 << 16);

// Rows on their way into a training step

/**
 * y = x, each row shifted, mirrored, cut out and made noisy by hash(seed, step of the phase, number, row, …)
 * (data/augment.ts, base/hash.ts). A row is [n / (height·width·inner), height, width, inner]. Operands x, y;
 * attributes height, width, inner, n (elements of a row), shiftH, shiftW, flip (0 or 1), area (f32, the least
 * share), noise (f32, its deviation / √21845), fill (f32), seed low, seed high, number.
 */
export const AUGMENT: u32 = 138 | (2 << 8) | (13 << 12) | (0b10 << 16);
