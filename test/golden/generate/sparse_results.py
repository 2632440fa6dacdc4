"""sparse-results.json: sparse rows that transformers make, and what models learn of them.

    {"encoders": [{"name", "estimator", "params", "input": a reference (see common.py) or a table,
                   "triplets": [row, column, value] of the test rows}],
     "compositions": [{"name", "kind": "columns" or "union", "threshold", "train" and "test": columns by name, "y",
                       "names", "isSparse": whether scikit-learn's result of the training rows is,
                       "triplets": of the test rows, "coef", "intercept", "decision": of the test rows}],
     "clusters": [{"name", "input", "count", "weighted", "labels", "centres", "inertia", "iterations"}],
     "neighbors": [{"name", "input", "metric", "indices" and "distances": of 4 neighbours of the first test rows}]}

A composition of columns is tf-idf of `text`, one-hot of `city` with unknown ones ignored, standardised `age` and `fare`, and the
remainder; a union is tf-idf of words, and of pairs of characters times 0.5. Its model is a logistic regression.

"clusters" are k-means, and "neighbors" searches, of standardised data whose values below 0 are taken as 0; k-means starts from every seventh row.
"""

import numpy as np
import pandas as pd
from common import camel, camel_keys, load, split, write
from scipy.sparse import coo_matrix, csr_matrix, issparse
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import MissingIndicator
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import FeatureUnion
from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder, SplineTransformer, StandardScaler

from infrequent import frame, tables

WORDS = {
    "harbour": ["ship", "ferry", "quay", "crane", "cargo", "pilot", "anchor", "tide"],
    "kitchen": ["salt", "pepper", "oven", "dough", "yeast", "butter", "salt water"],
    "station": ["train", "ticket", "platform", "delay", "tide", "night", "luggage", "guard", "ship"],
}
CITIES = ["Bergen", "Oslo", "Turku", "Ulm"]


def triplets(rows, limit):
    rows = coo_matrix(csr_matrix(rows)[:limit])
    return sorted(zip(rows.row.tolist(), rows.col.tolist(), rows.data.astype(float).tolist()))


def encoder(make, params, dataset, missing=False):
    ref = {"dataset": dataset, **({"missing": True} if missing else {})}
    X, _ = load(ref)
    train, test = split(len(X))
    rows = make(**params).fit(X[train]).transform(X[test])
    assert issparse(rows)
    return {"input": ref, "triplets": triplets(rows, 8)}


def encoders():
    for dataset in ("iris", "wine", "diabetes"):
        for params in ({"n_bins": 4, "strategy": "uniform"}, {"n_bins": 3, "strategy": "quantile", "quantile_method": "averaged_inverted_cdf"}):
            own = {**params, "subsample": None}
            named = {key: camel(value) if isinstance(value, str) else value for key, value in camel_keys(params).items()}
            yield {"name": f"bins {params} of {dataset}", "estimator": "KBinsDiscretizer", "params": named, **encoder(KBinsDiscretizer, own, dataset)}
        for features in ("missing-only", "all"):
            params = {"features": features}
            found = encoder(MissingIndicator, {**params, "sparse": True}, dataset, missing=True)
            yield {"name": f"missing {features} of {dataset}", "estimator": "MissingIndicator", "params": params, **found}
        params = {"n_knots": 4, "degree": 2}
        found = encoder(SplineTransformer, {**params, "sparse_output": True}, dataset)
        yield {"name": f"splines of {dataset}", "estimator": "SplineTransformer", "params": camel_keys(params), **found}
    for name, train, test in tables():
        for params in ({}, {"drop": "first"}, {"drop": "if_binary"}, {"min_frequency": 4, "handle_unknown": "infrequent_if_exist"}, {"max_categories": 2, "drop": "first"}):
            rows = OneHotEncoder(**params).fit(frame(train)).transform(frame(test))
            named = {key: camel(value) if isinstance(value, str) else value for key, value in camel_keys(params).items()}
            yield {"name": f"one-hot {params} of {name}", "estimator": "OneHotEncoder", "params": named, "input": {"table": {"train": train, "test": test}}, "triplets": triplets(rows, 8)}


