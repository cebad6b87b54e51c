// The WASI command of the solvers: solve lasso, ridge, kmeans … on .npy files. What it does is told by --help
// (wasi/solve-options.ts); how it reaches the host, by wasi/system.ts.

import { succeed } from "./wasi/refuse";
import { solveOptionsRead } from "./wasi/solve-options";
import { commandSolve } from "./wasi/solve-run";

// `strop solve --build` asks it, to set the memory.
export { arenaStart } from "./solvers/solve";

solveOptionsRead();
commandSolve();
succeed();
