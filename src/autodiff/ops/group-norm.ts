import { BINARY_ADD, BINARY_MUL, BINARY_SUB } from "../../../assembly/abi/functions.js";
import { BATCH_NORM_INV_STD } from "../../../assembly/abi/opcodes.js";
import type { Dim, NodeOf, Shape } from "../../graph/graph.js";
import { product, sameShape, shapeElements } from "../../graph/shape.js";
import type { ProcedureBuilder } from "../procedure-builder.js";
import { type Category, floatBits, type Tensor } from "../training-graph.js";
import { binaryOf, emitBinary, emitBroadcastSum, emitScale, type Operand } from "./broadcast.js";
import type { Rule } from "./rule.js";

/**
 * y = x̂·gamma + beta, x̂ = (x − mean)·invStd, mean and invStd of each row and group. Saved: mean, invStd.
 *
 *   dgamma = Σ dy·x̂        dbeta = Σ dy        of each channel
 *   dx = invStd·(g − Σ g / n − x̂·Σ g·x̂ / n)   of each row and group of n elements, g = gamma·dy
 *
 * Sums go over a channel's pixels first, then over a group's channels. Wu & He 2018, arXiv:1803.08494.
 */
export const groupNorm: Rule<"GroupNormalization"> = {
  forward(node, b) {
    const [views, y] = [viewsOf(node, b), node.outputs[0]!];
    const { x, gamma, beta } = operandsOf(node, b, views);
    const near = groupMean(b, views, x, `mean ${y} (rounded)`, "scratch");
    const deviation = difference(b, x, near, "scratch");
    // Sums round by the size of the mean, which may be many deviations; what is left of it comes on top.
    const rest = groupMean(b, views, deviation, `mean ${y} (rest)`, "scratch");
    const mean = operand(b, `mean ${y}`, views.perGroup, "activations");
    emitBinary(b, BINARY_ADD, near, rest, mean);
    const square = binaryOf(b, BINARY_MUL, deviation, deviation, "scratch");
    const variance = groupMean(b, views, square, `variance ${y}`, "scratch");
    const invStd = operand(b, `invStd ${y}`, variance.shape, "activations");
    const eps = floatBits(node.attributes.epsilon);
    b.emit(BATCH_NORM_INV_STD, [variance.tensor, invStd.tensor], [eps]);
    b.save(node, mean.tensor, invStd.tensor);
    // Not the deviation from above, whose place the squares take: beside x and y there is no third image.
    const centered = difference(b, x, mean, "scratch");
    const result = { tensor: b.define(y), shape: views.whole };
    if (!gamma || !beta) {
      emitBinary(b, BINARY_MUL, centered, invStd, result);
      return;
    }
    const slope = binaryOf(b, BINARY_MUL, invStd, gamma, "scratch");
    emitBinary(b, BINARY_ADD, binaryOf(b, BINARY_MUL, centered, slope, "scratch"), beta, result);
  },

  backward(node, b) {
    const [input, scale = "", bias = ""] = node.inputs as [string, string?, string?];
    const views = viewsOf(node, b);
    const { x, gamma } = operandsOf(node, b, views);
    const saved = b.savedOf(node).map((tensor) => ({ tensor, shape: views.perGroup }));
    const [mean, invStd] = saved as [Operand, Operand];
    const dy = { tensor: b.gradientOf(node.outputs[0]!), shape: views.whole };
    const sumOverRows = (of: Operand) => (gradient: Tensor) =>
      emitBroadcastSum(b, of, { tensor: gradient, shape: views.parameter(gradient.c0) });
    const sumDy = folded(b, dy, views.perChannel);
    b.backward(bias, sumOverRows(sumDy));
    if (!b.needsGradient(scale) && !b.needsGradient(input)) return;
    const times = (p: Operand, q: Operand) => binaryOf(b, BINARY_MUL, p, q);
    const products = times(difference(b, x, mean, "gradients"), dy);
    const sumDyHat = times(folded(b, products, views.perChannel), invStd);
    b.backward(scale, sumOverRows(sumDyHat));
    b.backward(input, (dx) => {
      const meanOf = (sum: Operand) =>
        groupMean(b, views, gamma ? times(sum, gamma) : sum, `mean ${sum.tensor.name}`, "scratch");
      const straight = times(dy, gamma ? times(invStd, gamma) : invStd);
      const bend = times(times(meanOf(sumDyHat), invStd), invStd);
      const bent = times(difference(b, x, mean, "gradients"), bend);
      const rest = binaryOf(b, BINARY_SUB, straight, bent);
      emitBinary(b, BINARY_SUB, rest, times(meanOf(sumDy), invStd), { ...dy, tensor: dx });
    });
  },
};

/** As what shapes the tensors are read: the axes are row, pixel, group, channel of the group. */
interface Views {
  readonly whole: Shape;
  readonly perChannel: Shape;
  readonly perGroup: Shape;
  /** Elements of a group in one row. */
  readonly n: number;
  /** Of a scale or bias with so many elements: one for each channel, or for each group. */
  parameter(elements: number): Shape;
}

function viewsOf(node: NodeOf<"GroupNormalization">, b: ProcedureBuilder): Views {
  const { numGroups, layout } = node.attributes;
  const [rows, ...sizes] = b.shapeOf(node.inputs[0]!) as [Dim, ...number[]];
  if (sizes.length > 1 && layout !== "NHWC") throw new Error(`${node.name} is not channels last`);
  const members = sizes.at(-1)! / numGroups;
  const pixels = product(sizes.slice(0, -1), node.name);
  return {
    whole: [rows, pixels, numGroups, members],
    perChannel: [rows, 1, numGroups, members],
    perGroup: [rows, 1, numGroups, 1],
    n: pixels * members,
    parameter: (elements) => [1, 1, numGroups, elements / numGroups],
  };
}

function operandsOf(node: NodeOf<"GroupNormalization">, b: ProcedureBuilder, views: Views) {
  const [x, ...parameters] = node.inputs.map((input) => b.tensorOf(input));
  const [gamma, beta] = parameters.map(
    (tensor): Operand => ({ tensor, shape: views.parameter(tensor.c0) }),
  );
  return { x: { tensor: x!, shape: views.whole }, gamma, beta };
}

function operand(b: ProcedureBuilder, name: string, shape: Shape, category: Category): Operand {
  return { tensor: b.temporary(name, category, shapeElements(shape)), shape };
}

function difference(b: ProcedureBuilder, x: Operand, mean: Operand, category: Category): Operand {
  return binaryOf(b, BINARY_SUB, x, mean, category);
}

/** Sums over the axes that `shape` has of size 1; x itself if there are none. */
function folded(b: ProcedureBuilder, x: Operand, shape: Shape): Operand {
  if (sameShape(x.shape, shape)) return x;
  const sum = operand(b, `${x.tensor.name} (sum)`, shape, "scratch");
  emitBroadcastSum(b, x, sum);
  return sum;
}

/** The mean over each row and group, of elements or of what is left of them once each channel's are added up. */
function groupMean(
  b: ProcedureBuilder,
  { perChannel, perGroup, n }: Views,
  x: Operand,
  name: string,
  category: Category,
): Operand {
  const sum = folded(b, folded(b, x, perChannel), perGroup);
  const mean = operand(b, name, perGroup, category);
  emitScale(b, sum.tensor, mean.tensor, 1 / n);
  return mean;
}
