import type { Node, NodeOf } from "../graph/graph.js";

const FOLLOWERS = ["Concat", "Expand", "Gather", "Pad", "Resize", "Slice"] as const;
type FollowerOp = (typeof FOLLOWERS)[number];
const followers: ReadonlySet<string> = new Set(FOLLOWERS);

/** An op that treats each axis by itself, and so does with values in any order what its attributes say of their axes. */
export type Follower = NodeOf<FollowerOp> & Node;

export function isFollower(node: Node): node is Follower {
  return followers.has(node.op);
}

/** The node for values whose axes lie in the given order: axis i is ONNX's axis order[i]. */
export function alongAxes(node: Follower, order: readonly number[]): Follower {
  const lying = <T>(of: readonly T[]): T[] => order.map((axis) => of[axis]!);
  switch (node.op) {
    case "Concat":
    case "Gather":
      return {
        ...node,
        attributes: { ...node.attributes, axis: order.indexOf(node.attributes.axis) },
      } as Follower;
    case "Expand":
      return { ...node, attributes: { shape: lying(node.attributes.shape) } };
    case "Pad":
      return { ...node, attributes: { ...node.attributes, pads: lying(node.attributes.pads) } };
    case "Resize": {
      const { sizes, scales, roi } = node.attributes;
      const turned = { sizes: lying(sizes), scales: lying(scales), roi: lying(roi) };
      return { ...node, attributes: { ...node.attributes, ...turned } };
    }
    case "Slice": {
      const { starts, steps, sizes } = node.attributes;
      const turned = { starts: lying(starts), steps: lying(steps), sizes: lying(sizes) };
      return { ...node, attributes: turned };
    }
  }
}
