from sklearn.naive_bayes import BernoulliNB, ComplementNB, GaussianNB, MultinomialNB

from .calls import fits, labelled, score, uses


def both(name, make):
    return {
        f"{name} fit": fits(make, labelled, score),
        f"{name} predict": uses(make, "predict", labelled),
        f"{name} proba": uses(make, "predict_proba", labelled),
    }


CASES = {
    **both("GaussianNB", GaussianNB),
    **both("MultinomialNB", MultinomialNB),
    **both("BernoulliNB", lambda: BernoulliNB(binarize=1)),
    **both("ComplementNB", ComplementNB),
}
