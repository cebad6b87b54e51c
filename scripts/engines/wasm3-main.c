// wasm3 as a command: `wasm3 module.wasm [args…]`. The crate has the interpreter and its WASI, but
// no main. The only preopen is the working directory, and the exit code is proc_exit's.

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "m3_api_wasi.h"
#include "m3_env.h"

enum { STACK_BYTES = 1 << 20 };

static int fail(IM3Runtime runtime, M3Result result) {
  M3ErrorInfo info;
  m3_GetErrorInfo(runtime, &info);
  fprintf(stderr, "wasm3: %s %s\n", result, info.message ? info.message : "");
  return 1;
}

int main(int argc, char **argv) {
  if (argc < 2) return fputs("usage: wasm3 module.wasm [args...]\n", stderr), 2;
  if (!strcmp(argv[1], "--version")) return puts("wasm3 " M3_VERSION), 0;

  FILE *file = fopen(argv[1], "rb");
  if (!file) return perror(argv[1]), 2;
  fseek(file, 0, SEEK_END);
  long size = ftell(file);
  rewind(file);
  uint8_t *bytes = malloc(size);
  if (!bytes || fread(bytes, 1, size, file) != (size_t)size) return perror(argv[1]), 2;
  fclose(file);

  IM3Environment environment = m3_NewEnvironment();
  IM3Runtime runtime = m3_NewRuntime(environment, STACK_BYTES, NULL);
  IM3Module module;
  IM3Function start;
  M3Result result = m3_ParseModule(environment, &module, bytes, size);
  if (!result) result = m3_LoadModule(runtime, module);
  // This WASI hands the guest's descriptors to the host as they are, and promises the guest that 3
  // is the directory it opens now: whatever the caller left open there has to go first.
  close(3);
  if (!result) result = m3_LinkWASI(module);
  if (!result) result = m3_FindFunction(&start, runtime, "_start");
  if (!result) result = m3_CallWithArgs(start, argc - 1, (ccstr_t *)(argv + 1));
  if (result == m3Err_trapExit) return runtime->exit_code;
  return result ? fail(runtime, result) : 0;
}
