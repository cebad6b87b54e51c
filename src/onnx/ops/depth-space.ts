import { formatShape } from "../../graph/shape.js";
import type { Expansion, OnnxNode, Scope } from "../node.js";
import { Expanding } from "./expanding.js";

type Sizes = readonly [channels: number, height: number, width: number];

/** Channels become blocks of pixels. DCR: the block's place is the slower part of the channel's number; CRD: the faster. */
export function DepthToSpace(node: OnnxNode, scope: Scope): Expansion {
  const block = blockOf(node);
  const mode = node.string("mode", "DCR");
  if (mode !== "DCR" && mode !== "CRD") throw node.error("attribute-invalid", `mode is '${mode}'`);
  const [channels, height, width] = imageOf(node, scope);
  const depth = part(node, "channels", channels, block * block);
  const isSlower = mode === "DCR";
  const apart = isSlower ? [block, block, depth] : [depth, block, block];
  return turned(node, scope, {
    apart: [...apart, height, width],
    perm: isSlower ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3],
    joined: [depth, height * block, width * block],
  });
}

/** Blocks of pixels become channels; the block's place is the slower part of the channel's number. */
export function SpaceToDepth(node: OnnxNode, scope: Scope): Expansion {
  const block = blockOf(node);
  const [channels, height, width] = imageOf(node, scope);
  const [rows, columns] = [part(node, "rows", height, block), part(node, "columns", width, block)];
  return turned(node, scope, {
    apart: [channels, rows, block, columns, block],
    perm: [0, 3, 5, 1, 2, 4],
    joined: [channels * block * block, rows, columns],
  });
}

/** The rows of the input taken apart to more axes, these in another order, and joined again. */
function turned(
  node: OnnxNode,
  scope: Scope,
  to: { apart: readonly number[]; perm: readonly number[]; joined: readonly number[] },
): Expansion {
  const expanding = new Expanding(node, scope);
  const rows = scope.shape(node, node.input(0))[0]!;
  const reshape = (sizes: readonly number[]) => ({ shape: [rows, ...sizes], allowZero: false });
  const apart = expanding.step("Reshape", [node.input(0)], reshape(to.apart));
  const turned = expanding.step("Transpose", [apart], { perm: to.perm });
  return expanding.end("Reshape", [turned], reshape(to.joined));
}

function imageOf(node: OnnxNode, scope: Scope): Sizes {
  const shape = scope.shape(node, node.input(0));
  const [, ...sizes] = shape;
  if (sizes.length === 3) return sizes as unknown as Sizes;
  throw node.error("shape-mismatch", `an input of shape ${formatShape(shape)} is no image`);
}

function blockOf(node: OnnxNode): number {
  const block = node.int("blocksize", 0);
  if (block >= 1) return block;
  throw node.error("attribute-invalid", `blocksize is ${block}`);
}

/** A whole number of blocks. */
function part(node: OnnxNode, what: string, size: number, block: number): number {
  if (size % block === 0) return size / block;
  throw node.error("shape-mismatch", `${size} ${what} are no whole number of blocks of ${block}`);
}
