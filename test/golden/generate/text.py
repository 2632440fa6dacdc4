"""text.json: what the vectorizers make of three corpora.

    {"corpora": {name: {"documents", "unseen", "labels"}},
     "vectorizers": [{"name", "estimator", "params", "corpus", "terms" or null, "idf" or null, "train" and "unseen": rows}],
     "hashers": [{"name", "params", "X", "rows"}],
     "records": [{"name", "params", "X", "unseen", "names", "rows", "unseenRows", "inverse"}],
     "analyzed": [{"name", "params", "corpus", "document", of "prepared", "words", "terms" the first MOST}],
     "functions": [{"name", "params" by name of the function (see the test), "corpus", "terms", "train", "unseen"}],
     "models": [{"name", "vectorizer", "estimator", "corpus", "labels", "proba" of the unseen documents}]}

rows: {"indptr", "indices", "data", "cols"}. Corpora: `messages` and `scripts` are made up here, `alice` is sentences of Lewis Carroll,
Alice's Adventures in Wonderland (1865, public domain).
"""

import numpy as np
from common import camel_keys, write
from sklearn.feature_extraction import DictVectorizer, FeatureHasher
from sklearn.feature_extraction.text import (
    CountVectorizer,
    HashingVectorizer,
    TfidfTransformer,
    TfidfVectorizer,
)
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import BernoulliNB, ComplementNB, MultinomialNB

MOST = 30
CORPORA = {
    "messages": {
        "documents": [
            "Cheap pills! Buy now, buy cheap: http://example.org/buy?now=1",
            "Lunch at noon? I've booked a table for 4 people.",
            "You won 1,000,000 dollars!!! Claim your prize now",
            "The notes of the meeting are attached; see you at the next meeting.",
            "",
            "buy 2 get 1 free, only today - free_shipping included",
            "Can we move the meeting to Monday?  I'm\tout\n\nof office.",
            "a b c d e",
        ],
        "unseen": ["claim your free pills", "meeting on monday about lunch", "", "zzz unknown"],
        "labels": ["spam", "ham", "spam", "ham", "ham", "spam", "ham", "ham"],
    },
    "scripts": {
        "documents": [
            "Straße und Öl, Äpfel über Wörter: naïve café",
            "Привет, мир! Мир и труд. ПРИВЕТ",
            "Η γρήγορη αλεπού ΟΔΥΣΣΕΥΣ πήδηξε",
            "İstanbul ve ışık; DİYARBAKIR",
            "日本語のテキスト 東京 日本語 ２０２４",
            "हिन्दी पाठ और शब्द",
            "mixed ﬁne ½ x² ①② e\u0301cole école 😀 smile😀face",
            "עברית טקסט \u00a0 non\u2003breaking\u0085space",
            "cafe\u0301 CAFÉ cafe",
        ],
        "unseen": ["café Öl мир", "日本語 straße STRASSE", "😀"],
        "labels": [0, 1, 0, 0, 1, 1, 0, 1, 0],
    },
    "alice": {
        "documents": [
            "Alice was beginning to get very tired of sitting by her sister on the bank, and of having nothing to do.",
            "There was nothing so very remarkable in that; nor did Alice think it so very much out of the way to hear the"
            " Rabbit say to itself, \"Oh dear! Oh dear! I shall be late!\"",
            "The rabbit-hole went straight on like a tunnel for some way, and then dipped suddenly down.",
            "Either the well was very deep, or she fell very slowly, for she had plenty of time as she went down.",
            "\"Well!\" thought Alice to herself, \"after such a fall as this, I shall think nothing of tumbling down stairs!\"",
            "Down, down, down. Would the fall never come to an end?",
            "Presently she began again. \"I wonder if I shall fall right through the earth!\"",
            "\"Curiouser and curiouser!\" cried Alice (she was so much surprised, that for the moment she quite forgot how to"
            " speak good English)",
        ],
        "unseen": ["Alice fell down the well", "the Rabbit was late", "curiouser and curiouser"],
        "labels": ["a", "a", "b", "b", "a", "b", "b", "a"],
    },
}

