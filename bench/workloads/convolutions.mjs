import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as op from "../../dist/assembly/abi/opcodes.js";
import { KIND_STEP } from "../../dist/assembly/abi/program.js";
import { workOf } from "../../dist/src/autodiff/work.js";
import { placeTensors } from "../../dist/src/compile/placement.js";
import { writeProgram } from "../../dist/src/compile/writer.js";
import { writeNpy } from "../../dist/src/node.js";
import { Core } from "../../dist/src/runtime/core.js";
import { peakGflops } from "../lib/peak.mjs";
import { normalArray } from "../lib/random.mjs";
import { median, timedRuns } from "../lib/statistics.mjs";

export const title =
  "the different convolutions of DS-CNN, MobileNetV1 ×0.25 and ResNet-8, batch 8";
export const unit = "all forward and backward";

/** [height, width, channels], outChannels, kernel, stride, pads (top, left, bottom, right), groups */
const layer = (image, outChannels, kernel, stride, pads, groups = 1) => {
  const out = [0, 1].map((axis) => {
    const padded = image[axis] + pads[axis] + pads[axis + 2];
    return Math.floor((padded - kernel[axis]) / stride) + 1;
  });
  return { image, out: [...out, outChannels], kernel, stride, pads, groups };
};
const around = [1, 1, 1, 1];
const behind = [0, 0, 1, 1];
const none = [0, 0, 0, 0];
const depthwise = (side, channels, stride) =>
  layer([...side, channels], channels, [3, 3], stride, stride === 1 ? around : behind, channels);
const pointwise = (side, channels, outChannels, stride = 1) =>
  layer([...side, channels], outChannels, [1, 1], stride, none);
const square = (side) => [side, side];

export const settings = {
  batch: 8,
  repeats: 15,
  warmUpMs: 2000,
  flavour: "simd",
  layers: [
    layer([49, 10, 1], 64, [10, 4], 2, [4, 1, 5, 1]),
    depthwise([25, 5], 64, 1),
    pointwise([25, 5], 64, 64),
    layer([96, 96, 3], 8, [3, 3], 2, behind),
    ...[
      [48, 8],
      [24, 32],
      [12, 64],
      [6, 128],
      [3, 256],
    ].map(([side, channels]) => depthwise(square(side), channels, 1)),
    ...[
      [48, 16],
      [24, 32],
      [12, 64],
      [6, 128],
    ].map(([side, channels]) => depthwise(square(side), channels, 2)),
    ...[
      [48, 8, 16],
      [24, 16, 32],
      [24, 32, 32],
      [12, 32, 64],
      [12, 64, 64],
      [6, 64, 128],
      [6, 128, 128],
      [3, 128, 256],
      [3, 256, 256],
    ].map(([side, channels, out]) => pointwise(square(side), channels, out)),
    layer([32, 32, 3], 16, [3, 3], 1, around),
    layer([32, 32, 16], 16, [3, 3], 1, around),
    layer([32, 32, 16], 32, [3, 3], 2, behind),
    pointwise([32, 32], 16, 32, 2),
    layer([16, 16, 32], 32, [3, 3], 1, around),
    layer([16, 16, 32], 64, [3, 3], 2, behind),
    pointwise([16, 16], 32, 64, 2),
    layer([8, 8, 64], 64, [3, 3], 1, around),
  ],
};
export const quickSettings = {
  batch: 1,
  repeats: 2,
  warmUpMs: 1,
  layers: [settings.layers[1], pointwise([3, 3], 4, 8)],
};

const volume = (sizes) => sizes.reduce((a, b) => a * b, 1);

/** Values of about the same size in all layers, so that the sum tells of each. */
function dataOf({ image, out, kernel, groups }, batch, seed) {
  const shapes = {
    x: [batch, ...image],
    dy: [batch, ...out],
    w: [...kernel, image[2] / groups, out[2]],
  };
  const arrays = Object.entries(shapes).map(([name, shape], i) => {
    return [name, { shape, data: normalArray(volume(shape), 3 * seed + i) }];
  });
  return Object.fromEntries(arrays);
}

export function prepare({ layers, batch }, folder) {
  for (const [i, layer] of layers.entries()) {
    for (const [name, array] of Object.entries(dataOf(layer, batch, i))) {
      writeFileSync(join(folder, `${name}${i}.npy`), writeNpy(array));
    }
  }
}

/** A layer's instructions. The gradient by an image of 1 or 3 channels is for nobody. */
function instructionsOf(layer, batch, seed) {
  const { image, out, kernel, stride, pads, groups } = layer;
  const { x, dy, w } = dataOf(layer, batch, seed);
  const tensor = (name, sizes, data) => {
    return {
      name,
      type: "f32",
      ...sizes,
      category: "rows",
      lifetime: "run",
      ...(data && { data }),
    };
  };
  const pair = (name, { data }, c1) => {
    const sizes = { c0: c1 ? 0 : data.length, c1 };
    return [tensor(name, sizes, data), tensor(`new ${name}`, sizes)];
  };
  const [[images, dx], [gradients, y], [weights, dw]] = [
    pair("x", x, volume(image)),
    pair("dy", dy, volume(out)),
    pair("w", w, 0),
  ];
  const attributes = [...image, ...out, ...kernel, stride, stride, pads[0], pads[1], 1, 1, groups];
  return [
    [op.CONV2D, [images, weights, y]],
    [op.CONV2D_BACKWARD_PARAMS, [images, gradients, dw]],
    ...(image[2] > 3 ? [[op.CONV2D_BACKWARD_INPUT, [gradients, weights, dx]]] : []),
  ].map(([opcode, operands]) => {
    return { opcode, operands, attributes, work: workOf(opcode, operands, attributes, batch) };
  });
}

/** The instructions' run alone. GFLOP/s are told of each layer and instruction. */
export async function measure({ layers, batch, repeats, warmUpMs, flavour }) {
  const perLayer = layers.map((layer, seed) => instructionsOf(layer, batch, seed));
  const instructions = perLayer.flat();
  const procedures = instructions.map((instruction, i) => {
    return { name: `${i}`, kind: KIND_STEP, batch, instructions: [instruction] };
  });
  const graph = { procedures, phases: [], states: [], rowsMax: 0 };
  const placement = placeTensors(graph);
  const core = Core.load(writeProgram(graph, placement), flavour);
  const timed = (procedure) => {
    const start = performance.now();
    core.execute(procedure, batch);
    return performance.now() - start;
  };
  for (let spent = 0; spent < warmUpMs; ) for (const i of procedures.keys()) spent += timed(i);

  let [ms, result] = [0, 0];
  const elapsed = instructions.map(({ operands }, i) => {
    const median = timedRuns(repeats, () => timed(i));
    const { c0, c1 } = operands[2];
    const floats = core.floats(placement.offsets.get(operands[2]), c0 + c1 * batch);
    result += floats.reduce((sum, value) => sum + Math.abs(value), 0);
    ms += median;
    return median;
  });
  const gflops = perLayer.map((own, i) => {
    const { image, out, kernel, groups } = layers[i];
    const operations = (2 * batch * volume(out) * volume(kernel) * image[2]) / groups;
    return own.map((instruction) => operations / elapsed[instructions.indexOf(instruction)] / 1e6);
  });
  const peak = await peakGflops();
  const note = `median ${median(gflops.flat()).toFixed(1)} of ${peak.toFixed(1)} GFLOP/s`;
  return { ms, result, gflops, peak, note };
}
