import { RANGES } from "../../node.js";
import { choice, flag, number, texts } from "./option.js";

const OPTIMIZERS = ["sgd", "momentum", "adam"] as const;
const OPTIMIZERS_LATER = [
  "adagrad",
  "rmsprop",
  "adadelta",
  "amsgrad",
  "adamw",
  "nadam",
  "adamax",
  "lion",
];
const LOSSES = ["cross-entropy", "softmax-cross-entropy", "mse"] as const;
const LOSSES_LATER = ["binary-cross-entropy", "mae", "huber", "hinge"];

export const lossOption = {
  loss: choice(
    { value: "NAME", help: "cross-entropy or mse; default by the labels' type" },
    LOSSES,
    LOSSES_LATER,
  ),
};

/** Which rule moves the weights. */
export const optimizerOptions = {
  optimizer: choice(
    { value: "NAME", help: "sgd, momentum or adam (default)" },
    OPTIMIZERS,
    OPTIMIZERS_LATER,
  ),
  lr: number({ value: "X", help: "learning rate; default 1e-3, sgd and momentum 1e-2" }, RANGES.lr),
  momentum: number(
    { value: "X", help: "of sgd, default 0, and of momentum, default 0.9" },
    RANGES.momentum,
  ),
  nesterov: flag("Nesterov's momentum"),
  beta1: number({ value: "X", help: "of adam, default 0.9" }, RANGES.beta1),
  beta2: number({ value: "X", help: "of adam, default 0.999" }, RANGES.beta2),
  eps: number({ value: "X", help: "of adam, default 1e-8" }, RANGES.eps),
  epsInside: flag("adam's epsilon under the root"),
  weightDecay: number(
    { value: "X", help: "added to the gradient, as PyTorch's; default 0" },
    RANGES.weightDecay,
  ),
  noDecay: texts({ value: "GLOB", help: "initializers without weight decay" }),
  clipValue: number(
    { value: "X", help: "cut each element of a gradient to ± X" },
    RANGES.clipValue,
  ),
  clipNorm: number(
    { value: "X", help: "scale all gradients to a norm of at most X" },
    RANGES.clipNorm,
  ),
};

/** What is trained. */
export const selectionOptions = {
  freeze: texts({ value: "GLOB", help: "initializers that are not trained" }),
  trainOnly: texts({ value: "GLOB", help: "the only initializers that are trained" }),
};

export const batchNormOption = {
  bn: choice({ value: "MODE", help: "batch-norm: batch (default) or frozen statistics" }, [
    "batch",
    "frozen",
  ]),
  bnReestimate: flag("behind the training, batch-norm's statistics are taken over all its rows"),
  bnOnly: flag("take batch-norm's statistics over all rows, and train nothing"),
};
