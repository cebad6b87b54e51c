import { clone, create } from "@bufbuild/protobuf";
import { type ModelProto, ModelProtoSchema, StringStringEntryProtoSchema } from "onnx-buf";
import type { Normalization } from "../data/images/normalize.js";
import { IMAGE_FITS, type ImageFit } from "../data/images/resize.js";
import { isInRange, RANGES, type Range } from "../ranges.js";

/** The key in metadata_props whose value is a JSON list: the names of the classes by their number. */
const CLASSES = "strop.classes";
/** And of a JSON object: how the images that the model was trained on became its numbers. */
const IMAGES = "strop.images";

/** How an image becomes a row of a model's input. */
export interface Preprocessing extends Normalization {
  readonly fit?: ImageFit;
}

/** The names of the classes by their number, where a training on a table has left them in the model. */
export function readClasses(proto: ModelProto): readonly string[] | undefined {
  const names = read(proto, CLASSES);
  const isList = Array.isArray(names) && names.every((name) => typeof name === "string");
  return isList && new Set(names).size === names.length ? names : undefined;
}

/** A copy of the model with other names of classes, or without any. */
export function withClasses(proto: ModelProto, classes: readonly string[] | undefined): ModelProto {
  return written(proto, CLASSES, classes);
}

/** How images became the model's numbers, where a training on a folder of them has left it in the model. */
export function readPreprocessing(proto: ModelProto): Preprocessing | undefined {
  const value = read(proto, IMAGES);
  if (typeof value !== "object" || value === null) return undefined;
  const { scale, mean, std, fit } = value as Preprocessing;
  const isSound =
    areIn([scale ?? 1], RANGES.imageScale) &&
    areIn([mean ?? 0].flat(), {}) &&
    areIn([std ?? 1].flat(), RANGES.imageScale) &&
    (fit === undefined || IMAGE_FITS.includes(fit));
  if (!isSound) return undefined;
  const there = Object.entries({ scale, mean, std, fit }).filter(([, part]) => part !== undefined);
  return Object.fromEntries(there) as Preprocessing;
}

/** A copy of the model that says so of its images, or nothing. */
export function withPreprocessing(proto: ModelProto, images: Preprocessing | undefined) {
  return written(proto, IMAGES, images);
}

function areIn(values: readonly unknown[], range: Range): boolean {
  return values.every((value) => typeof value === "number" && isInRange(value, range));
}

/** Undefined where there is none, and where it is no JSON: what is not ours says nothing. */
function read(proto: ModelProto, name: string): unknown {
  const value = proto.metadataProps.find(({ key }) => key === name)?.value;
  try {
    return value === undefined ? undefined : JSON.parse(value);
  } catch {
    return undefined;
  }
}

function written(proto: ModelProto, name: string, value: object | undefined): ModelProto {
  const model = clone(ModelProtoSchema, proto);
  const others = model.metadataProps.filter(({ key }) => key !== name);
  const own = value && { key: name, value: JSON.stringify(value) };
  model.metadataProps = own ? [...others, create(StringStringEntryProtoSchema, own)] : others;
  return model;
}
