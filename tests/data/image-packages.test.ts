import { execFileSync } from "node:child_process";
import { expect, test, vi } from "vitest";
import { decodeImage, readImageHeader } from "../../src/node/image-decoders.js";
import { pillowFile } from "../helpers/image-files.js";

vi.mock("node:module", async (original) => ({
  ...(await original<typeof import("node:module")>()),
  createRequire: () => () => {
    throw Object.assign(new Error("not there"), { code: "MODULE_NOT_FOUND" });
  },
}));

test.each([
  ["png rgb", "PNG", "@cwasm/lodepng"],
  ["jpeg gray", "JPEG", "@cwasm/jpeg-turbo"],
])("%s without its package: what to install", (kind, format, library) => {
  const header = readImageHeader(pillowFile(kind), "a/1.png");
  expect(() => decodeImage(header, "a/1.png")).toThrow(
    `a/1.png: ${format} files are read by the package ${library}, which is not there. ` +
      `Run npm install ${library}.`,
  );
});

test("nothing of them is loaded before there is an image", () => {
  const script = `
    await import("./dist/src/node.js");
    const { createRequire } = await import("node:module");
    const loaded = Object.keys(createRequire(import.meta.url).cache);
    console.log(loaded.filter((path) => path.includes("cwasm")).length);`;
  const root = new URL("../..", import.meta.url);
  const args = ["--input-type=module", "--eval", script];
  expect(execFileSync(process.execPath, args, { cwd: root, encoding: "utf8" })).toBe("0\n");
});