COUNTS = [
    {},
    {"lowercase": False},
    {"strip_accents": "unicode"},
    {"strip_accents": "ascii"},
    {"stop_words": "english", "ngram_range": (1, 2)},
    {"stop_words": ["the", "meeting", "und"], "binary": True},
    {"ngram_range": (2, 3), "stop_words": "english"},
    {"analyzer": "char", "ngram_range": (2, 4), "min_df": 4},
    {"analyzer": "char_wb", "ngram_range": (1, 5), "max_df": 0.6, "min_df": 3},
    {"min_df": 2},
    {"max_df": 0.3, "min_df": 0.1},
    {"token_pattern": r"(?u)\b\w+\b"},
    {"token_pattern": r"(?u)\b(\w)\w+\b"},
    {"vocabulary": ["nothing", "meeting", "мир", "café"]},
]
TFIDF = [
    {},
    {"norm": "l1"},
    {"norm": None, "smooth_idf": False},
    {"sublinear_tf": True, "ngram_range": (1, 2)},
    {"use_idf": False},
    {"analyzer": "char_wb", "ngram_range": (3, 3), "sublinear_tf": True, "min_df": 3},
]
HASHING = [
    {"n_features": 16, "norm": None},
    {"n_features": 64},
    {"n_features": 32, "norm": "l1", "alternate_sign": False, "ngram_range": (1, 2)},
    {"analyzer": "char", "ngram_range": (3, 3), "n_features": 1000, "norm": None},
    {"stop_words": "english", "binary": True, "norm": None},
]


def ours(params):
    params = dict(params)
    if "token_pattern" in params:
        params["token_pattern"] = params["token_pattern"].replace("(?u)", "")
    if params.get("analyzer") == "char_wb":
        params["analyzer"] = "charWb"
    return camel_keys(params)


def rows(x):
    x.sum_duplicates()
    counts = np.array_equal(x.data, np.round(x.data))
    return {"indptr": x.indptr, "indices": x.indices, "data": x.data.astype(int if counts else float), "cols": x.shape[1]}


def vectorizer(make, params, name):
    corpus = CORPORA[name]
    model = make(**params)
    train = model.fit_transform(corpus["documents"])
    return {
        "name": f"{make.__name__} {params} of {name}",
        "estimator": make.__name__,
        "params": ours(params),
        "corpus": name,
        "terms": None if make is HashingVectorizer else list(model.get_feature_names_out()),
        "idf": model.idf_ if make is TfidfVectorizer and model.use_idf else None,
        "train": rows(train),
        "unseen": rows(model.transform(corpus["unseen"])),
    }


def vectorizers():
    for name in CORPORA:
        for make, all_params in ((CountVectorizer, COUNTS), (TfidfVectorizer, TFIDF), (HashingVectorizer, HASHING)):
            for params in all_params:
                try:
                    yield vectorizer(make, params, name)
                except ValueError:
                    continue  # a corpus without such terms


def analyzed():
    for name, corpus in CORPORA.items():
        for params in COUNTS:
            if {"min_df", "max_df", "vocabulary", "max_features", "binary"} & set(params):
                continue
            model = CountVectorizer(**params)
            document = corpus["documents"][6 if name == "messages" else 2]
            prepared = model.build_preprocessor()(document)
            yield {
                "name": f"{params} of {name}",
                "params": ours(params),
                "corpus": name,
                "document": document,
                "prepared": prepared[:MOST],
                "words": model.build_tokenizer()(prepared)[:MOST],
                "terms": model.build_analyzer()(document)[:MOST],
            }


