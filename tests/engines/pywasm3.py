"""pywasm3.py CORE PROGRAM X.npy Y.npy OUT [BUDGET]

Trains with the library core in wasm3's Python binding, by its exports alone: no WASI. Writes the final
checkpoint record to OUT and prints the fingerprint. Offsets are those of assembly/abi/*.ts.
"""

import ast
import re
import struct
import sys
from pathlib import Path
from types import SimpleNamespace

import wasm3

CONSTANT = re.compile(r"^export const (\w+): u32 = (0x[0-9a-f]+|\d+);", re.MULTILINE)
ABI = Path(__file__).resolve().parents[2] / "assembly/abi"
abi = SimpleNamespace(
    **{
        name: int(value, 0)
        for file in ("program.ts", "session.ts", "status.ts")
        for name, value in CONSTANT.findall((ABI / file).read_text())
    }
)


def words(data, offset, count):
    return struct.unpack_from(f"<{count}I", data, offset)


def read_npy(path):
    """Shape and raw rows of a version 1 file."""
    data = open(path, "rb").read()
    length = struct.unpack_from("<H", data, 8)[0]
    shape = ast.literal_eval(data[10 : 10 + length].decode())["shape"]
    body = data[10 + length :]
    size = len(body) // shape[0]
    return [body[i * size : (i + 1) * size] for i in range(shape[0])]


def step_offsets(program):
    """Where the step procedure's x and y lie in the arena."""
    count = words(program, abi.HEADER_SECTION_COUNT, 1)[0]
    table = [words(program, abi.SECTION_TABLE + abi.SECTION_BYTES * i, 4) for i in range(count)]
    at = {kind: offset for kind, offset, _, _ in table}
    size = {kind: size for kind, _, size, _ in table}
    start = at[abi.SECTION_PROCEDURES]
    for record in range(start, start + size[abi.SECTION_PROCEDURES], abi.PROCEDURE_BYTES):
        if words(program, record + abi.PROCEDURE_KIND, 1)[0] != abi.KIND_STEP:
            continue
        tensors = [words(program, record + field, 1)[0] for field in (abi.PROCEDURE_X, abi.PROCEDURE_Y)]
        first = at[abi.SECTION_TENSORS] + abi.TENSOR_OFFSET
        return [words(program, first + abi.TENSOR_BYTES * id, 1)[0] for id in tensors]
    raise SystemExit("no step")


def main(core, program_path, x_path, y_path, out, budget="0"):
    environment = wasm3.Environment()
    runtime = environment.new_runtime(65536)
    module = environment.parse_module(open(core, "rb").read())
    runtime.load(module)
    call = lambda name, *a: runtime.find_function(name)(*a)
    program = open(program_path, "rb").read()
    x_rows, y_rows = read_npy(x_path), read_npy(y_path)
    memory = runtime.get_memory(0)
    arena, session = call("arenaStart"), call("sessionStart")

    def put(address, data):
        memory[address : address + len(data)] = data

    put(arena, program[: words(program, abi.HEADER_RESIDENT_BYTES, 1)[0]])
    assert call("programLoad", words(program, abi.HEADER_ARENA_BYTES, 1)[0]) == abi.DONE
    assert call("trainBegin", len(x_rows)) == abi.DONE
    x, y = step_offsets(program)
    saves = 0
    while True:
        status = call("run", int(budget))
        if status == abi.ROWS:
            batch = words(memory, session + abi.SESSION_BATCH, 1)[0]
            wanted = words(memory, words(memory, session + abi.SESSION_WANTED, 1)[0], batch)
            put(arena + x, b"".join(x_rows[i] for i in wanted))
            put(arena + y, b"".join(y_rows[i] for i in wanted))
        elif status in (abi.EPOCH, abi.DONE):
            saves += 1
            if status == abi.DONE:
                break
        elif status != abi.PAUSED:
            raise SystemExit(f"status {status}")
    assert call("checkpointBegin", saves) == abi.DONE
    pieces = [(call("checkpointPiece", i), call("checkpointPieceBytes", i)) for i in range(call("checkpointPieces"))]
    open(out, "wb").write(b"".join(bytes(memory[start : start + size]) for start, size in pieces))
    call("fingerprint")
    low, high = words(memory, session + abi.SESSION_FINGERPRINT, 2)
    print(f"fingerprint {high:08x}{low:08x}")


main(*sys.argv[1:])