def table(name, seed, count):
    rng = np.random.default_rng(seed)
    text = [" ".join(rng.choice(WORDS[name], size=rng.integers(2, 7))) for _ in range(count)]
    return pd.DataFrame(
        {
            "age": np.round(rng.uniform(1, 80, count), 1),
            "text": text,
            "city": rng.choice(CITIES[:3], size=count),
            "fare": np.round(rng.lognormal(3, 1, count), 2),
            "deck": rng.integers(0, 4, count).astype(float),
        }
    )


def model():
    return LogisticRegression(C=2.0, tol=1e-10, max_iter=10000)


def compositions():
    for seed, name in enumerate(WORDS):
        train, test = table(name, seed, 48), table(name, seed + 10, 6)
        test.loc[0, "city"] = "Ulm"
        test.loc[1, "text"] = "nothing known"
        y = (train["text"].str.len() + train["age"] + 20 * (train["city"] == "Oslo") > 62).astype(int)
        weights = {"words": 2.0, "numbers": 0.25, "remainder": 3.0}
        for remainder, threshold, own in (("drop", 0.3, None), ("passthrough", 1.0, weights)):
            prepare = ColumnTransformer(
                [("words", TfidfVectorizer(), "text"), ("city", OneHotEncoder(handle_unknown="ignore"), ["city"]), ("numbers", StandardScaler(), ["age", "fare"])],
                remainder=remainder,
                sparse_threshold=threshold,
                transformer_weights=own,
            )
            yield {"name": f"columns of {name}, {remainder}", "kind": "columns", "threshold": threshold, "remainder": remainder, "weights": own, **learned(prepare, train, test, y)}
        union = FeatureUnion(
            [("words", TfidfVectorizer()), ("pairs", TfidfVectorizer(analyzer="char", ngram_range=(2, 2)))], transformer_weights={"pairs": 0.5}
        )
        yield {"name": f"union of {name}", "kind": "union", **learned(union, train["text"], test["text"], y)}


def learned(prepare, train, test, y):
    rows = prepare.fit_transform(train)
    held = prepare.transform(test)
    fitted = model().fit(csr_matrix(rows), y)
    columns = lambda frame: {"text": frame.tolist()} if isinstance(frame, pd.Series) else {name: frame[name].tolist() for name in frame}
    return {
        "train": columns(train),
        "test": columns(test),
        "y": y.tolist(),
        "names": prepare.get_feature_names_out().tolist(),
        "isSparse": issparse(rows),
        "triplets": triplets(held, 6),
        "coef": fitted.coef_[0],
        "intercept": fitted.intercept_,
        "decision": fitted.decision_function(csr_matrix(held)),
    }


def clusters():
    for dataset in ("iris", "wine", "diabetes"):
        for count, weighted in ((3, False), (5, True)):
            ref = {"dataset": dataset, "standardised": True}
            X, _ = load(ref)
            X = csr_matrix(np.where(X > 0, X, 0)[split(len(X))[0]])
            weights = np.arange(X.shape[0]) % 3 + 0.5 if weighted else None
            found = KMeans(count, init=X[: 7 * count : 7].toarray(), n_init=1, tol=0, max_iter=50).fit(X, sample_weight=weights)
            yield {
                "name": f"{count} of {dataset}{', weights' if weighted else ''}",
                "input": ref,
                "count": count,
                "weighted": weighted,
                "labels": found.labels_,
                "centres": found.cluster_centers_,
                "inertia": found.inertia_,
                "iterations": found.n_iter_,
            }


def neighbors():
    for dataset in ("iris", "wine", "diabetes"):
        for metric in ("euclidean", "cosine"):
            ref = {"dataset": dataset, "standardised": True}
            X, _ = load(ref)
            X = csr_matrix(np.where(X > 0, X, 0))
            train, test = split(X.shape[0])
            distances, indices = NearestNeighbors(n_neighbors=4, metric=metric).fit(X[train]).kneighbors(X[test][:8])
            yield {"name": f"{metric} of {dataset}", "input": ref, "metric": metric, "indices": indices, "distances": distances}


def main():
    write("sparse-results", neighbors=list(neighbors()), encoders=list(encoders()), compositions=list(compositions()), clusters=list(clusters()))


if __name__ == "__main__":
    main()
