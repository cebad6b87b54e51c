import { DROPOUT } from "../../../assembly/abi/opcodes.js";
import { floatBits, seedWords } from "../training-graph.js";
import { alias } from "./alias.js";
import type { Rule } from "./rule.js";

/**
 * y = x/(1 − ratio) where a random mask keeps x, else 0; outside training y = x.
 *
 * The mask is a function of seed, step, node, row and element, so that backward makes it again. Differs from
 * PyTorch: another generator, and so other masks of the same kind.
 */
export const dropout: Rule<"Dropout"> = {
  forward(node, b) {
    const seed = b.dropoutSeedOf(node);
    if (seed === undefined) {
      alias.forward(node, b);
      return;
    }
    const { ratio } = node.attributes;
    const x = b.tensorOf(node.inputs[0]!);
    const y = b.define(node.outputs[0]!);
    const [low, high] = seedWords(seed);
    const threshold = Math.min(Math.round(ratio * 2 ** 32), 0xffffffff);
    // Its place among its kind: what runs below it, and so is not there, gives it no other masks.
    const number = b.instructions.filter(({ opcode }) => opcode === DROPOUT).length;
    const attributes = [threshold, floatBits(1 / (1 - ratio)), low, high, number, y.c1 || y.c0];
    b.emit(DROPOUT, [x, y], attributes);
  },
  backward(node, b) {
    if (b.dropoutSeedOf(node) === undefined) {
      alias.backward(node, b);
      return;
    }
    const [y, dy] = [b.tensorOf(node.outputs[0]!), b.gradientOf(node.outputs[0]!)];
    const forward = b.instructions.find(
      ({ opcode, operands }) => opcode === DROPOUT && operands[1] === y,
    );
    b.backward(node.inputs[0]!, (dx) => b.emit(DROPOUT, [dy, dx], forward!.attributes));
  },
};
