from sklearn.cluster import DBSCAN, HDBSCAN
from sklearn.impute import KNNImputer
from sklearn.neighbors import (
    KNeighborsClassifier,
    KNeighborsRegressor,
    LocalOutlierFactor,
    NearestNeighbors,
)

QUERIES = 10_000


def clusters(model):
    return len(set(model.labels_.tolist()))


def some(X):
    return X[:QUERIES]


def narrow(X):
    return X[:, :3].copy()


def whole(X):
    return X


def predicts(make, rows=some, columns=whole):
    def prepare(data):
        X = columns(data.X)
        model = make().fit(X, data.y)
        queries = rows(X)
        model.predict(queries[:1])
        return lambda: model.predict(queries)

    return prepare


def fits(make, columns=whole, quality=None):
    def prepare(data):
        X = columns(data.X)
        run = lambda: make().fit(X)
        return (run, quality) if quality else run

    return prepare


def searches(data):
    model = NearestNeighbors(n_neighbors=50).fit(data.X)
    return lambda: model.kneighbors(some(data.X))


def imputes(data):
    model = KNNImputer().fit(data.X)
    return lambda: model.transform(data.X[:2000])


CASES = {
    "KNeighborsClassifier fit": lambda data: lambda: KNeighborsClassifier().fit(data.X, data.y),
    "KNeighborsClassifier predict": predicts(lambda: KNeighborsClassifier(n_jobs=-1)),
    "KNeighborsClassifier manhattan predict": predicts(
        lambda: KNeighborsClassifier(metric="manhattan", algorithm="brute", n_jobs=-1)
    ),
    "KNeighborsClassifier 3 columns predict": predicts(
        lambda: KNeighborsClassifier(n_jobs=-1), whole, narrow
    ),
    "KNeighborsRegressor distance predict": predicts(
        lambda: KNeighborsRegressor(20, weights="distance", n_jobs=-1)
    ),
    "NearestNeighbors kneighbors": searches,
    "DBSCAN blobs fit": fits(lambda: DBSCAN(eps=14, n_jobs=-1), some, clusters),
    "DBSCAN 3 columns fit": fits(lambda: DBSCAN(eps=0.3, n_jobs=-1), narrow, clusters),
    "DBSCAN moons fit": fits(lambda: DBSCAN(eps=0.05, n_jobs=-1), whole, clusters),
    "HDBSCAN fit": fits(lambda: HDBSCAN(copy=True, n_jobs=-1), some, clusters),
    "HDBSCAN moons fit": fits(lambda: HDBSCAN(copy=True, n_jobs=-1), whole, clusters),
    "LocalOutlierFactor fit": fits(lambda: LocalOutlierFactor(n_jobs=-1)),
    "KNNImputer transform": imputes,
}
