// The WASI command: strop train, eval, predict on the program that `strop build` made. What it does is told
// by --help (wasi/options.ts); how it reaches the host, by wasi/system.ts.

import { commandEval } from "./wasi/evaluate";
import { COMMAND_EVAL, COMMAND_TRAIN, optionCommand, optionsRead } from "./wasi/options";
import { commandPredict } from "./wasi/predict";
import { programOpen } from "./wasi/program-file";
import { succeed } from "./wasi/refuse";
import { commandTrain } from "./wasi/train";

// `strop build` asks it, to set the memory.
export { arenaStart } from "./vm/session";

optionsRead();
programOpen();
if (optionCommand() == COMMAND_TRAIN) commandTrain();
else if (optionCommand() == COMMAND_EVAL) commandEval();
else commandPredict();
succeed();
