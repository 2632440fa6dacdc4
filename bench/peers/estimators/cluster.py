from sklearn.cluster import KMeans, MiniBatchKMeans


def fits(make, quality):
    return lambda data: (lambda: make().fit(data.X), quality)


def uses(make, use):
    def prepare(data):
        model = make().fit(data.X)
        return lambda: getattr(model, use)(data.X)

    return prepare


def k_means():
    return KMeans(10, random_state=0)


def inertia(model):
    return model.inertia_


CASES = {
    "KMeans fit": fits(k_means, inertia),
    "KMeans classes fit": fits(k_means, inertia),
    "KMeans elkan fit": fits(lambda: KMeans(10, random_state=0, algorithm="elkan"), inertia),
    "KMeans predict": uses(k_means, "predict"),
    "KMeans transform": uses(k_means, "transform"),
    "MiniBatchKMeans fit": fits(lambda: MiniBatchKMeans(10, random_state=0), inertia),
}
