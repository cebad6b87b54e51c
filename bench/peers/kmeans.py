"""Lloyd's iterations in scikit-learn, one thread, on Strop's rows and from its centres."""

import warnings

from timing import answer, blas_kernel, data_path, settings, timed

try:
    import numpy
    import sklearn
    from sklearn.cluster import KMeans
except ImportError as error:
    answer(missing=f"no {error.name}")

warnings.simplefilter("ignore")
given = settings()
x = numpy.load(data_path("x"))
model = KMeans(
    given["clusters"],
    init=x[: given["clusters"]].copy(),
    n_init=1,
    max_iter=given["iterations"],
    tol=0,
    algorithm="lloyd",
)
ms = timed(lambda: model.fit(x), repeats=given["repeats"], warmUpMs=200)
answer(name=f"scikit-learn {sklearn.__version__} {blas_kernel()}".rstrip(), ms=ms, result=float(model.inertia_))
