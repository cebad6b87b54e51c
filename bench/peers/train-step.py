"""One training step in PyTorch, one thread, from the weights and on the rows that Strop has."""

import time

from timing import answer, data_path, median, settings

try:
    import numpy
    import torch
except ImportError as error:
    answer(missing=f"no {error.name}")

torch.set_num_threads(1)
given = settings()
batch, widths, warm_up = given["batch"], given["widths"], given["warmUp"]
x = torch.from_numpy(numpy.load(data_path("x")))
y = torch.arange(batch) % widths[-1]
loss_of = torch.nn.CrossEntropyLoss()


def fresh_model():
    layers = []
    for i, (features, units) in enumerate(zip(widths, widths[1:])):
        layers += [torch.nn.ReLU()] if i else []
        layers.append(torch.nn.Linear(features, units))
    model = torch.nn.Sequential(*layers)
    with torch.no_grad():
        for i, parameter in enumerate(model.parameters()):
            values = torch.from_numpy(numpy.load(data_path(f"w{i}")))
            parameter.copy_(values if values.shape == parameter.shape else values.T)
    return model


def train(foreach):
    """Milliseconds a step, and the last step's loss."""
    model = fresh_model()
    optimizer = torch.optim.Adam(model.parameters(), lr=given["lr"], foreach=foreach)
    times = []
    for _ in range(warm_up + given["steps"]):
        start = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(model(x), y)
        loss.backward()
        optimizer.step()
        times.append(1000 * (time.perf_counter() - start))
    return median(times[warm_up:]), loss.item()


plain, _ = train(foreach=False)
fused, loss = train(foreach=True)
name = f"PyTorch {torch.__version__}, the faster of Adam's two forms"
answer(name=f"{name} (foreach {fused:.3g} ms, plain {plain:.3g} ms)", ms=min(plain, fused), result=loss)
