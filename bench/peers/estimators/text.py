"""Text vectorizers, and models on their sparse rows."""

from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

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


CASES = {
    **both("CountVectorizer", CountVectorizer),
    **both("CountVectorizer of word pairs", lambda: CountVectorizer(ngram_range=(1, 2))),
    **both("TfidfVectorizer", TfidfVectorizer),
    "HashingVectorizer transform": transforms(HashingVectorizer),
    **models("MultinomialNB", MultinomialNB),
    **models("LogisticRegression", lambda: LogisticRegression(max_iter=20)),
}
