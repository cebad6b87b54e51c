// Layout of the problem record of the solvers, compiled by asc and by tsc. It lies at arenaStart(), so it is the
// first thing in the arena. An embedder writes the part that is given, asks solverBytes(), calls solveBegin(),
// writes the data where the record then says, and calls solveRun() until DONE. Statuses: abi/status.ts and below.

/** The version of this layout. */
export const SOLVER_VERSION: u32 = 1;
export const SOLVER_RECORD_BYTES: u32 = 1024;

// Given by the embedder: bytes 0 … 127; what a method does not use is not read

/** METHOD_…. */
export const SOLVER_METHOD: u32 = 0;
export const SOLVER_ROWS: u32 = 4;
export const SOLVER_COLUMNS: u32 = 8;
/** Targets of ridge, classes of logistic regression (1: two classes, one vector), clusters of k-means; else 1. */
export const SOLVER_OUTPUTS: u32 = 12;
/** 0 or 1: whether there is an intercept. */
export const SOLVER_INTERCEPT: u32 = 16;
/** At each point of the path. */
export const SOLVER_MAX_ITERATIONS: u32 = 20;
/** SELECTION_…: which coordinate comes next. */
export const SOLVER_SELECTION: u32 = 24;
/** Points of the regularisation path; 1 is one solution at alpha. */
export const SOLVER_POINTS: u32 = 28;
/** PRECOMPUTE_…: whether the Gram matrix of the columns is held. */
export const SOLVER_PRECOMPUTE: u32 = 32;
/** Rows of a mini-batch; 0 takes all rows at once, which are then resident. */
export const SOLVER_BATCH: u32 = 36;
/** INIT_…: where k-means starts. */
export const SOLVER_INIT: u32 = 40;
/** u64, low word first. */
export const SOLVER_SEED: u32 = 48;
/** f64. With a path, its last point; 0: alphaMax·pathEps. */
export const SOLVER_ALPHA: u32 = 56;
/** f64, 0 … 1. */
export const SOLVER_L1_RATIO: u32 = 64;
/** f64. */
export const SOLVER_TOL: u32 = 72;
/** f64: the last alpha of a path over its first. */
export const SOLVER_PATH_EPS: u32 = 80;

// Laid out by solverBytes() and solveBegin(): addresses and strides in bytes; 0 is what a method has not

/** f32: element (row, column) lies at x + row·rowStride + column·columnStride; bytes between are zeroed. */
export const SOLVER_X: u32 = 128;
export const SOLVER_X_ROW_STRIDE: u32 = 132;
export const SOLVER_X_COLUMN_STRIDE: u32 = 136;
/** f64: target `row` of an output lies at y + output·yStride + 8·row. Of logistic regression u32[rows], the classes. */
export const SOLVER_Y: u32 = 140;
export const SOLVER_Y_STRIDE: u32 = 188;
/** f64[points][outputs][columns]. */
export const SOLVER_COEF: u32 = 144;
/** f64[points][outputs]. */
export const SOLVER_INTERCEPTS: u32 = 148;
/** f64[points], as are gaps (of the objective, not of a sum over rows) and objectives. */
export const SOLVER_ALPHAS: u32 = 152;
export const SOLVER_GAPS: u32 = 156;
export const SOLVER_OBJECTIVES: u32 = 160;
/** u32[points]. */
export const SOLVER_ITERATIONS: u32 = 164;
/** u32[wantedRows]: rows that are to be filled in, in this order, at x, when solveRun() answers ROWS. */
export const SOLVER_WANTED: u32 = 168;
export const SOLVER_WANTED_ROWS: u32 = 172;
/** f32[clusters][columns], at a stride of centersStride bytes: given, then found. */
export const SOLVER_CENTERS: u32 = 176;
export const SOLVER_CENTERS_STRIDE: u32 = 180;
/** u32[rows]. */
export const SOLVER_LABELS: u32 = 184;

// What came of it

/** The last status; where it arose (a column, a row, or the offset of a field of this record); a value. */
export const SOLVER_STATUS: u32 = 192;
export const SOLVER_INDEX: u32 = 196;
export const SOLVER_VALUE: u32 = 200;
/** Where the method stands. */
export const SOLVER_STAGE: u32 = 204;
/** Work that the running call of solveRun() may still do. */
export const SOLVER_LEFT: u32 = 208;
/** Finished points of the path, and finished iterations of the point at work. Of mini-batch k-means, iterations are
 * batches, and the point is finished when the centres are: then all rows are asked for, for their labels. */
export const SOLVER_POINT: u32 = 212;
export const SOLVER_ITERATION: u32 = 216;
/** f64, of the iteration that was last measured: duality gap and objective; of k-means, the inertia. */
export const SOLVER_GAP: u32 = 224;
export const SOLVER_OBJECTIVE: u32 = 232;
/** The generator of random choices, a PCG32. */
export const SOLVER_RANDOM: u32 = 240;
/** f64: where a point of the path ends, tol times the method's scale; gaps are in the objective's units, as this. */
export const SOLVER_GAP_GOAL: u32 = 256;
/** From here on a method's own. */
export const SOLVER_STATE: u32 = 272;

/** Classes that a logistic regression can have. */
export const CLASSES_MAX: u32 = 256;

/** Lasso is elastic-net of l1Ratio 1. */
export const METHOD_ELASTIC_NET: u32 = 1;
/** Least squares is ridge of alpha 0. */
export const METHOD_RIDGE: u32 = 2;
export const METHOD_LOGISTIC: u32 = 3;
export const METHOD_KMEANS: u32 = 4;

export const SELECTION_CYCLIC: u32 = 0;
export const SELECTION_RANDOM: u32 = 1;

/** The Gram matrix if there are more rows than columns. */
export const PRECOMPUTE_AUTO: u32 = 0;
export const PRECOMPUTE_ALWAYS: u32 = 1;
export const PRECOMPUTE_NEVER: u32 = 2;

export const INIT_KMEANS_PLUS_PLUS: u32 = 0;
export const INIT_RANDOM: u32 = 1;
export const INIT_GIVEN: u32 = 2;

// Statuses besides those of abi/status.ts that a solver answers: DONE, ROWS, PAUSED, BAD_SIZE, BAD_CALL,
// LABEL_RANGE (index: the row, value: the label), NON_FINITE (index: the column of X, or columns + the output of y; of
// k-means, which answers EPOCH after each of Lloyd's iterations, the row of X, or the rows it held for a distance)

/** A given field is impossible; index: its offset in the record. */
export const BAD_OPTION: u32 = 64;
/** A matrix to be inverted is singular; index: the column that follows from those before it. */
export const SINGULAR: u32 = 65;
/** A class has no rows; index: the class. */
export const EMPTY_CLASS: u32 = 66;
