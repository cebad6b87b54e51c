"""The same convolutions in PyTorch, one thread, forward and backward, on Strop's images and weights."""

from timing import answer, data_path, settings, timed

try:
    import numpy
    import torch
except ImportError as error:
    answer(missing=f"no {error.name}")

torch.set_num_threads(1)
given = settings()


def run(memory_format):
    """Milliseconds of all layers, and what they compute, summed up."""
    total, result = 0, 0
    for i, layer in enumerate(given["layers"]):
        x, dy, w = (torch.from_numpy(numpy.load(data_path(f"{name}{i}"))) for name in ("x", "dy", "w"))
        x, dy = (image.permute(0, 3, 1, 2).contiguous(memory_format=memory_format) for image in (x, dy))
        w = w.permute(3, 2, 0, 1).contiguous(memory_format=memory_format).requires_grad_()
        x.requires_grad_(x.shape[1] > 3)
        wanted = [value for value in (x, w) if value.requires_grad]
        top, left, bottom, right = layer["pads"]
        even = top == bottom and left == right

        def forward():
            image = x if even else torch.nn.functional.pad(x, (left, right, top, bottom))
            padding = (top, left) if even else 0
            return torch.nn.functional.conv2d(
                image, w, stride=layer["stride"], padding=padding, groups=layer["groups"]
            )

        y = forward()
        backward = lambda: torch.autograd.grad(y, wanted, dy, retain_graph=True)
        total += timed(forward, given["repeats"], warmUpMs=20)
        total += timed(backward, given["repeats"], warmUpMs=20)
        result += sum(float(value.detach().abs().double().sum()) for value in (y, *backward()))
    return total, result


times = {name: run(getattr(torch, name)) for name in ("contiguous_format", "channels_last")}
fastest = min(times, key=lambda name: times[name][0])
ms, result = times[fastest]
answer(name=f"PyTorch {torch.__version__}, {fastest}", ms=ms, result=result)
