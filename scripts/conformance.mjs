// `npm run conformance -- [DIR] …`: the ONNX conformance suite (tests/conformance/) on the core as it is built.
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const root = fileURLToPath(new URL("..", import.meta.url));
const { module } = await runnerImport("./tests/conformance/main.ts", { root, configFile: false });
process.exitCode = module.main(process.argv.slice(2));
