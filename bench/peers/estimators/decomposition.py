from sklearn.decomposition import NMF, PCA, IncrementalPCA, TruncatedSVD


def fits(make, quality):
    return lambda data: (lambda: make().fit(data.X), quality)


def transforms(make):
    def prepare(data):
        model = make().fit(data.X)
        return lambda: model.transform(data.X)

    return prepare


def explained(model):
    return model.explained_variance_ratio_.sum()


def error(model):
    return model.reconstruction_err_


def pca():
    return PCA(10)


def factors(solver):
    return lambda: NMF(5, solver=solver, init="nndsvda", random_state=0)


CASES = {
    "PCA fit": fits(pca, explained),
    "PCA transform": transforms(pca),
    "PCA randomized fit": fits(lambda: PCA(5, svd_solver="randomized", random_state=0), explained),
    "TruncatedSVD fit": fits(lambda: TruncatedSVD(5, random_state=0), explained),
    "IncrementalPCA fit": fits(lambda: IncrementalPCA(10), explained),
    "NMF cd fit": fits(factors("cd"), error),
    "NMF mu fit": fits(factors("mu"), error),
    "NMF transform": transforms(factors("cd")),
}
