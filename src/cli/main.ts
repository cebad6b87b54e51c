#!/usr/bin/env node
import { EXIT_INTERRUPTED } from "./errors.js";
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
  process.exit(error.code === "EPIPE" ? 0 : 1);
});

process.exitCode = await runProgram(process.argv.slice(2), onInterrupt);
