"""The lasso's path in scikit-learn, one thread, on Strop's rows, centred: lasso_path has no intercept."""

import warnings

from timing import answer, blas_kernel, data_path, settings, timed

try:
    import numpy
    import sklearn
    from sklearn.linear_model import lasso_path
except ImportError as error:
    answer(missing=f"no {error.name}")

warnings.simplefilter("ignore")
given = settings()
x = numpy.load(data_path("x")).astype(numpy.float64)
y = numpy.load(data_path("y")).astype(numpy.float64)
x = numpy.asfortranarray(x - x.mean(axis=0))
y -= y.mean()


def path(precompute):
    return lasso_path(x, y, n_alphas=given["alphas"], eps=1e-3, tol=given["tol"], precompute=precompute)


forms = {
    form: timed(lambda: path(form), repeats=given["repeats"], warmUpMs=200) for form in (True, False)
}
fastest = min(forms, key=forms.get)
_, coef, _ = path(fastest)
answer(
    name=f"scikit-learn {sklearn.__version__}, precompute={fastest}, {blas_kernel()}".rstrip(", "),
    ms=forms[fastest],
    result=float(numpy.abs(coef).sum()),
)
