/** How far apart two results may be, and why. Differences are relative to the larger of 1 and the value. */
export const TOLERANCES = {
  /**
   * Central differences with h = 1e-5 in f64: rounding gives 1e-16/h, and h² times a third derivative
   * gives up to 1e-8 where batch-norm divides by the deviation of three rows.
   */
  gradient: 5e-8,
  /** The same sums in f64 in two different orders, of at most some hundred terms. */
  f64Order: 1e-12,
  /** An f32 attribute or weight where the other side has the f64 number: half a unit of 2⁻²³. */
  f32Rounding: 1e-7,
  /** Fifty steps with hyperparameters rounded to f32, and a result rounded to f32 to undo its view. */
  pytorchF64: 1e-6,
  /** Some sixty steps of Adam in f32 where the other side has f64: what parity.md bounds such runs by. */
  pytorchF32: 1e-5,
  /** One f32 operation or a few: exp, tanh and sigmoid are within 3 ULP, and a product adds one. */
  f32Elementwise: 5e-7,
  /** Places along an axis and shares of pixels are f32; places up to 16, and pixels up to 2. */
  resampling: 2e-6,
  /** A learning rate is an f32, and a power that is not whole goes through exp and log in f32. */
  rate: 1e-6,
  /** aᵇ in f32 where |b·log a| is at most 7: 2 + |b·log a| ULP. */
  f32Power: 1.1e-6,
  /** A sum of at most some thousand f32 terms in four lanes or blocks of 256. */
  f32Reduction: 2e-6,
  /** A triangle of up to 257 rows factored, inverted or rotated in f32, of a condition below 100. */
  f32Triangle: 2e-5,
  /** Least squares in f32 of a condition below 1000, beside f64: issue 5's bound. */
  leastSquares: 1e-4,
  /** A few steps of block coordinate descent in f32 beside f64: solves of a condition below 1000, one after the other. */
  blocks: 1e-5,
  /** ONNX Runtime's f32 sums in another order than ours, and its own exp and tanh: issue 3's bound. */
  onnxRuntime: 1e-5,
  /** The same through up to 87 nodes and outputs up to 57: issue 6's bound. */
  sharedModels: 1e-4,
  /** Squared distances are f32 sums of at most some fifty terms, of centres that are rounded to f32. */
  inertia: 1e-6,
  /** A centre of mini-batch k-means is rounded to f32 at each of at most ten steps. */
  miniBatchCenters: 1e-6,
  /** Coefficients of scikit-learn's descents at tol 1e-11 and tighter, where a flat objective lets them drift. */
  solverCoefficients: 1e-5,
} as const;

/** What ONNX's own runner of its conformance suite allows: |found − right| ≤ absolute + relative·|right|. */
export const CONFORMANCE = { relative: 1e-3, absolute: 1e-7 } as const;
