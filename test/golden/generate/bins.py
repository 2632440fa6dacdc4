"""bins.json: bins around the centres of k-means.

    {"cases": [{"name", "params", "input": a reference (see common.py), "binEdges", "nBins", "rows": bins of the first LIMIT test rows}]}
"""

import warnings

from common import camel_keys, load, split, write
from sklearn.preprocessing import KBinsDiscretizer

LIMIT = 10


def case(ref, params):
    X, _ = load(ref)
    train, test = split(len(X))
    bins = KBinsDiscretizer(strategy="kmeans", encode="ordinal", **params).fit(X[train])
    return {
        "name": f"{params} of {ref['dataset']}",
        "params": {"strategy": "kmeans", "encode": "ordinal", **camel_keys(params)},
        "input": ref,
        "binEdges": list(bins.bin_edges_),
        "nBins": bins.n_bins_,
        "rows": bins.transform(X[test][:LIMIT]),
    }


def main():
    # Not where a value is as near to two of the first centres, or one of these is near to none: rounding decides. In the latter case (iris,
    # 9 bins) the centre goes to the farthest value, and the least and the greatest are equally far, half a bin, from theirs.
    sizes = {"iris": (5,), "wine": (2, 5, 9), "diabetes": (5, 9)}
    cases = [case({"dataset": name}, {"n_bins": n}) for name in sizes for n in sizes[name]]
    cases += [case({"dataset": "breastCancer", "columns": [0, 4, 9, 20, 29]}, {"n_bins": n}) for n in (2, 5, 9)]
    cases.append(case({"dataset": "digits", "columns": [0, 1, 2, 20, 33]}, {"n_bins": [2, 3, 4, 5, 12]}))
    write("bins", cases=cases)


if __name__ == "__main__":
    warnings.simplefilter("ignore", UserWarning)
    main()
