import type { OnnxNode, Scope } from "./node.js";
import type { Expanding } from "./ops/expanding.js";

// What opsets before 9 said otherwise. All else that Strop reads of them means what it means in 9.

/** Refuses what was dropped since. */
export function checkEarly(node: OnnxNode, scope: Scope): void {
  if (scope.opset >= 9) return;
  if (node.op === "BatchNormalization" && node.int("spatial", 1) === 0) {
    throw node.error("op-unsupported", "statistics of every pixel (spatial 0), dropped in opset 9");
  }
}

/**
 * The second operand of an elementwise op, as NumPy broadcasts it: with axes that end where the first one's do.
 * Before opset 7 they began at `axis`, and a slope of PRelu had one number a channel.
 */
export function secondOperand(node: OnnxNode, scope: Scope, expanding: Expanding): string {
  const name = node.input(1);
  const begins = beginOf(node, scope);
  if (begins === undefined) return name;
  const [a, b] = [scope.shape(node, node.input(0)), scope.shape(node, name)];
  const missing = a.length - begins - b.length;
  if (begins < 0 || missing <= 0 || b.every((dim) => dim === 1)) return name;
  const shape = [...b, ...new Array<number>(missing).fill(1)];
  return expanding.step("Reshape", [name], { shape, allowZero: false });
}

function beginOf(node: OnnxNode, { opset }: Scope): number | undefined {
  if (opset >= 7) return undefined;
  if (node.op === "PRelu") return 1;
  return node.int("broadcast", 0) !== 0 && node.has("axis") ? node.int("axis", 0) : undefined;
}
