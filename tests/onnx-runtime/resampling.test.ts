import { describe, expect, test } from "vitest";
import { Model } from "../../src/index.js";
import { TestRandom } from "../helpers/random.js";
import { runOnnx } from "../helpers/run-onnx.js";
import { largestDifference } from "../helpers/training.js";
import {
  bytes,
  floatAttribute,
  floatTensor,
  info,
  intAttribute,
  intTensor,
  node,
  type Parts,
  stringAttribute,
} from "../onnx/model.js";
import { TOLERANCES } from "../tolerances.js";

// Resize, Upsample and Pad in the forms of their opsets, beside ONNX Runtime.

type Attributes = Readonly<Record<string, string | number | readonly number[]>>;

interface Case {
  readonly opset: number;
  readonly op: string;
  readonly attributes: Attributes;
  readonly inputs: NonNullable<Parts["initializers"]>;
}

const shape = [1, 3, 6, 5];
const data = new TestRandom(8).array(3 * 6 * 5);
const floats = (name: string, ...values: number[]) =>
  floatTensor(name, [values.length], Float32Array.from(values));
const scalar = (name: string, value: number) => floatTensor(name, [], Float32Array.of(value));
const none = floats("");
const FLOATS = new Set(["cubic_coeff_a", "extrapolation_value", "value"]);

function modelOf({ opset, op, attributes, inputs }: Case): Uint8Array {
  const words = Object.entries(attributes).map(([name, value]) => {
    if (typeof value === "string") return stringAttribute(name, value);
    return FLOATS.has(name) ? floatAttribute(name, value as number) : intAttribute(name, value);
  });
  return bytes({
    nodes: [node(op, ["x", ...inputs.map(({ name }) => name)], ["y"], words)],
    initializers: inputs.filter(({ name }) => name !== ""),
    inputs: [info("x", shape)],
    outputs: [info("y", shape)],
    opset,
    // The output's sizes are for ONNX Runtime to find.
    change: ({ graph }) => {
      const { value } = graph!.output[0]!.type!;
      if (value.case === "tensorType") delete value.value.shape;
    },
  });
}

async function expectAsRuntime(
  opset: number,
  op: string,
  attributes: Attributes,
  inputs: Case["inputs"],
): Promise<void> {
  const file = modelOf({ opset, op, attributes, inputs });
  const found = Model.fromOnnx(file).predict({ shape, data });
  const right = await runOnnx(file, { shape, data });
  const what = `${op} ${JSON.stringify(attributes)} to ${right.shape}`;
  expect(found.shape, what).toEqual(right.shape);
  const difference = largestDifference(found.data as Float32Array, right.data);
  expect(difference, what).toBeLessThan(TOLERANCES.onnxRuntime);
}

const scales = (...values: number[]) => floats("scales", 1, 1, ...values);

test("before opset 11", async () => {
  await expectAsRuntime(9, "Upsample", { mode: "nearest" }, [scales(2, 3)]);
  await expectAsRuntime(9, "Upsample", { mode: "linear" }, [scales(2, 1.5)]);
  await expectAsRuntime(10, "Resize", { mode: "nearest" }, [scales(2, 1.4)]);
  await expectAsRuntime(10, "Resize", { mode: "nearest" }, [scales(0.5, 0.7)]);
  await expectAsRuntime(10, "Resize", { mode: "linear" }, [scales(0.5, 2)]);
  const pads = [0, 0, 1, 2, 0, 0, 3, 0];
  await expectAsRuntime(10, "Pad", { pads, value: 1.5 }, []);
  await expectAsRuntime(10, "Pad", { pads, mode: "reflect" }, []);
});

