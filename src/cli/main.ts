#!/usr/bin/env node
import { EXIT_DONE, EXIT_FAILED, EXIT_INTERRUPTED } from "./errors.js";
import { runProgram } from "./program.js";

/** The first interrupt asks for an end after the current step; the second does not ask. */
function onInterrupt(): AbortSignal {
  const controller = new AbortController();
  process.on("SIGINT", () => {
    if (controller.signal.aborted) process.exit(EXIT_INTERRUPTED);
    controller.abort();
  });
  return controller.signal;
}

// `strop inspect M | head -1`: whoever stops reading has seen enough.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(EXIT_DONE);
  process.stderr.write(`strop: stdout: ${error.code}. The result could not be printed.\n`);
  process.exit(EXIT_FAILED);
});

process.exitCode = await runProgram(process.argv.slice(2), onInterrupt);
