"""Text vectorizers, and models on their sparse rows."""

from sklearn.cluster import KMeans
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer
from sklearn.linear_model import Lasso, LogisticRegression, Ridge, RidgeClassifier, SGDClassifier
from sklearn.metrics import accuracy_score
from sklearn.naive_bayes import MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC, LinearSVC

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


def few(data, count):
    rows = TfidfVectorizer().fit_transform(data.text)
    return rows, rows[:count], data.y[:count]


def k_means_predict(data):
    rows, _, _ = few(data, 0)
    model = KMeans(20, init=rows[:20].toarray(), n_init=1, max_iter=2).fit(rows)
    return lambda: model.predict(rows), lambda _: model.inertia_


def neighbors_predict(data):
    rows, some, labels = few(data, 500)
    model = KNeighborsClassifier().fit(rows, data.y)
    return lambda: model.predict(some), lambda found: accuracy_score(labels, found)


def svc_fit(data):
    _, some, labels = few(data, 4000)
    return lambda: SVC().fit(some, labels), lambda model: model.score(some, labels)


def svc_predict(data):
    _, some, labels = few(data, 4000)
    model = SVC().fit(some, labels)
    return lambda: model.predict(some), lambda found: accuracy_score(labels, found)


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
    "KMeans predict of sparse rows": k_means_predict,
    "KNeighborsClassifier predict of sparse rows": neighbors_predict,
    "SVC fit of sparse rows": svc_fit,
    "SVC predict of sparse rows": svc_predict,
}
