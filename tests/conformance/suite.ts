import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { fromBinary } from "@bufbuild/protobuf";
import { type NodeProto, type TensorProto, TensorProtoSchema, type ValueInfoProto } from "onnx-buf";
import { isOnnxDomain, type ParsedModel, parseModel } from "../../src/onnx/parse.js";

// The conformance suite of ONNX: folders with model.onnx, test_data_set_*/input_*.pb and output_*.pb.

/** Where Debian's package libonnx-testdata puts it. */
const PACKAGE = "libonnx-testdata";
export const SUITE_FOLDER = `/usr/share/${PACKAGE}/data`;

/** One model with one set of inputs and the outputs that are right. */
export interface Case {
  /** Its folder below the suite's: "node/test_add"; a further data set has its number behind it. */
  readonly id: string;
  /** What it is a test of, as a row of the table: "Add", "Celu (expanded)", "several ops". */
  readonly op: string;
  readonly model: ParsedModel;
  /** By the graph's inputs and outputs; undefined for what is no tensor. */
  readonly inputs: readonly (TensorProto | undefined)[];
  readonly outputs: readonly (TensorProto | undefined)[];
}

/** Every case below a folder, in the order of their names. */
export function* readCases(root: string): Generator<Case, void> {
  for (const folder of modelFolders(root)) {
    const name = relative(root, folder).replaceAll("\\", "/");
    const model = readModel(folder);
    const op = rowOf(folder, model);
    const sets = readdirSync(folder).filter((entry) => entry.startsWith("test_data_set_"));
    for (const [index, set] of sets.sort().entries()) {
      const at = join(folder, set);
      yield {
        id: index === 0 ? name : `${name}#${index}`,
        op,
        model,
        inputs: dataInputs(model).map((info, i) => readTensorFile(join(at, `input_${i}.pb`), info)),
        outputs: model.graph.output.map((info, i) =>
          readTensorFile(join(at, `output_${i}.pb`), info),
        ),
      };
    }
  }
}

/** The graph's inputs that are no initializers: those that a data set has values for. */
export function dataInputs({ graph }: ParsedModel): readonly ValueInfoProto[] {
  const initializers = new Set(graph.initializer.map(({ name }) => name));
  return graph.input.filter(({ name }) => !initializers.has(name));
}

/** The package's version, or, of a suite from elsewhere, its newest opset: "opset 17". */
export function suiteVersion(root: string, cases: readonly Case[]): string {
  if (`${root}/`.startsWith(dirname(SUITE_FOLDER))) {
    try {
      const status = execFileSync("dpkg-query", ["-s", PACKAGE], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      });
      return `${PACKAGE} ${/^Version: (.*)$/m.exec(status)![1]}`;
    } catch {
      // A copy of the files without the package: as from elsewhere.
    }
  }
  const opsets = cases.flatMap(({ model }) => model.opsetImport);
  const newest = opsets.filter(({ domain }) => isOnnxDomain(domain)).map((o) => Number(o.version));
  return `opset ${Math.max(0, ...newest)}`;
}

function modelFolders(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true });
  if (entries.some(({ name }) => name === "model.onnx")) return [folder];
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return folders.sort().flatMap((name) => modelFolders(join(folder, name)));
}

function readModel(folder: string): ParsedModel {
  return parseModel(readFileSync(join(folder, "model.onnx")), basename(folder));
}

function readTensorFile(path: string, info: ValueInfoProto): TensorProto | undefined {
  if (info.type?.value.case !== "tensorType" || !existsSync(path)) return undefined;
  return fromBinary(TensorProtoSchema, new Uint8Array(readFileSync(path)));
}

/** A function that was expanded into a graph counts for its op, which the test beside it has. */
function rowOf(folder: string, model: ParsedModel): string {
  const whole = folder.replace(/_expanded$/, "");
  if (whole !== folder && existsSync(whole)) return `${rowOf(whole, readModel(whole))} (expanded)`;
  const nodes = model.graph.node.filter(({ opType }) => opType !== "Constant");
  const ops = [...new Set((nodes.length > 0 ? nodes : model.graph.node).map(opName))];
  return ops.length === 1 ? ops[0]! : "several ops";
}

/** "Add", or with a domain that is not ONNX's own "ai.onnx.preview.training.Adam". */
export function opName({ domain, opType }: NodeProto): string {
  return isOnnxDomain(domain) ? opType : `${domain}.${opType}`;
}
