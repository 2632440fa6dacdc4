"""scikit-learn's side of bench/estimators/calls.mjs: fits, and methods of fitted models."""


def rows(data):
    return (data.X,)


def labelled(data):
    return data.X, data.y


def features(data):
    return data.X


def score(model, X, y):
    return model.score(X, y)


def fits(make, of=rows, quality=None):
    """A fit of a new model. `of(data)`: its arguments; `quality(model, *arguments)`."""

    def prepare(data):
        given = of(data)
        return lambda: make().fit(*given), quality and (lambda model: quality(model, *given))

    return prepare


def uses(make, method, of=rows, on=features, quality=None):
    """A method of a model fitted before, on the rows `on(data)`. `of` as in fits; `quality(result)`."""

    def prepare(data):
        model = make().fit(*of(data))
        given = on(data)
        return lambda: getattr(model, method)(given), quality

    return prepare
