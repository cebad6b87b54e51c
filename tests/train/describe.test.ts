import { expect, test } from "vitest";
import { describeOnnx } from "../../src/node.js";
import { bytesOf, info, node } from "../onnx/model.js";
