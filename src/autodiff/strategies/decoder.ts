import { StropError } from "../../errors.js";
import type { Block } from "../../graph/blocks.js";
import type { GraphExtension } from "../../graph/extension.js";
import type { Node, NodeOf } from "../../graph/graph.js";
import { isUnary } from "../../graph/ops/families.js";
import { rowShape } from "../../graph/shape.js";

/** Ops whose effect a decoder does not undo: normalization, bias, noise. */
const PASSED: ReadonlySet<string> = new Set([
  "Add",
  "BatchNormalization",
  "Div",
  "Dropout",
  "GroupNormalization",
  "Identity",
  "LayerNormalization",
  "Mul",
  "PRelu",
  "Sub",
]);

/**
 * Hangs the mirror image of a block onto its output: products in the opposite order, each as the transpose of its
 * own, and between them the block's activations. The last product stands without one, so that any input can be met.
 *
 * Weights are the block's own (tied) or fresh ones; biases are always the decoder's.
 *
 * Y. Bengio, P. Lamblin, D. Popovici, H. Larochelle, "Greedy Layer-Wise Training of Deep Networks", NeurIPS 2006,
 * section 3. Differs from it: reconstructions are linear, and compared by squared error.
 *
 * @param hidden the block's output
 * @returns the value that is to be the block's input
 */
export function decoderOf(
  net: GraphExtension,
  prefix: string,
  block: Block,
  hidden: string,
  tied: boolean,
): string {
  const decoder = new Decoder(net, prefix, tied);
  return chainOf(block)
    .reverse()
    .reduce((y, { node, from }) => decoder.undo(node, from, y), hidden);
}

interface Link {
  readonly node: Node;
  /** The value that it goes on from. */
  readonly from: string;
}

/** The block's nodes, if each goes on from the one before alone. */
function chainOf({ name, input, nodes }: Block): Link[] {
  const made = new Set([input]);
  let from = input;
  return nodes.map((node) => {
    const link = { node, from };
    const read = node.inputs.filter((value) => made.has(value));
    if (read.length !== 1 || read[0] !== from) {
      throw unmirrored(node, `${name} branches there, and so has no mirror image`);
    }
    from = node.outputs[0]!;
    made.add(from);
    return link;
  });
}

class Decoder {
  private hasProduct = false;

  constructor(
    private readonly net: GraphExtension,
    private readonly prefix: string,
    private readonly tied: boolean,
  ) {}

  /** @param from the value that the node made its output of, whose shape comes back */
  undo(node: Node, from: string, y: string): string {
    // What follows the last product is the code, which a product reads as it is.
    if (isUnary(node)) return this.hasProduct ? this.net.copy(node, this.prefix, [y]) : y;
    if (PASSED.has(node.op)) return y;
    switch (node.op) {
      case "Gemm":
      case "MatMul":
        return this.dense(node, from, y);
      case "Conv":
        return this.convTranspose(node, from, y);
      case "Flatten":
      case "Reshape": {
        const shape = this.net.shapeOf(from);
        return this.net.node("Reshape", this.name(node), [y], { shape, allowZero: false });
      }
      default:
        throw unmirrored(node, `no decoder is known for a ${node.op}`);
    }
  }

  private dense(node: NodeOf<"Gemm"> | NodeOf<"MatMul">, from: string, y: string): string {
    this.hasProduct = true;
    const [x, w] = node.inputs as [string, string];
    const row = rowShape(this.net.shapeOf(from)) as [number];
    if (x !== from || row.length !== 1) throw unmirrored(node, "its input is no row of numbers");
    const [inputs] = row;
    const [units] = rowShape(this.net.shapeOf(y)) as [number];
    const name = this.name(node);
    const bias = this.net.zeros(`${name}.bias`, [inputs]);
    if (this.tied) {
      const alpha = node.op === "Gemm" ? node.attributes.alpha : 1;
      const transB = node.op === "MatMul" || !node.attributes.transB;
      return this.net.node("Gemm", name, [y, w, bias], { alpha, beta: 1, transB });
    }
    const fans = { fanIn: units, fanOut: inputs };
    const own = this.net.weights(`${name}.weight`, [inputs, units], "xavier", fans);
    return this.net.node("Gemm", name, [y, own, bias], { alpha: 1, beta: 1, transB: true });
  }

  /** The weight of a Conv is that of its transpose as it is. */
  private convTranspose(node: NodeOf<"Conv">, from: string, y: string): string {
    this.hasProduct = true;
    const [x, w] = node.inputs as [string, string];
    if (x !== from) throw unmirrored(node, "its kernel depends on the input");
    const [channels, ...image] = rowShape(this.net.shapeOf(from)) as [number, number, number];
    const [units, ...size] = rowShape(this.net.shapeOf(y)) as [number, number, number];
    const { kernelShape, strides, pads, dilations, group } = node.attributes;
    const outputPadding = ([0, 1] as const).map((side) => {
      const reach = dilations[side] * (kernelShape[side] - 1) + 1;
      const whole = (size[side]! - 1) * strides[side] + reach;
      return image[side]! + pads[side] + pads[side + 2]! - whole;
    }) as [number, number];
    const name = this.name(node);
    const bias = this.net.zeros(`${name}.bias`, [channels]);
    const area = kernelShape[0] * kernelShape[1];
    const fans = { fanIn: (units / group) * area, fanOut: (channels / group) * area };
    const shape = this.net.shapeOf(w) as readonly number[];
    const kernel = this.tied ? w : this.net.weights(`${name}.weight`, shape, "xavier", fans);
    return this.net.node("ConvTranspose", name, [y, kernel, bias], {
      ...node.attributes,
      outputPadding,
    });
  }

  private name(node: Node): string {
    return `${this.prefix}/decoder of ${node.name || node.outputs[0]}`;
  }
}

function unmirrored(node: Node, problem: string): StropError {
  return new StropError(problem, {
    code: "no-decoder",
    where: `node '${node.name || node.outputs[0]}' (${node.op})`,
    hint: "Give --method supervised.",
  });
}
