"""estimator-names.json: scikit-learn's estimators by module, of the modules that docs/sklearn-differences.md has a row for each of.

    {"modules": {"linear_model": [names], ...}, "metrics": [names]}

Splitters and searches are not all estimators: those of model_selection are the classes that the module exports. Metrics are
what sklearn.metrics, its module of clusters and its module of pairs offer.
"""

import inspect

import sklearn.metrics
import sklearn.metrics.cluster
import sklearn.metrics.pairwise
import sklearn.model_selection
from common import write
from sklearn.experimental import enable_halving_search_cv, enable_iterative_imputer  # noqa: F401
from sklearn.utils import all_estimators

MODULES = (
    *("calibration", "cluster", "compose", "covariance", "decomposition", "dummy", "ensemble", "feature_extraction"),
    *("feature_selection", "impute", "isotonic", "linear_model", "manifold", "mixture", "model_selection", "naive_bayes"),
    *("neighbors", "neural_network", "pipeline", "preprocessing", "svm", "tree"),
)


def metrics():
    names = {name for module in (sklearn.metrics, sklearn.metrics.cluster) for name in module.__all__ if callable(getattr(module, name))}
    pairs = vars(sklearn.metrics.pairwise).items()
    own = {name for name, made in pairs if inspect.isfunction(made) and made.__module__ == sklearn.metrics.pairwise.__name__}
    return sorted(names | {name for name in own if not name.startswith(("_", "check_"))})


def main():
    modules = {module: set() for module in MODULES}
    for name, made in all_estimators():
        module = made.__module__.split(".")[1]
        if module in modules:
            modules[module].add(name)
    splits = {name for name in sklearn.model_selection.__all__ if inspect.isclass(getattr(sklearn.model_selection, name))}
    modules["model_selection"] |= splits - {"BaseCrossValidator", "BaseShuffleSplit"}
    write("estimator-names", modules={module: sorted(names) for module, names in modules.items()}, metrics=metrics())


if __name__ == "__main__":
    main()
