"""What every peer does: reads its settings and its data, times itself, prints one JSON object."""

import json
import sys
import time
from pathlib import Path


def settings():
    return json.loads(sys.argv[1])


def data_path(name):
    return Path(sys.argv[2]) / f"{name}.npy"


def answer(**fields):
    print(json.dumps(fields))
    sys.exit()


def median(values):
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def timed(work, repeats, warmUpMs):
    """Milliseconds of work(), the median of repeats after as many as fill warmUpMs."""
    until = time.perf_counter() + warmUpMs / 1000
    while time.perf_counter() < until:
        work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - start))
    return median(times)


def blas_kernel():
    """The kernels that NumPy's BLAS has chosen, if threadpoolctl can tell."""
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return ""
    found = [f"{pool['internal_api']} {pool['architecture']}" for pool in threadpool_info() if "architecture" in pool]
    return ", ".join(dict.fromkeys(found))
