import { describe, expect, test } from "vitest";
import { StropError } from "../../src/errors.js";
import { globMatches, matchNames } from "../../src/graph/glob.js";
import { listParameters, selectTrained } from "../../src/graph/parameters.js";
import { convolution, dense, graph, node, normalization, weight } from "./graphs.js";

const network = graph(
  ["N", 1, 3, 3],
  [
    node("Conv", ["x", "conv1.weight"], "a", convolution),
    node("BatchNormalization", ["a", "bn1.g", "bn1.b", "bn1.m", "bn1.v"], "b", normalization),
    node("Add", ["b", "shift"], "c", {}),
    node("Add", ["c", "epsilon"], "d", {}),
    node("Flatten", ["d"], "e", { axis: 1 }),
    node("Gemm", ["e", "fc.weight", "fc.bias"], "y", dense),
  ],
  [
    weight("conv1.weight", 2, 1, 3, 3),
    ...["g", "b", "m", "v"].map((name) => weight(`bn1.${name}`, 2)),
    weight("shift", 2, 1, 1),
    weight("epsilon", 1),
    weight("fc.weight", 3, 2),
    weight("fc.bias", 3),
  ],
);

describe("glob", () => {
  test.each([
    ["conv1.*", "conv1.weight", true],
    ["conv1.*", "conv10.weight", false],
    ["*", "model/dense/MatMul:0", true],
    ["*.bias", "a.bias.weight", false],
    ["bn?.*", "bn1.bias", true],
    ["bn?.*", "bn12.bias", false],
    ["a*b*c", "aXbYbZc", true],
    ["", "", true],
    ["?", "", false],
    ["a.b", "aXb", false],
    ["[ab]", "a", false],
  ])("%s and %s: %s", (pattern, name, expected) => {
    expect(globMatches(pattern, name)).toBe(expected);
  });

  test("many stars do not take for ever", () => {
    expect(globMatches("*a".repeat(200), "a".repeat(199))).toBe(false);
    expect(globMatches(`${"*a".repeat(200)}b`, "a".repeat(5000))).toBe(false);
  });

  test("a pattern that matches nothing is an error of usage", () => {
    try {
      matchNames(["conv1.weight"], ["cov*"], "--freeze");
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(StropError);
      expect(error).toMatchObject({ exitCode: 2, code: "pattern-no-match" });
      expect(String(error)).toContain("--freeze: the pattern 'cov*' matches no parameter");
    }
    const constant = () => matchNames(["conv1.weight"], ["e*"], "--train-only", ["eps"]);
    expect(constant).toThrow("'e*' matches no parameter, but the constant 'eps'. The names are");
    const none = () => matchNames([], ["*"], "--freeze");
    expect(none).toThrow("the pattern '*' matches no parameter. The model has none.");
  });
});

describe("parameters", () => {
  test("roles by place", () => {
    expect(listParameters(network).map(({ name, role, node: at }) => [name, role, at])).toEqual([
      ["conv1.weight", "parameter", "a"],
      ["bn1.g", "parameter", "b"],
      ["bn1.b", "parameter", "b"],
      ["bn1.m", "statistic", "b"],
      ["bn1.v", "statistic", "b"],
      ["shift", "parameter", "c"],
      ["epsilon", "constant", "d"],
      ["fc.weight", "parameter", "y"],
      ["fc.bias", "parameter", "y"],
    ]);
  });

  test("a tied weight behind a transpose is a parameter", () => {
    const tied = graph(
      ["N", 3],
      [
        node("Transpose", ["w"], "t", { perm: [1, 0] }),
        node("MatMul", ["x", "t"], "h", {}),
        node("MatMul", ["h", "w"], "y", {}),
      ],
      [weight("w", 2, 3)],
    );
    expect(listParameters(tied)).toEqual([
      { name: "w", shape: [2, 3], role: "parameter", node: "h" },
    ]);
  });

  test("freeze and train-only", () => {
    const all = ["conv1.weight", "bn1.g", "bn1.b", "shift", "fc.weight", "fc.bias"];
    expect([...selectTrained(network)]).toEqual(all);
    expect([...selectTrained(network, { freeze: ["conv1.*", "bn1.*"] })]).toEqual(all.slice(3));
    expect([...selectTrained(network, { trainOnly: ["fc.*", "bn1.*"] })]).toEqual([
      "bn1.g",
      "bn1.b",
      "fc.weight",
      "fc.bias",
    ]);
    expect([...selectTrained(network, { trainOnly: ["fc.*"], freeze: ["*.bias"] })]).toEqual([
      "fc.weight",
    ]);
  });

  test("nothing left to train is an error", () => {
    expect(() => selectTrained(network, { freeze: ["*"] })).toThrow("nothing is left to train");
    expect(() => selectTrained(network, { trainOnly: ["epsilon"] })).toThrow(
      "matches no parameter",
    );
    const empty = graph(["N", 3], [node("Relu", ["x"], "y", {})]);
    expect(() => selectTrained(empty)).toThrow("The model has no parameters.");
  });
});
