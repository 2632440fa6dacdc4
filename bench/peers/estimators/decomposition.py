from sklearn.decomposition import NMF, PCA, IncrementalPCA, TruncatedSVD

from .calls import fits, uses


def explained(model, X):
    return model.explained_variance_ratio_.sum()


def error(model, X):
    return model.reconstruction_err_


def pca():
    return PCA(10)


def factors(solver):
    return lambda: NMF(5, solver=solver, init="nndsvda", random_state=0)


CASES = {
    "PCA fit": fits(pca, quality=explained),
    "PCA transform": uses(pca, "transform"),
    "PCA randomized fit": fits(lambda: PCA(5, svd_solver="randomized", random_state=0), quality=explained),
    "TruncatedSVD fit": fits(lambda: TruncatedSVD(5, random_state=0), quality=explained),
    "IncrementalPCA fit": fits(lambda: IncrementalPCA(10), quality=explained),
    "NMF cd fit": fits(factors("cd"), quality=error),
    "NMF mu fit": fits(factors("mu"), quality=error),
    "NMF mu kullback-leibler fit": fits(
        lambda: NMF(5, solver="mu", beta_loss="kullback-leibler", init="nndsvda", max_iter=20, random_state=0),
        quality=error,
    ),
    "NMF transform": uses(factors("cd"), "transform"),
}
