import { existsSync, readFileSync } from "node:fs";
import { readNpy } from "../../src/data/npy.js";
import type { Graph } from "../../src/graph/graph.js";
import { listParameters } from "../../src/graph/parameters.js";
import { Model, type NumberArray } from "../../src/index.js";

// MLPerf Tiny's networks, as the README beside them describes them. They lie beside the repository, where they are
// shared at all.

const folder = new URL("../../../shared/models/", import.meta.url);

export const NETWORKS = ["ad-autoencoder", "resnet8", "mobilenetv1-025-96", "dscnn-kws"] as const;

export type Network = (typeof NETWORKS)[number];

/** The networks as they are, as tf2onnx writes them by default, and without its optimizer. */
export const SETTINGS = ["", ".default", ".noopt"] as const;

export type Setting = (typeof SETTINGS)[number];

/** All of them, for test.each. */
export const SHARED_MODELS = NETWORKS.flatMap((network) =>
  SETTINGS.map((setting) => [`${network}${setting}`, network, setting] as const),
);

export const areShared = existsSync(folder);

if (!areShared) console.warn("../shared/models is not there: its networks are not tested");

export function sharedBytes(network: Network, setting: Setting = ""): Uint8Array {
  const file = `${setting && "variants/"}${network}${setting}.onnx`;
  return new Uint8Array(readFileSync(new URL(file, folder)));
}

export function sharedModel(network: Network, setting: Setting = ""): Model {
  return Model.fromOnnx(sharedBytes(network, setting));
}

/** Eight rows, or what ONNX Runtime gives for them. */
export function sharedArray(network: Network, kind: "input" | "output"): NumberArray {
  return npyOf(`${network}.${kind}.npy`);
}

/** Real rows and their labels: "kws-marvin". */
export function realRows(name: string): { readonly x: NumberArray; readonly labels: number[] } {
  const { data } = npyOf(`data/${name}.y.npy`);
  return { x: npyOf(`data/${name}.x.npy`), labels: Array.from(data, Number) };
}

function npyOf(name: string): NumberArray {
  const { shape, data } = readNpy(new Uint8Array(readFileSync(new URL(name, folder))), name);
  return { shape, data: data as Float32Array };
}

/** The parameters of the last so many layers with a matrix or a kernel. */
export function lastLayers(graph: Graph, count: number): string[] {
  const parameters = listParameters(graph).filter(({ role }) => role === "parameter");
  const firsts = parameters.flatMap(({ shape }, i) => (shape.length > 1 ? [i] : []));
  return parameters.slice(firsts.at(-count)).map(({ name }) => name);
}

/** γ and β of every batch-norm that is a node of its own. */
export function normParameters(graph: Graph): string[] {
  const norms = graph.nodes.filter(({ op }) => op === "BatchNormalization");
  return norms.flatMap(({ inputs }) => inputs.slice(1, 3));
}
