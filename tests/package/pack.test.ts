import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);

/** Of the packed file. */
const BYTES_MAX = 1_000_000;
/** What `npm ls --omit=dev --all` may list, Strop and the packages below its own dependencies included. */
const PACKAGES_MAX = 17;

/** Other versions of Node, as scripts/install-nodes.sh leaves them; and the one that runs this. */
const nodes = [
  process.execPath,
  ...[20, 22, 24].map((version) => join(root, `build/nodes/node_modules/node-${version}/bin/node`)),
].filter(existsSync);

/** Needs the registry, so that only CI runs it. */
const inCi = process.env.STROP_PACKAGE === "1";

describe.skipIf(!inCi)("the package, installed into an empty folder (STROP_PACKAGE=1)", () => {
  const folder = mkdtempSync(join(tmpdir(), "strop-package-"));
  const installed = join(folder, "node_modules/strop");
  let packed: { filename: string; size: number; files: { path: string }[] };

  beforeAll(async () => {
    // What is packed is what was built; the hook would build again.
    const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
    const { stdout } = await run("npm", args, { cwd: root });
    packed = JSON.parse(stdout)[0];
    writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
    await run("npm", ["install", "--no-audit", "--no-fund", join(folder, packed.filename)], {
      cwd: folder,
    });
  }, 300_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const manifest = () => JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));

  /** A command in the folder, with the given Node first in the path. */
  async function under(node: string, command: string, ...args: string[]) {
    const PATH = `${dirname(node)}${delimiter}${process.env.PATH}`;
    return run(command, args, { cwd: folder, env: { ...process.env, PATH, NO_COLOR: "1" } });
  }

  test("it is small, and nothing runs at its installation", async () => {
    expect(packed.size).toBeLessThan(BYTES_MAX);
    for (const script of ["preinstall", "install", "postinstall"]) {
      expect(manifest().scripts ?? {}).not.toHaveProperty(script);
    }
    const { stdout } = await run("npm", ["ls", "--omit=dev", "--all", "--parseable"], {
      cwd: folder,
    });
    expect(stdout.trim().split("\n").length - 1).toBeLessThanOrEqual(PACKAGES_MAX);
  });

  test("no source, no test, no named binary is in it", () => {
    const paths = packed.files.map(({ path }) => path);
    expect(paths.filter((path) => /^(src|tests|assembly)\/|\.named\.wasm$/.test(path))).toEqual([]);
    for (const path of ["LICENSE", "README.md", "CHANGELOG.md", "build/core.simd.wasm"]) {
      expect(paths).toContain(path);
    }
  });

  test("all three versions of Node are here", () => {
    expect(nodes.length).toBeGreaterThanOrEqual(3);
  });

  describe.each(nodes)("%s", (node) => {
    test("npx strop demo", async () => {
      const { stdout } = await under(node, "npx", "strop", "demo", "--json");
      const readme = readFileSync(join(root, "README.md"), "utf8");
      expect(readme).toContain(JSON.parse(stdout).fingerprint);
    }, 60_000);

    test("--help, and that of each command", async () => {
      const { stdout } = await under(node, "npx", "strop", "--help");
      const listed = stdout.slice(stdout.indexOf("Commands:")).split("\n").slice(1);
      const commands = listed.flatMap((line) => /^ {2}([a-z]+)/.exec(line)?.[1] ?? []);
      expect(commands).toContain("train");
      for (const command of commands.filter((name) => name !== "help")) {
        const help = await under(node, "npx", "strop", command, "--help");
        expect(help.stdout, command).toMatch(new RegExp(`^Usage: strop ${command}.*\n`));
        expect(help.stderr).toBe("");
      }
    }, 120_000);

    test("the API runs from its name", async () => {
      const { stdout } = await under(node, node, "--input-type=module", "-e", PROGRAM);
      expect(stdout.trim()).toMatch(/^[0-9a-f]{16}$/);
    });
  });

  test("the API has its types, strictly checked and without those of Node", async () => {
    writeFileSync(join(folder, "program.ts"), TYPED);
    const compilerOptions = { strict: true, noEmit: true, module: "nodenext", target: "es2022" };
    const config = { compilerOptions: { ...compilerOptions, types: [] }, files: ["program.ts"] };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    await run(process.execPath, [tsc, "-p", folder]);
  }, 60_000);
});

const PROGRAM = `
import { dense, input, optimizers, relu, sequential } from "strop";
const model = sequential([input({ shape: [2] }), dense({ units: 8 }), relu(), dense({ units: 2 })]);
model.compile({ optimizer: optimizers.adam({ lr: 1e-2 }), metrics: ["confusion"] });
const x = [[0, 0], [0, 1], [1, 0], [1, 1]];
for await (const { trainLoss } of model.fit(x, [0, 1, 1, 0], { epochs: 3 })) {
  if (!(trainLoss > 0)) throw new Error("no loss");
}
console.log(model.lastFit?.fingerprint);
`;

const TYPED = `import type { Layer } from "strop";
${PROGRAM}
export const fingerprint: string | undefined = model.lastFit?.fingerprint;
export const twice = (layer: Layer): readonly Layer[] => [layer, layer];
// @ts-expect-error There is no such loss.
model.compile({ loss: "none-of-ours" });
`;
