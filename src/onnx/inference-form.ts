import type { GraphProto, NodeProto } from "onnx-buf";
import { isOnnxDomain, type ParsedModel } from "./parse.js";
import { intAttribute } from "./proto.js";

/**
 * Changes a model to what inference wants: BatchNormalization with one output and training_mode 0, Dropout
 * without its training_mode input, both with is_test 1 where opset 6 has that. Everything else stays.
 */
export function toInference(model: ParsedModel): void {
  const gone = new Set<string>();
  const opset = model.opsetImport.find(({ domain }) => isOnnxDomain(domain))?.version ?? 0n;
  for (const node of model.graph.node) {
    if (!isOnnxDomain(node.domain)) continue;
    if (opset < 7n && (node.opType === "BatchNormalization" || node.opType === "Dropout")) {
      node.attribute = node.attribute.filter(({ name }) => name !== "is_test");
      node.attribute.push(intAttribute("is_test", 1));
    }
    if (node.opType === "BatchNormalization") batchNormalization(node, gone);
    // Opset 12 and later: data, ratio, training_mode, which is false where it is left out.
    if (node.opType === "Dropout") node.input.splice(2);
  }
  if (gone.size > 0) dropValues(model.graph, gone);
}

function batchNormalization(node: NodeProto, gone: Set<string>): void {
  for (const name of node.output.splice(1)) gone.add(name);
  for (const attribute of node.attribute) {
    if (attribute.name === "training_mode" && attribute.i !== 0n) attribute.i = 0n;
  }
}

/** Takes out what the file said of values that are no more. */
function dropValues(graph: GraphProto, gone: ReadonlySet<string>): void {
  for (let i = graph.valueInfo.length - 1; i >= 0; i--) {
    if (gone.has(graph.valueInfo[i]!.name)) graph.valueInfo.splice(i, 1);
  }
}
