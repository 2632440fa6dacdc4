"""splines.json: values of B-splines, and bins of weighed rows by all ways to read off quantiles.

    {"splines": [case], "bins": [case]}

Each case has "name", "input" (see common.py: fitted on its training rows), "params" and perhaps "sampleWeight" (one per training row). "splines" adds
"knots", "names" and "rows" (of RANGE times the first LIMIT test rows, so that some lie outside of the knots); "bins" adds "binEdges".
"""

import numpy as np
from common import camel, camel_keys, load, split, write
from sklearn.preprocessing import KBinsDiscretizer, SplineTransformer

LIMIT = 5
RANGE = 1.6
INPUTS = ({"dataset": "iris", "columns": [0, 2]}, {"dataset": "wine", "columns": [0, 12]}, {"dataset": "diabetes", "columns": [2, 3]})
METHODS = (
    *("averaged_inverted_cdf", "inverted_cdf", "closest_observation", "interpolated_inverted_cdf", "hazen", "weibull", "linear"),
    *("median_unbiased", "normal_unbiased"),
)


def weights_of(n):
    return np.arange(n) % 4 / 2


def short(values):
    return [[float(f"{value:.13g}") for value in row] for row in np.asarray(values)]


def case(model, ref, params, weighed):
    X, _ = load(ref)
    train, test = split(len(X))
    weights = weights_of(len(train)) if weighed else None
    fitted = model(**params).fit(X[train], sample_weight=weights)
    made = {"name": f"{params} of {ref['dataset']}{' by weight' if weighed else ''}", "input": ref, "params": camel_keys(params)}
    return fitted, X[test], {**made, "sampleWeight": weights} if weighed else made


def splines():
    for ref in INPUTS:
        for params, weighed in (
            ({}, False),
            ({"n_knots": 4, "knots": "quantile", "degree": 2, "extrapolation": "linear"}, False),
            ({"n_knots": 4, "knots": "quantile", "extrapolation": "continue", "include_bias": False}, True),
            ({"n_knots": 6, "extrapolation": "periodic"}, False),
            ({"n_knots": 3, "degree": 1, "extrapolation": "linear"}, True),
            ({"degree": 0, "extrapolation": "linear"}, False),
            ({"n_knots": 3, "degree": 2, "extrapolation": "periodic", "include_bias": False}, False),
        ):
            # Degrees below 2 are counted up anew for each column, so that straight lines of the second one are off.
            flat = params.get("degree", 3) < 2
            one = {**ref, "columns": ref["columns"][:1]} if flat else ref
            fitted, rows, made = case(SplineTransformer, one, params, weighed)
            degree = fitted.degree
            knots = [spline.t[degree : len(spline.t) - degree] for spline in fitted.bsplines_]
            yield {
                **made,
                "knots": knots,
                "names": fitted.get_feature_names_out(),
                "rows": short(fitted.transform(RANGE * rows[:LIMIT])),
            }


def bins():
    for ref in INPUTS:
        for method in METHODS:
            for weighed in (False, True):
                if weighed and method not in METHODS[:2]:
                    continue
                params = {"n_bins": 6, "quantile_method": method, "encode": "ordinal"}
                fitted, _, made = case(KBinsDiscretizer, ref, params, weighed)
                made["params"]["quantileMethod"] = camel(method)
                yield {**made, "binEdges": list(fitted.bin_edges_)}
        for strategy in ("uniform", "kmeans"):
            params = {"n_bins": 4, "strategy": strategy, "encode": "ordinal"}
            fitted, _, made = case(KBinsDiscretizer, ref, params, True)
            yield {**made, "binEdges": list(fitted.bin_edges_)}


def main():
    write("splines", splines=list(splines()), bins=list(bins()))


if __name__ == "__main__":
    main()
