import numpy as np
from sklearn.cluster import AgglomerativeClustering, KMeans, MiniBatchKMeans
from sklearn.covariance import EllipticEnvelope
from sklearn.metrics import silhouette_score
from sklearn.mixture import GaussianMixture

from .calls import fits, uses


def k_means():
    return KMeans(10, random_state=1)


def inertia(model, X):
    return model.inertia_


def started(algorithm):
    def prepare(data):
        start = np.ascontiguousarray(data.X[:10])
        return fits(lambda: KMeans(10, init=start, n_init=1, algorithm=algorithm), quality=inertia)(data)

    return prepare


def mixture(kind):
    return lambda: GaussianMixture(5, covariance_type=kind, random_state=0)


def likelihood(model, X):
    return model.lower_bound_


def merged(linkage):
    def prepare(data):
        few = np.ascontiguousarray(data.X[:5000])
        return lambda: AgglomerativeClustering(10, linkage=linkage, compute_distances=True).fit(few)

    return prepare


CASES = {
    "KMeans fit": fits(k_means, quality=inertia),
    "KMeans classes fit": fits(k_means, quality=inertia),
    "KMeans from given centres fit": started("lloyd"),
    "KMeans elkan from given centres fit": started("elkan"),
    "KMeans predict": uses(k_means, "predict"),
    "KMeans transform": uses(k_means, "transform"),
    "MiniBatchKMeans fit": fits(lambda: MiniBatchKMeans(10, random_state=0), quality=inertia),
    "AgglomerativeClustering ward fit": merged("ward"),
    "AgglomerativeClustering average fit": merged("average"),
    "AgglomerativeClustering single fit": merged("single"),
    "GaussianMixture full fit": fits(mixture("full"), quality=likelihood),
    "GaussianMixture diag fit": fits(mixture("diag"), quality=likelihood),
    "GaussianMixture full proba": uses(mixture("full"), "predict_proba"),
    "EllipticEnvelope fit": fits(lambda: EllipticEnvelope(random_state=0)),
    "silhouetteScore": lambda data: (lambda: silhouette_score(data.X, data.y), lambda score: score),
}