describe.each([
  "half_pixel",
  "half_pixel_symmetric",
  "pytorch_half_pixel",
  "align_corners",
  "asymmetric",
  "tf_half_pixel_for_nn",
])("Resize, %s", (coordinates) => {
  const opset = coordinates === "half_pixel_symmetric" ? 19 : 11;
  const attributes = { coordinate_transformation_mode: coordinates };
  const targets = [
    [12, 10],
    [7, 4],
    [1, 11],
    [6, 8],
  ].map((sizes) => [floats("roi"), floats("scales"), intTensor("sizes", [1, 3, ...sizes])]);

  test.each(["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"])(
    "nearest, %s",
    async (nearest_mode) => {
      for (const target of targets) {
        await expectAsRuntime(opset, "Resize", { nearest_mode, ...attributes }, target);
      }
    },
  );

  test("linear", async () => {
    for (const target of targets) {
      await expectAsRuntime(opset, "Resize", { mode: "linear", ...attributes }, target);
    }
  });

  test("cubic", async () => {
    for (const target of targets) {
      for (const exclude_outside of [0, 1]) {
        const cubic = { mode: "cubic", cubic_coeff_a: -0.5, exclude_outside, ...attributes };
        await expectAsRuntime(opset, "Resize", cubic, target);
      }
    }
  });
});

test("Resize by scales that are not whole", async () => {
  for (const mode of ["nearest", "linear", "cubic"]) {
    for (const by of [
      [1.4, 2.6],
      [0.6, 0.3],
    ]) {
      await expectAsRuntime(13, "Resize", { mode }, [none, scales(...by)]);
    }
  }
});

test("Resize, tf_crop_and_resize with an extrapolation value", async () => {
  const roi = floats("roi", 0, 0, 0.2, -0.4, 1, 1, 0.7, 1.3);
  const attributes = { coordinate_transformation_mode: "tf_crop_and_resize", mode: "linear" };
  const value = { ...attributes, extrapolation_value: 7.5 };
  await expectAsRuntime(13, "Resize", value, [roi, none, intTensor("sizes", [1, 3, 4, 9])]);
  await expectAsRuntime(13, "Resize", attributes, [roi, none, intTensor("sizes", [1, 3, 1, 6])]);
});

test("Resize of opset 18: axes, antialias, policies", async () => {
  const sizes = (...values: number[]) => [none, none, intTensor("sizes", values)];
  await expectAsRuntime(18, "Resize", { mode: "linear", axes: [3, 2] }, sizes(7, 4));
  for (const mode of ["linear", "cubic"]) {
    for (const exclude_outside of [0, 1]) {
      const attributes = { mode, antialias: 1, exclude_outside, axes: [2, 3] };
      await expectAsRuntime(18, "Resize", attributes, sizes(3, 2));
    }
  }
  for (const keep_aspect_ratio_policy of ["not_larger", "not_smaller"]) {
    const attributes = { mode: "linear", keep_aspect_ratio_policy, axes: [2, 3] };
    await expectAsRuntime(18, "Resize", attributes, sizes(7, 11));
  }
});

test("Pad since opset 11: pads, value and axes are inputs", async () => {
  const pads = (...values: number[]) => intTensor("pads", values);
  await expectAsRuntime(13, "Pad", {}, [pads(0, 0, 1, 2, 0, 0, 3, 0)]);
  await expectAsRuntime(13, "Pad", {}, [pads(0, 1, 1, 2, 0, 0, 3, 0), scalar("value", -3.25)]);
  await expectAsRuntime(13, "Pad", {}, [pads(0, 0, -1, 2, 0, 0, 3, -2), scalar("value", 0.5)]);
  await expectAsRuntime(13, "Pad", { mode: "edge" }, [pads(0, 0, -1, 2, 0, 0, 9, -2)]);
  await expectAsRuntime(13, "Pad", { mode: "reflect" }, [pads(0, 2, 5, 1, 0, 0, 0, 4)]);
  const axes = intTensor("axes", [-1, 1]);
  await expectAsRuntime(18, "Pad", { mode: "edge" }, [pads(2, 1, 0, 3), none, axes]);
  await expectAsRuntime(19, "Pad", { mode: "wrap" }, [pads(2, 1, 4, 0), none, axes]);
});
