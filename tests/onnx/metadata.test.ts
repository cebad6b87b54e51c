import { create } from "@bufbuild/protobuf";
import { ModelProtoSchema, StringStringEntryProtoSchema } from "onnx-buf";
import { expect, test } from "vitest";
import {
  readClasses,
  readPreprocessing,
  withClasses,
  withPreprocessing,
} from "../../src/onnx/metadata.js";

const empty = create(ModelProtoSchema, {});
const saying = (key: string, value: string) =>
  create(ModelProtoSchema, {
    metadataProps: [create(StringStringEntryProtoSchema, { key, value })],
  });

test("how images became numbers is read as it was written, beside the classes, and taken back", () => {
  const images = { scale: 1, mean: [103.9, 116.8, 123.7], std: 2, fit: "crop" } as const;
  const model = withClasses(withPreprocessing(empty, images), ["cat", "dog"]);
  expect(readPreprocessing(model)).toEqual(images);
  expect(readClasses(model)).toEqual(["cat", "dog"]);
  expect(readPreprocessing(withPreprocessing(model, undefined))).toBeUndefined();
  expect(readClasses(withPreprocessing(model, undefined))).toEqual(["cat", "dog"]);
  expect(readPreprocessing(empty)).toBeUndefined();
});

test.each([
  ["no JSON", "{"],
  ["no object", "3"],
  ["null", "null"],
  ["a scale of 0", '{"scale":0}'],
  ["a mean of text", '{"mean":"0.5"}'],
  ["a mean of lists", '{"mean":[[1]]}'],
  ["a deviation below 0", '{"std":[1,-1,1]}'],
  ["another fit", '{"fit":"squeeze"}'],
])("what is not ours says nothing: %s", (_, value) => {
  expect(readPreprocessing(saying("strop.images", value))).toBeUndefined();
});
