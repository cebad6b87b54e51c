import { clone, create } from "@bufbuild/protobuf";
import { type ModelProto, ModelProtoSchema, StringStringEntryProtoSchema } from "onnx-buf";

/** The key in metadata_props whose value is a JSON list: the names of the classes by their number. */
const CLASSES = "strop.classes";

/** The names of the classes by their number, where a training on a table has left them in the model. */
export function readClasses(proto: ModelProto): readonly string[] | undefined {
  const value = proto.metadataProps.find(({ key }) => key === CLASSES)?.value;
  if (value === undefined) return undefined;
  try {
    const names: unknown = JSON.parse(value);
    const isList = Array.isArray(names) && names.every((name) => typeof name === "string");
    return isList && new Set(names).size === names.length ? names : undefined;
  } catch {
    // What is no list of ours says nothing.
    return undefined;
  }
}

/** A copy of the model with other names of classes, or without any. */
export function withClasses(proto: ModelProto, classes: readonly string[] | undefined): ModelProto {
  const model = clone(ModelProtoSchema, proto);
  const others = model.metadataProps.filter(({ key }) => key !== CLASSES);
  const own = classes && { key: CLASSES, value: JSON.stringify(classes) };
  model.metadataProps = own ? [...others, create(StringStringEntryProtoSchema, own)] : others;
  return model;
}
