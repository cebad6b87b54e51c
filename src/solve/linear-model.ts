import { sequential } from "../graph/builder.js";
import { dense, flatten, input, sigmoid, softmax } from "../graph/layers.js";
import { Model } from "../train/model.js";
import { withWeights } from "../train/weights.js";

/** A linear model as it was found. */
export interface LinearModel {
  readonly name: string;
  /** A row of x. */
  readonly rowShape: readonly number[];
  /** A vector an output. */
  readonly coef: readonly Float64Array[];
  readonly intercept: readonly number[];
  readonly activation?: "sigmoid" | "softmax" | undefined;
  readonly classes?: readonly string[] | undefined;
}

/** The model as a network that predicts, trains on and goes into ONNX: Gemm, for classes with Sigmoid or Softmax. */
export function modelOf({ name, rowShape, coef, intercept, ...rest }: LinearModel): Model {
  const { activation, classes } = rest;
  const graph = sequential(
    [
      input({ shape: rowShape, name: "x" }),
      ...(rowShape.length > 1 ? [flatten()] : []),
      dense({ units: coef.length, bias: true }),
      ...(activation === "sigmoid" ? [sigmoid()] : activation === "softmax" ? [softmax()] : []),
    ],
    { name },
  );
  const [weight, bias] = [...graph.initializers.keys()] as [string, string];
  const weights = Float32Array.from(coef.flatMap((row) => [...row]));
  const values = new Map([
    [weight, weights],
    [bias, Float32Array.from(intercept)],
  ]);
  const model = Model.fromGraph(withWeights(graph, values));
  if (classes) model.classes = classes;
  return model;
}
