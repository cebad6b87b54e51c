"""pywasm3.py CORE PROGRAM X.npy Y.npy OUT [BUDGET]

Trains with the library core in wasm3's Python binding, by its exports alone: no WASI. Writes the final
checkpoint record to OUT and prints the fingerprint. Offsets are those of assembly/abi/*.ts.
"""

import ast
import struct
import sys

import wasm3

DONE, ROWS, PAUSED, EPOCH = range(4)
HEADER_RESIDENT, HEADER_ARENA, SECTION_COUNT, SECTION_TABLE = 8, 12, 32, 64
TENSORS, PROCEDURES, KIND_STEP = 1, 3, 3
SESSION_BATCH, SESSION_FINGERPRINT, SESSION_WANTED = 28, 40, 180


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
    count = words(program, SECTION_COUNT, 1)[0]
    table = [words(program, SECTION_TABLE + 16 * i, 4) for i in range(count)]
    at = {kind: offset for kind, offset, _, _ in table}
    size = {kind: size for kind, _, size, _ in table}
    for start in range(at[PROCEDURES], at[PROCEDURES] + size[PROCEDURES], 40):
        kind, _, _, x, y = words(program, start, 5)
        if kind == KIND_STEP:
            return [words(program, at[TENSORS] + 20 * id + 4, 1)[0] for id in (x, y)]
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

    put(arena, program[: words(program, HEADER_RESIDENT, 1)[0]])
    assert call("programLoad", words(program, HEADER_ARENA, 1)[0]) == DONE
    assert call("trainBegin", len(x_rows)) == DONE
    x, y = step_offsets(program)
    saves = 0
    while True:
        status = call("run", int(budget))
        if status == ROWS:
            batch = words(memory, session + SESSION_BATCH, 1)[0]
            wanted = words(memory, words(memory, session + SESSION_WANTED, 1)[0], batch)
            put(arena + x, b"".join(x_rows[i] for i in wanted))
            put(arena + y, b"".join(y_rows[i] for i in wanted))
        elif status in (EPOCH, DONE):
            saves += 1
            if status == DONE:
                break
        elif status != PAUSED:
            raise SystemExit(f"status {status}")
    assert call("checkpointBegin", saves) == DONE
    pieces = [(call("checkpointPiece", i), call("checkpointPieceBytes", i)) for i in range(call("checkpointPieces"))]
    open(out, "wb").write(b"".join(bytes(memory[start : start + size]) for start, size in pieces))
    call("fingerprint")
    low, high = words(memory, session + SESSION_FINGERPRINT, 2)
    print(f"fingerprint {high:08x}{low:08x}")


main(*sys.argv[1:])
