"""Layouts; see bench/estimators/manifold.mjs."""

import numpy as np
from sklearn.manifold import TSNE, trustworthiness


def divergence(model):
    return float(model.kl_divergence_)


def tsne(rows, **params):
    def prepare(data):
        X = data.X[:rows]
        return lambda: TSNE(random_state=0, **params).fit(X), divergence

    return prepare


def umap(**params):
    # Imported where it is used: the other families do without it. Without a seed it uses all threads.
    from umap import UMAP

    return UMAP(n_epochs=200, **params)


def umap_fits(data):
    X = data.X[:10_000]
    return lambda: umap().fit(X)


def umap_transforms(data):
    model = umap().fit(data.X[:5000])
    rows = np.concatenate([data.X[:1999], data.X[:1]])
    model.transform(rows[:1])
    return lambda: model.transform(rows)


def trusts(data):
    X = data.X[:3000]
    layout = X[:, :2]
    return lambda: trustworthiness(X, layout), float


CASES = {
    "TSNE fit": tsne(10_000, max_iter=500),
    "TSNE exact fit": tsne(1000, method="exact", max_iter=300),
    "UMAP fit": umap_fits,
    "UMAP transform": umap_transforms,
    "trustworthiness": trusts,
}
