"""Text vectorizers, and models on their sparse rows."""

from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer
from sklearn.linear_model import Lasso, LogisticRegression, Ridge, RidgeClassifier, SGDClassifier
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from .calls import uses


def count(rows):
    return rows.nnz


def texts(data):
    return data.text


def transforms(make):
    return uses(make, "transform", lambda data: (data.text,), texts, count)


def both(name, make):
    return {
        f"{name} fitTransform": lambda data: (lambda: make().fit_transform(data.text), count),
        f"{name} transform": transforms(make),
    }


def models(name, make):
    def rows_of(data):
        return TfidfVectorizer().fit_transform(data.text)

    def fit(data):
        rows = rows_of(data)
        return lambda: make().fit(rows, data.y)

    def predict(data):
        rows = rows_of(data)
        model = make().fit(rows, data.y)
        return lambda: model.predict(rows)

    return {
        f"TfidfVectorizer, {name} fit": lambda data: lambda: make_pipeline(TfidfVectorizer(), make()).fit(data.text, data.y),
        f"{name} fit": fit,
        f"{name} predict": predict,
    }


def sparse_fit(name, make, quality=lambda model, rows, y: model.score(rows, y)):
    def fit(data):
        rows = TfidfVectorizer().fit_transform(data.text)
        return lambda: make().fit(rows, data.y), lambda model: quality(model, rows, data.y)

    return {f"{name} fit of sparse rows": fit}


def explained(model, _rows, _y):
    return model.explained_variance_ratio_.sum()


CASES = {
    **both("CountVectorizer", CountVectorizer),
    **both("CountVectorizer of word pairs", lambda: CountVectorizer(ngram_range=(1, 2))),
    **both("TfidfVectorizer", TfidfVectorizer),
    "HashingVectorizer transform": transforms(HashingVectorizer),
    **models("MultinomialNB", MultinomialNB),
    **models("LogisticRegression", lambda: LogisticRegression(max_iter=20)),
    **sparse_fit("LogisticRegression saga", lambda: LogisticRegression(solver="saga", max_iter=10, random_state=0)),
    **sparse_fit("SGDClassifier", lambda: SGDClassifier(max_iter=20, tol=None, random_state=0)),
    **sparse_fit("LinearSVC", lambda: LinearSVC(C=0.1, dual="auto", random_state=0)),
    **sparse_fit("RidgeClassifier", RidgeClassifier),
    **sparse_fit("Ridge", Ridge),
    **sparse_fit("Lasso", lambda: Lasso(alpha=0.001)),
    **sparse_fit("TruncatedSVD", lambda: TruncatedSVD(100, random_state=0), explained),
}
