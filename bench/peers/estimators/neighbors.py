from sklearn.cluster import DBSCAN, HDBSCAN
from sklearn.impute import KNNImputer
from sklearn.neighbors import (
    KNeighborsClassifier,
    KNeighborsRegressor,
    LocalOutlierFactor,
    NearestNeighbors,
)

from .calls import features, fits, labelled, uses


def clusters(model, X):
    return len(set(model.labels_.tolist()))


def some(data):
    return data.X[:10_000]


def narrow(data):
    return data.X[:, :3].copy()


def predicts(make):
    return uses(make, "predict", labelled, some)


def groups(make, of=features):
    return fits(make, lambda data: (of(data),), clusters)


CASES = {
    "KNeighborsClassifier fit": fits(KNeighborsClassifier, labelled),
    "KNeighborsClassifier predict": predicts(lambda: KNeighborsClassifier(n_jobs=-1)),
    "KNeighborsClassifier manhattan predict": predicts(
        lambda: KNeighborsClassifier(metric="manhattan", algorithm="brute", n_jobs=-1)
    ),
    "KNeighborsClassifier 3 columns predict": uses(
        lambda: KNeighborsClassifier(n_jobs=-1), "predict", lambda data: (narrow(data), data.y), narrow
    ),
    "KNeighborsRegressor distance predict": predicts(
        lambda: KNeighborsRegressor(20, weights="distance", n_jobs=-1)
    ),
    "NearestNeighbors kneighbors": uses(lambda: NearestNeighbors(n_neighbors=50), "kneighbors", on=some),
    "DBSCAN blobs fit": groups(lambda: DBSCAN(eps=14, n_jobs=-1), some),
    "DBSCAN 3 columns fit": groups(lambda: DBSCAN(eps=0.3, n_jobs=-1), narrow),
    "DBSCAN moons fit": groups(lambda: DBSCAN(eps=0.05, n_jobs=-1)),
    "HDBSCAN fit": groups(lambda: HDBSCAN(copy=True, n_jobs=-1), some),
    "HDBSCAN moons fit": groups(lambda: HDBSCAN(copy=True, n_jobs=-1)),
    "LocalOutlierFactor fit": fits(lambda: LocalOutlierFactor(n_jobs=-1)),
    "KNNImputer transform": uses(KNNImputer, "transform", on=lambda data: data.X[:2000]),
}
