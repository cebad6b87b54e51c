import { clone } from "@bufbuild/protobuf";
import { ModelProtoSchema, type TensorProto, TensorProto_DataType as Type } from "onnx-buf";
import { compileProgram } from "../../src/compile/compile.js";
import { completeOptions } from "../../src/compile/options.js";
import { importProto } from "../../src/onnx/import.js";
import type { BatchAxis } from "../../src/onnx/inputs.js";
import { isOnnxDomain, OPSET_MIN, type ParsedModel } from "../../src/onnx/parse.js";
import { Session } from "../../src/runtime/session.js";
import { difference, floatsOf } from "./compare.js";
import { attempt, judged, type Outcome, worst } from "./outcome.js";
import { type Case, dataInputs } from "./suite.js";

/** Both must give the right numbers, and the same bits. */
export const FLAVOURS = ["scalar", "simd"] as const;

/**
 * Runs a case as a model with one input: the first input of float32. What else the case gives its op (weights,
 * axes, shapes) becomes initializers. Each output is computed by a model of its own. The models run in two forms, with
 * the file's shapes as they are, and with the first axis as the batch; one has to be right, and none may be wrong.
 */
export function inference(one: Case): Outcome {
  const inputs = dataInputs(one.model);
  const floats = one.inputs.findIndex((tensor) => tensor?.dataType === Type.FLOAT);
  const index = Math.max(floats, 0);
  const name = inputs[index]?.name;
  const tensor = one.inputs[index];
  const input = name !== undefined && tensor && { name, tensor };
  const forms = (["fixed", "free"] as const).map((batch) =>
    worst(
      one.outputs.map((right, output) => {
        const model = withInitializers(one, index, output);
        return attempt(() => runForm(right, model, input, batch));
      }),
    ),
  );
  const failed = forms.find(({ status }) => status === "failed");
  const passed = forms.find(({ status }) => status === "passed");
  return failed ?? passed ?? forms[0]!;
}

/**
 * The model of one output with all inputs but one as initializers of the case's values. A test of one op carries the
 * opset in which the op last changed; where that is older than Strop reads, the op is the same in the first it reads.
 */
export function withInitializers({ model, inputs }: Case, kept: number, output = 0): ParsedModel {
  const copy = clone(ModelProtoSchema, model) as ParsedModel;
  const { graph } = copy;
  graph.output = graph.output.slice(output, output + 1);
  const [opset] = copy.opsetImport;
  if (graph.node.length === 1 && opset && isOnnxDomain(opset.domain)) {
    opset.version = BigInt(Math.max(OPSET_MIN, Number(opset.version)));
  }
  for (const [i, { name }] of dataInputs(model).entries()) {
    const tensor = inputs[i];
    if (i === kept || tensor === undefined) continue;
    graph.input = graph.input.filter((info) => info.name !== name);
    graph.initializer.push({ ...tensor, name });
  }
  return copy;
}

function runForm(
  right: TensorProto | undefined,
  model: ParsedModel,
  input: { readonly name: string; readonly tensor: TensorProto } | false | undefined,
  batch: BatchAxis,
): Outcome {
  const shape = input ? input.tensor.dims.map(Number) : [];
  const given = batch === "fixed" ? shape : [1, ...shape.slice(1)];
  const inputShape = input ? { [input.name]: given } : {};
  const { graph } = importProto(model, { inputShape, batch });
  const rows = batch === "fixed" ? 1 : shape[0]!;
  const options = { training: false, loss: undefined, trainable: () => false };
  const program = compileProgram(graph, completeOptions({ ...options, rows, batch: rows }));
  const x = floatsOf((input as { tensor: TensorProto }).tensor).data;
  const dataset = { rows, rowElements: x.length / rows, x, y: undefined, notes: [] };
  const outputs = FLAVOURS.map((flavour) => new Session(program.bytes, flavour).predict(dataset));
  const outputShape = program.output.shape.map((dim) => (dim === "N" ? rows : dim));
  const computed = outputs.map((data) => ({ shape: outputShape, data }));
  const wrong = computed.map((one) => difference(one, right!)).find((why) => why);
  const [scalar, simd] = outputs.map(({ buffer }) => Buffer.from(buffer));
  const differs = !scalar!.equals(simd!) && "scalar and simd differ in their bits";
  return judged(wrong ?? (differs || undefined));
}