def hashers():
    inputs = {
        "dict": [{"dog": 1, "cat": 2, "elephant": 4}, {"dog": 2, "run": 5.5}, {}, {"city": "Oslo", "zero": 0, "ö": -1}],
        "pair": [[["dog", 1], ["dog", 2]], [["x", "y"]], [["a", 0.25], ["b", -3]]],
        "string": [["dog", "cat", "dog"], [], ["日本", "мир"]],
    }
    for kind, X in inputs.items():
        for params in ({"n_features": 10}, {"n_features": 5, "alternate_sign": False}, {}):
            given = {**params, "input_type": kind}
            pairs = [[tuple(pair) for pair in row] for row in X] if kind == "pair" else X
            yield {
                "name": f"FeatureHasher {given}",
                "params": camel_keys(given),
                "X": X,
                "rows": rows(FeatureHasher(**given).transform(pairs).tocsr()),
            }


def records():
    inputs = (
        [{"city": "Oslo", "size": 3}, {"city": "Bern", "size": 0.5}, {}, {"size": -1, "new": True}],
        [{"f": ["a", "b", "a"], "g": "x"}, {"g": ["y"], "h=i": 2}, {"ö": 1, "日本": "мир"}],
        [{"b": 1, "a": 2}, {"a": -2, "c": "d"}, {"c": "e", "b": 0}],
    )
    unseen = [{"city": "Rom", "size": 2, "a": 4}, {"f": ["b", "z"], "c": "e"}]
    for k, X in enumerate(inputs):
        for params in ({}, {"separator": ": ", "sort": False}):
            model = DictVectorizer(**params)
            made = model.fit_transform(X)
            yield {
                "name": f"DictVectorizer {params} of records {k}",
                "params": camel_keys(params),
                "X": X,
                "unseen": unseen,
                "names": list(model.get_feature_names_out()),
                "rows": rows(made),
                "unseenRows": rows(model.transform(unseen)),
                "inverse": [{name: value for name, value in row.items() if value != 0} for row in model.inverse_transform(made)],
            }


FUNCTIONS = {
    "words": lambda text: text.split(" "),
    "letters": lambda text: list(text.lower()),
    "quiet": lambda text: text.replace("!", "").replace("e", ""),
}


def functions():
    for name in CORPORA:
        for params in (
            {"analyzer": "letters", "ngram_range": (1, 2)},
            {"tokenizer": "words", "ngram_range": (1, 2)},
            {"tokenizer": "words", "preprocessor": "quiet", "stop_words": ["you", "th"]},
            {"preprocessor": "quiet"},
            {"preprocessor": "quiet", "analyzer": "char"},
        ):
            made = vectorizer(CountVectorizer, {key: FUNCTIONS.get(value, value) if isinstance(value, str) else value for key, value in params.items()}, name)
            yield {**made, "name": f"CountVectorizer {params} of {name}", "params": ours(params)}


def models():
    for name, corpus in CORPORA.items():
        for make in (MultinomialNB, ComplementNB, BernoulliNB, LogisticRegression):
            params = {"tol": 1e-10, "max_iter": 1000} if make is LogisticRegression else {}
            for vectorize in (CountVectorizer, TfidfVectorizer):
                words = vectorize()
                x = words.fit_transform(corpus["documents"])
                model = make(**params).fit(x, corpus["labels"])
                unseen = words.transform(corpus["unseen"])
                yield {
                    "name": f"{vectorize.__name__} and {make.__name__} of {name}",
                    "vectorizer": vectorize.__name__,
                    "estimator": make.__name__,
                    "params": camel_keys(params),
                    "corpus": name,
                    "labels": model.predict(unseen),
                    "proba": model.predict_proba(unseen),
                }


def main():
    weighed = CountVectorizer().fit_transform(CORPORA["alice"]["documents"])
    write(
        "text",
        corpora=CORPORA,
        vectorizers=list(vectorizers()),
        hashers=list(hashers()),
        analyzed=list(analyzed()),
        records=list(records()),
        functions=list(functions()),
        models=list(models()),
        transformer={"counts": rows(weighed), "rows": rows(TfidfTransformer().fit_transform(weighed))},
    )


if __name__ == "__main__":
    main()
