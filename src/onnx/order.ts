import { StropError } from "../errors.js";
import type { OnnxNode } from "./node.js";

/**
 * The nodes so that each comes after those it reads from. ONNX asks for that order; some writers do not keep it.
 *
 * @param given the values that are there before any node: inputs and initializers
 */
export function ordered(
  nodes: readonly OnnxNode[],
  given: ReadonlySet<string>,
): readonly OnnxNode[] {
  const makers = new Map<string, number>();
  for (const [i, node] of nodes.entries()) for (const name of node.outputs) makers.set(name, i);
  const readers = nodes.map((): number[] => []);
  const waiting = nodes.map((node, i) => {
    const before = node.inputs.filter((name) => name !== "" && !given.has(name));
    for (const name of before) {
      const maker = makers.get(name);
      if (maker === undefined) {
        throw node.error("value-undefined", `its input '${name}' comes from nowhere`);
      }
      readers[maker]!.push(i);
    }
    return before.length;
  });
  if (isOrdered(readers)) return nodes;
  const order = [...waiting.keys()].filter((i) => waiting[i] === 0);
  for (let next = 0; next < order.length; next++) {
    for (const reader of readers[order[next]!]!) {
      waiting[reader]!--;
      if (waiting[reader] === 0) order.push(reader);
    }
  }
  if (order.length < nodes.length) {
    const stuck = nodes[waiting.findIndex((count) => count > 0)]!;
    throw new StropError("it waits for its own output: the graph has a cycle", {
      code: "graph-cycle",
      where: stuck.label,
    });
  }
  return order.map((i) => nodes[i]!);
}

function isOrdered(readers: readonly (readonly number[])[]): boolean {
  return readers.every((later, i) => later.every((reader) => reader > i));
}
