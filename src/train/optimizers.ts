import {
  OPTIMIZER_NAMES,
  type OptimizerName,
  type OptimizerOptions,
  type OptimizerOptionsByName,
} from "../autodiff/optimizers/index.js";
import { compileOptimizer } from "../compile/optimizer-program.js";
import { StropError } from "../errors.js";
import { Core } from "../runtime/core.js";

/**
 * An optimizer: what `compile` takes, and by itself an update of the caller's own parameters.
 */
export class Optimizer {
  readonly options: OptimizerOptions;
  private standalone: Standalone | undefined;

  constructor(options: OptimizerOptions) {
    this.options = options;
  }

  /**
   * Moves each parameter along its gradient, in place, by one step. The arithmetic is the core's; the
   * optimizer's state (moments, step count) lives in it from the first call on.
   *
   * Throws a StropError for impossible options, and if the arrays are no Float32Arrays, do not pair, or are not
   * those of the first call in number and length. Bytes: the core's memory holds parameters and gradients once more beside the
   * state, none of it for plain SGD, one (momentum, Lion), two (Adam) or three (AMSGrad) times the parameters; what
   * normalizes the gradient first (AdaGrad, RMSProp, AdaDelta) takes the largest parameter once more. It is
   * rounded up to pages of 64 KiB, and goes with the optimizer.
   */
  step(parameters: readonly Float32Array[], gradients: readonly Float32Array[]): void {
    for (const [name, arrays] of Object.entries({ parameters, gradients })) {
      if (Array.isArray(arrays) && arrays.every(isFilled)) continue;
      throw new StropError("they are not a list of Float32Arrays with elements", {
        code: "optimizer-sizes",
        where: name,
      });
    }
    const sizes = parameters.map(({ length }) => length);
    const pairs =
      gradients.length === sizes.length && gradients.every((g, i) => g.length === sizes[i]);
    if (!pairs || sizes.length === 0) {
      throw new StropError(
        `parameters of [${sizes}] elements, but gradients of [${gradients.map((g) => g.length)}]`,
        { code: "optimizer-sizes", hint: "Give one gradient of equal length for each parameter." },
      );
    }
    this.standalone ??= new Standalone(this.options, sizes);
    this.standalone.step(parameters, gradients);
  }
}

function isFilled(array: unknown): boolean {
  return array instanceof Float32Array && array.length > 0;
}

/** A core whose program is nothing but the update. */
class Standalone {
  private readonly core: Core;
  private readonly program: ReturnType<typeof compileOptimizer>;

  constructor(options: OptimizerOptions, sizes: readonly number[]) {
    this.program = compileOptimizer(options, sizes);
    this.core = Core.load(this.program.bytes);
  }

  step(parameters: readonly Float32Array[], gradients: readonly Float32Array[]): void {
    const { core, program } = this;
    if (parameters.length !== program.parameters.length) {
      throw new StropError(
        `${parameters.length} parameters, but ${program.parameters.length} in the first step`,
        { code: "optimizer-sizes", hint: "Make a new optimizer for other parameters." },
      );
    }
    const views = program.parameters.map(({ offset, elements }, i) => {
      const w = parameters[i] as Float32Array;
      if (w.length !== elements) {
        throw new StropError(
          `parameter ${i} has ${w.length} elements, but had ${elements} before`,
          {
            code: "optimizer-sizes",
            hint: "Make a new optimizer for other parameters.",
          },
        );
      }
      core.floats(program.gradients[i]!.offset, elements).set(gradients[i] as Float32Array);
      const view = core.floats(offset, elements);
      view.set(w);
      return view;
    });
    core.execute(program.procedure, 1);
    for (const [i, view] of views.entries()) (parameters[i] as Float32Array).set(view);
  }
}

/** The optimizers by the names that the command line uses. */
export const optimizers = Object.fromEntries(
  OPTIMIZER_NAMES.map((name) => {
    return [name, (options?: object) => new Optimizer({ name, ...options } as OptimizerOptions)];
  }),
) as { readonly [N in OptimizerName]: (options?: OptimizerOptionsByName[N]) => Optimizer };
