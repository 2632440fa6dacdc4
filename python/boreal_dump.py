"""Writes fitted scikit-learn models as boreal model files, without pickle on either side.

    from boreal_dump import dump
    dump(model, "model.boreal")                       # any model listed below
    dump(model, "model.boreal", {"trained": "today"}) # with metadata

and in Node

    const model = await load('model.boreal');

Models: Pipeline, ColumnTransformer, StandardScaler, SimpleImputer, OneHotEncoder; linear regression in its many forms,
LogisticRegression; decision trees, random forests, extra trees, gradient boosting and histogram gradient boosting.
Whatever else a model is or holds is refused with a ValueError that names it. Needs numpy and scikit-learn (tested:
1.9.1) and nothing of boreal; the file format is described in docs/model-file.md.

Columns have the names that scikit-learn saw (feature_names_in_), else x0, x1, ... Text columns keep their categories.
"""

import json
import math
import struct
import zlib

import numpy as np
import sklearn

ALIGNMENT = 64
TYPES = {"f4": "float32", "f8": "float64", "i4": "int32", "u1": "uint8"}
# Bits of a node's rules, as in native/plan/op.h.
MISSING_LEFT, CATEGORIES = 1, 8


def dump(model, path, metadata=None):
    """Writes `model`, which is fitted, to `path`. `metadata` is an object that JSON can hold."""
    with open(path, "wb") as file:
        file.write(dumps(model, metadata))


def dumps(model, metadata=None):
    """The bytes that `dump` writes."""
    tensors = Tensors()
    names = getattr(model, "feature_names_in_", None)
    count = model.n_features_in_
    columns = [{"name": str(name), "kind": "number"} for name in (range(count) if names is None else names)]
    if names is None:
        for column in columns:
            column["name"] = f"x{column['name']}"
    for j, labels in text_columns(model, [column["name"] for column in columns]).items():
        columns[j] = {"name": columns[j]["name"], "kind": "category", "categories": labels}
    encoded = Encoder(tensors, names is not None).encode(model, columns)
    document = {"metadata": metadata or {}, "tensors": tensors.places, "model": encoded.model}
    text = json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
    body = text + bytes(-(64 + len(text)) % ALIGNMENT) + tensors.body
    header = b"BOREALML" + struct.pack("<IIQI", 1, len(text), 64 + len(body), zlib.crc32(body))
    return header.ljust(64, b"\0") + body


class Tensors:
    """The arrays of a file, each at a multiple of 64 bytes."""

    def __init__(self):
        self.places, self.body = [], b""

    def add(self, values, kind):
        array = np.ascontiguousarray(values, dtype="<" + kind).ravel()
        self.places.append({"type": TYPES[kind], "length": array.size, "offset": len(self.body)})
        raw = array.tobytes()
        self.body += raw + bytes(-len(raw) % ALIGNMENT)
        return {"$tensor": len(self.places) - 1}


def number(value):
    """A number as the document writes it."""
    value = float(value)
    if math.isnan(value):
        return {"$number": "NaN"}
    if math.isinf(value):
        return {"$number": "Infinity" if value > 0 else "-Infinity"}
    if value == 0 and math.copysign(1, value) < 0:
        return {"$number": "-0"}
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def label(value):
    """A class or category as JSON writes it: text, true or false, or a number."""
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, str):
        return str(value)
    return number(value)


def is_missing(value):
    return value is None or (isinstance(value, (float, np.floating)) and math.isnan(value))


def pandas_missing():
    """pandas.NA, if pandas is there at all."""
    try:
        import pandas
    except ImportError:
        return None
    return pandas.NA


def code_of(value, categories):
    """A value as boreal's plans read it: text by its place among the categories of its column, NaN where missing."""
    if is_missing(value):
        return float("nan")
    return float(categories.index(str(value))) if categories else float(value)


def is_text(values):
    return any(isinstance(value, str) for value in values)


def refuse(what):
    raise ValueError(f"boreal_dump: {what}")


def require(condition, what):
    if not condition:
        refuse(what)


# ---- Text columns ----------------------------------------------------------------------------------------------------


def text_columns(model, names):
    """The categories of the columns that some encoder reads as text, by position."""
    found = {}

    def visit(part, positions):
        """Follows the columns `positions` of X through a transformer that does not change what they hold."""
        name = type(part).__name__
        if name == "Pipeline":
            for _, step in part.steps:
                visit(step, positions)
                if type(step).__name__ != "SimpleImputer":
                    break
        elif name == "ColumnTransformer":
            for _, step, chosen in part.transformers_:
                visit(step, [positions[j] for j in positions_of(chosen, names, len(positions))])
        elif name == "OneHotEncoder":
            for j, categories in zip(positions, part.categories_):
                if is_text(categories):
                    found.setdefault(j, set()).update(str(v) for v in categories if not is_missing(v))
        elif name == "SimpleImputer":
            for j, value in zip(positions, part.statistics_):
                if isinstance(value, str):
                    found.setdefault(j, set()).add(str(value))
        elif "HistGradientBoosting" in name and part.is_categorical_ is not None:
            for j, categories in hist_categories(part).items():
                if is_text(categories):
                    found[positions[j]] = {str(v) for v in categories if not is_missing(v)}

    visit(model, list(range(len(names))))
    return {j: sorted(labels) for j, labels in found.items()}


def positions_of(chosen, names, count):
    """The columns that a part of a ColumnTransformer takes, as positions."""
    if isinstance(chosen, str):
        return [names.index(chosen)]
    if isinstance(chosen, slice):
        require(not isinstance(chosen.start, str), "slices of column names are not supported")
        return list(range(count))[chosen]
    chosen = list(np.atleast_1d(np.asarray(chosen)))
    if all(isinstance(each, (bool, np.bool_)) for each in chosen):
        return [j for j, taken in enumerate(chosen) if taken]
    return [names.index(str(each)) if isinstance(each, str) else int(each) % count for each in chosen]


# ---- Estimators ------------------------------------------------------------------------------------------------------


class Encoded:
    """A model of the document, and the columns that come out of it (None: predictions)."""

    def __init__(self, model, columns=None):
        self.model, self.columns = model, columns


class Encoder:
    def __init__(self, tensors, named):
        self.tensors, self.named = tensors, named

    def encode(self, model, columns):
        name = type(model).__name__
        encode = ENCODERS.get(name)
        if encode is None or not type(model).__module__.startswith("sklearn."):
            refuse(f"{type(model).__module__}.{name} is not supported")
        require(getattr(model, "n_outputs_", 1) == 1, f"{name} has several outputs")
        return encode(self, model, columns)

    def estimator(self, name, params, state, columns, target, dtype="float64"):
        schema = {"columns": columns, "target": target, "named": self.named}
        fitted = {"state": state, "schema": schema, "dtype": dtype}
        return {"$estimator": name, "params": params, "fitted": fitted}

    def doubles(self, values):
        return self.tensors.add(values, "f8")

    # Composition

    def pipeline(self, model, columns):
        steps, params, current = [], [], columns
        for name, step in model.steps:
            if step is None or step == "passthrough":
                encoded = Encoded("passthrough", current)
            else:
                require(current is not None, "a step of the pipeline follows a model")
                encoded = self.encode(step, current)
            steps.append(encoded.model)
            params.append([name, unfitted(encoded.model)])
            current = encoded.columns
        last = steps[-1]
        target = {"kind": "none"} if last == "passthrough" else last["fitted"]["schema"]["target"]
        return Encoded(self.estimator("Pipeline", {"steps": params}, {"steps": steps}, columns, target), current)

    def column_transformer(self, model, columns):
        names = [column["name"] for column in columns]
        parts, params, out = [], [], []
        for name, step, chosen in model.transformers_:
            if isinstance(step, str) and step == "drop":
                continue
            positions = positions_of(chosen, names, len(names))
            if not positions:
                continue
            taken = [columns[j] for j in positions]
            identity = (isinstance(step, str) and step == "passthrough") or is_identity(step)
            encoded = Encoded(None, taken) if identity else self.encode(step, taken)
            parts.append({
                "name": name,
                "columns": self.tensors.add(positions, "i4"),
                "estimator": encoded.model,
            })
            params.append([name, "passthrough" if identity else unfitted(encoded.model), positions])
            prefix = f"{name}__" if model.verbose_feature_names_out else ""
            out += [{**column, "name": prefix + column["name"]} for column in encoded.columns]
        settings = {
            "transformers": params,
            "remainder": "drop",  # what remains is a part of its own here
            "verboseFeatureNamesOut": bool(model.verbose_feature_names_out),
        }
        state = {"parts": parts}
        return Encoded(self.estimator("ColumnTransformer", settings, state, columns, {"kind": "none"}), out)

    # Preprocessing

    def standard_scaler(self, model, columns):
        n = len(columns)
        mean = np.zeros(n) if model.mean_ is None else model.mean_
        variance = np.ones(n) if model.var_ is None else model.var_
        scale = np.ones(n) if model.scale_ is None else model.scale_
        state = {
            "mean": self.doubles(mean),
            "variance": self.doubles(variance),
            "scale": self.doubles(scale),
            "count": self.doubles(np.broadcast_to(model.n_samples_seen_, n)),
        }
        params = {"withMean": bool(model.with_mean), "withStd": bool(model.with_std)}
        out = [{"name": column["name"], "kind": "number"} for column in columns]
        return Encoded(self.estimator("StandardScaler", params, state, columns, {"kind": "none"}), out)

    def simple_imputer(self, model, columns):
        is_usual = is_missing(model.missing_values) or model.missing_values is pandas_missing()
        require(is_usual, "SimpleImputer: missing_values must be NaN, None or pandas.NA")
        strategy = {"most_frequent": "mostFrequent"}.get(model.strategy, model.strategy)
        known = ("mean", "median", "mostFrequent", "constant")
        require(strategy in known, f"SimpleImputer: strategy {model.strategy!r} is not supported")
        statistics = []
        for column, value in zip(columns, model.statistics_):
            codes = column.get("categories")
            statistics.append(code_of(value, codes))
        had_missing = np.zeros(len(columns), dtype=np.uint8)
        if model.add_indicator:
            had_missing[model.indicator_.features_] = 1
        fill = model.fill_value
        params = {
            "strategy": strategy,
            "fillValue": None if is_missing(fill) else label(fill),
            "keepEmptyFeatures": bool(model.keep_empty_features),
            "addIndicator": bool(model.add_indicator),
        }
        state = {"statistics": self.doubles(statistics), "hadMissing": self.tensors.add(had_missing, "u1")}
        kept = [column for column, value in zip(columns, statistics) if not math.isnan(value)]
        flags = [
            {"name": f"missingindicator_{column['name']}", "kind": "number"}
            for column, flag in zip(columns, had_missing) if flag
        ]
        encoded = self.estimator("SimpleImputer", params, state, columns, {"kind": "none"})
        return Encoded(encoded, kept + flags)

    def one_hot_encoder(self, model, columns):
        unknown = model.handle_unknown
        require(unknown in ("error", "ignore"), f"OneHotEncoder: handle_unknown {unknown!r} is not supported")
        infrequent = getattr(model, "_infrequent_enabled", False)
        require(not infrequent, "OneHotEncoder: infrequent categories are not supported")
        offsets, values, places, out = [0], [], [], []
        drops = [None] * len(columns) if model.drop_idx_ is None else list(model.drop_idx_)
        for column, categories, drop in zip(columns, model.categories_, drops):
            codes = column.get("categories")
            own = [code_of(category, codes) for category in categories]
            # Plans read them sorted, NaN last.
            order = sorted(range(len(own)), key=lambda k: (math.isnan(own[k]), own[k]))
            values.extend(own[k] for k in order)
            places.append(order)
            for k, category in enumerate(categories):
                if drop is None or k != drop:
                    name = f"{column['name']}_{'nan' if is_missing(category) else category}"
                    out.append({"name": name, "kind": "number"})
            offsets.append(len(values))
        if model.drop is None or isinstance(model.drop, str):
            drop = {"first": "first", "if_binary": "ifBinary"}.get(model.drop)
        else:
            drop = [None if is_missing(v) else str(v) if column.get("categories") else label(v) for column, v in zip(columns, model.drop)]
        params = {"drop": drop, "handleUnknown": unknown}
        state = {
            "offsets": self.tensors.add(offsets, "i4"),
            "values": self.doubles(values),
            "drop": self.tensors.add([-1 if drop is None else int(drop) for drop in drops], "i4"),
        }
        if callable(model.feature_name_combiner):
            # A file has what the function gave, not the function.
            given = None if hasattr(model, "feature_names_in_") else [column["name"] for column in columns]
            state["names"] = [str(name) for name in model.get_feature_names_out(given)]
            out = [{"name": name, "kind": "number"} for name in state["names"]]
        if any(order != sorted(order) for order in places):
            params["categories"] = [[None if is_missing(v) else str(v) for v in own] if column.get("categories") else "auto"
                                    for column, own in zip(columns, model.categories_)]
            state["groups"] = self.tensors.add([k for order in places for k in order], "i4")
            state["infrequent"] = self.tensors.add([-1] * len(columns), "i4")
        return Encoded(self.estimator("OneHotEncoder", params, state, columns, {"kind": "none"}), out)

    # Linear models

    def linear_regressor(self, model, columns):
        coef = np.asarray(model.coef_, dtype=float)
        require(coef.size == len(columns), f"{type(model).__name__} has several targets")
        state = {
            "coef": self.doubles(coef),
            "intercept": self.doubles(np.broadcast_to(np.ravel(model.intercept_), 1)),
            "singular": self.doubles([]),
            "rank": int(getattr(model, "rank_", len(columns))),
        }
        params = {"fitIntercept": bool(getattr(model, "fit_intercept", True))}
        return Encoded(self.estimator("LinearRegression", params, state, columns, {"kind": "number"}))

    def logistic_regression(self, model, columns):
        classes = [label(each) for each in model.classes_]
        penalty_free = getattr(model, "penalty", "l2") is None
        c = float(model.C) if np.ndim(getattr(model, "C", None)) == 0 and hasattr(model, "C") else 1.0
        params = {
            "C": number(math.inf if penalty_free else c),
            "fitIntercept": bool(model.fit_intercept),
            "maxIter": int(model.max_iter),
            "tol": number(model.tol),
            "classWeight": None,
        }
        state = {
            "coef": self.doubles(model.coef_),
            "intercept": self.doubles(np.broadcast_to(model.intercept_, len(model.coef_))),
            "iterations": int(np.max(model.n_iter_)),
            "converged": bool(np.max(model.n_iter_) < model.max_iter),
            "classes": classes,
        }
        target = {"kind": "class", "classes": classes}
        return Encoded(self.estimator("LogisticRegression", params, state, columns, target))

    # Trees

    def averaged_trees(self, model, columns):
        """A decision tree or a forest: the mean of the leaves, shares of the classes or numbers."""
        trees = [tree.tree_ for tree in getattr(model, "estimators_", [model])]
        width = len(model.classes_) if hasattr(model, "classes_") else 1
        forest = Forest(width)
        for tree in trees:
            values = tree.value.reshape(tree.node_count, width)
            if hasattr(model, "classes_"):
                values = values / values.sum(axis=1, keepdims=True)
            forest.add(SklearnTree(tree, values))
        return self.forest(model, columns, forest, np.zeros(width), len(trees), "identity", "float32")

    def gradient_boosting(self, model, columns):
        loss, outputs = model.loss, model.estimators_.shape[1]
        link = "identity"
        if hasattr(model, "classes_"):
            require(loss in ("log_loss", "exponential"), f"{type(model).__name__}: loss {loss!r} is not supported")
            link = "softmax" if outputs > 1 else "sigmoid"
        base = self.initial_scores(model, outputs)
        forest = Forest(1)
        for k in range(outputs):
            for stage in model.estimators_[:, k]:
                tree = stage.tree_
                forest.add(SklearnTree(tree, model.learning_rate * tree.value.reshape(-1, 1)))
            forest.end_group()
        # The probability of the exponential loss is that of twice the score.
        slope = 2 if loss == "exponential" else 1
        return self.forest(model, columns, forest, base, 1, link, "float32", slope)

    def initial_scores(self, model, outputs):
        if isinstance(model.init_, str) and model.init_ == "zero":
            return np.zeros(outputs)
        name = type(model.init_).__name__
        require(name.startswith("Dummy"), f"{type(model).__name__}: init {name} is not supported")
        return np.ravel(model._raw_predict_init(np.zeros((1, model.n_features_in_), dtype=np.float32)))

    def hist_gradient_boosting(self, model, columns):
        outputs = len(model._predictors[0])
        links = {
            "log_loss": "softmax" if outputs > 1 else "sigmoid",
            **dict.fromkeys(("poisson", "gamma"), "exp"),
            **dict.fromkeys(("squared_error", "absolute_error", "quantile"), "identity"),
        }
        require(model.loss in links, f"{type(model).__name__}: loss {model.loss!r} is not supported")
        layout = HistLayout(model)
        forest = Forest(1)
        for k in range(outputs):
            for stage in model._predictors:
                forest.add(HistTree(stage[k], layout))
            forest.end_group()
        base = np.ravel(model._baseline_prediction)
        return self.forest(model, columns, forest, base, 1, links[model.loss], "float64")

    def forest(self, model, columns, forest, base, divisor, link, compare, slope=1):
        kind = "Classifier" if hasattr(model, "classes_") else "Regressor"
        classes = [label(each) for each in model.classes_] if kind == "Classifier" else None
        params = {"source": f"scikit-learn {sklearn.__version__}", "objective": type(model).__name__}
        state = forest.state(self.tensors)
        state.update({
            "compare": compare,
            "base": self.doubles(base),
            "divisor": divisor,
            "link": link,
            "slope": slope,
        })
        if classes is not None:
            state["classes"] = classes
        target = {"kind": "class", "classes": classes} if classes is not None else {"kind": "number"}
        return Encoded(self.estimator(f"Imported{kind}", params, state, columns, target))


def unfitted(model):
    """The parameters of a fitted model, as an estimator that is to be fitted."""
    return model if isinstance(model, str) else {**model, "fitted": None}


def is_identity(step):
    return type(step).__name__ == "FunctionTransformer" and step.func is None


# ---- Trees -----------------------------------------------------------------------------------------------------------


class Forest:
    """Trees as boreal keeps them: a node's children stand side by side and after it."""

    def __init__(self, width):
        self.width = width
        self.tree_offsets, self.groups = [0], [0]
        self.feature, self.threshold, self.left, self.rules, self.cover = [], [], [], [], []
        self.values, self.set_offsets, self.set_words = [], [0], []

    def add(self, tree):
        queue = [0]
        for node in queue:  # grows meanwhile
            self.cover.append(tree.cover(node))
            if tree.is_leaf(node):
                self.feature.append(-1)
                self.threshold.append(0.0)
                self.rules.append(0)
                self.left.append(len(self.values))
                self.values.append(np.atleast_1d(tree.value(node)))
                continue
            split = tree.split(node)
            self.feature.append(split.feature)
            self.threshold.append(self.add_set(split.categories) if split.categories is not None else split.threshold)
            self.rules.append(split.rules)
            self.left.append(len(queue))
            queue += [split.left, split.right]
        self.tree_offsets.append(len(self.feature))

    def end_group(self):
        """The trees that follow add up to the next score."""
        self.groups.append(len(self.tree_offsets) - 1)

    def add_set(self, categories):
        words = [0] * (max(categories, default=-1) // 32 + 1)
        for category in categories:
            words[category // 32] |= 1 << (category % 32)
        self.set_words += words
        self.set_offsets.append(len(self.set_words))
        return len(self.set_offsets) - 2

    def state(self, tensors):
        groups = self.groups if len(self.groups) > 1 else [0, len(self.tree_offsets) - 1]
        words = np.array(self.set_words, dtype=np.uint32).view(np.int32)
        return {
            "treeOffsets": tensors.add(self.tree_offsets, "i4"),
            "feature": tensors.add(self.feature, "i4"),
            "threshold": tensors.add(self.threshold, "f8"),
            "left": tensors.add(self.left, "i4"),
            "rules": tensors.add(self.rules, "u1"),
            "cover": tensors.add(self.cover, "f4"),
            "values": tensors.add(np.array(self.values), "f8"),
            "setOffsets": tensors.add(self.set_offsets, "i4"),
            "setWords": tensors.add(words, "i4"),
            "groups": tensors.add(groups, "i4"),
        }


class Split:
    def __init__(self, feature, threshold, left, right, rules, categories=None):
        self.feature, self.threshold, self.left, self.right = feature, threshold, left, right
        self.rules, self.categories = rules, categories


class SklearnTree:
    """sklearn.tree._tree.Tree: x, rounded to float32, goes left where it is <= the threshold."""

    def __init__(self, tree, values):
        self.tree, self.values = tree, values
        self.missing = getattr(tree, "missing_go_to_left", np.zeros(tree.node_count))

    def cover(self, node):
        return self.tree.weighted_n_node_samples[node]

    def is_leaf(self, node):
        return self.tree.children_left[node] < 0

    def value(self, node):
        return self.values[node]

    def split(self, node):
        tree = self.tree
        rules = MISSING_LEFT if self.missing[node] else 0
        return Split(int(tree.feature[node]), float(tree.threshold[node]), int(tree.children_left[node]),
                     int(tree.children_right[node]), rules)


def hist_categories(model):
    """The categories of a HistGradientBoosting model by column of X, in the order of their codes."""
    encoder = model._preprocessor.named_transformers_["encoder"]
    positions = np.flatnonzero(model.is_categorical_)
    return dict(zip(map(int, positions), encoder.categories_))


class HistLayout:
    """Which column of X a feature of the trees is, and what its categories are."""

    def __init__(self, model):
        self.columns = list(range(model.n_features_in_))
        self.categories = {}
        if getattr(model, "_preprocessor", None) is None:
            return
        # The model puts its categorical columns first, and codes them.
        found = hist_categories(model)
        rest = [j for j in self.columns if j not in found]
        self.columns = [*found, *rest]
        for feature, j in enumerate(found):
            values = [value for value in found[j] if not is_missing(value)]
            numeric = not is_text(values)
            whole = numeric and all(float(v).is_integer() and 0 <= v < 2**20 for v in values)
            require(whole or not numeric, f"column {j} has categories that are neither text nor whole numbers")
            self.categories[feature] = [int(v) for v in values] if numeric else list(range(len(values)))


class HistTree:
    """TreePredictor of HistGradientBoosting: x, in float64, goes left where it is <= the threshold."""

    def __init__(self, predictor, layout):
        self.nodes, self.sets = predictor.nodes, predictor.raw_left_cat_bitsets
        self.layout = layout

    def cover(self, node):
        return self.nodes[node]["count"]

    def is_leaf(self, node):
        return bool(self.nodes[node]["is_leaf"])

    def value(self, node):
        return self.nodes[node]["value"]

    def split(self, node):
        n = self.nodes[node]
        feature, missing_left = int(n["feature_idx"]), bool(n["missing_go_to_left"])
        left, right = int(n["left"]), int(n["right"])
        column = self.layout.columns[feature]
        if not n["is_categorical"]:
            return Split(column, float(n["num_threshold"]), left, right, MISSING_LEFT if missing_left else 0)
        bits = self.sets[int(n["bitset_idx"])]
        codes = self.layout.categories[feature]
        goes_left = [bool(int(bits[code // 32]) >> (code % 32) & 1) for code in range(len(codes))]
        if not missing_left:
            listed = [value for value, is_left in zip(codes, goes_left) if is_left]
            return Split(column, 0, left, right, CATEGORIES, listed)
        # Here an unknown category goes left too, as what is not listed: list what goes right, and swap the children.
        listed = [value for value, is_left in zip(codes, goes_left) if not is_left]
        return Split(column, 0, right, left, CATEGORIES, listed)


LINEAR = [
    *("LinearRegression", "Ridge", "RidgeCV", "Lasso", "LassoCV", "ElasticNet", "ElasticNetCV", "Lars", "LassoLars"),
    *("BayesianRidge", "ARDRegression", "HuberRegressor", "TheilSenRegressor", "SGDRegressor", "LinearSVR"),
]
AVERAGED = ("DecisionTree", "ExtraTree", "RandomForest", "ExtraTrees")
ENCODERS = {
    "Pipeline": Encoder.pipeline,
    "ColumnTransformer": Encoder.column_transformer,
    "StandardScaler": Encoder.standard_scaler,
    "SimpleImputer": Encoder.simple_imputer,
    "OneHotEncoder": Encoder.one_hot_encoder,
    **{name: Encoder.linear_regressor for name in LINEAR},
    "LogisticRegression": Encoder.logistic_regression,
    "LogisticRegressionCV": Encoder.logistic_regression,
    **{f"{name}{kind}": Encoder.averaged_trees for name in AVERAGED for kind in ("Classifier", "Regressor")},
    "GradientBoostingClassifier": Encoder.gradient_boosting,
    "GradientBoostingRegressor": Encoder.gradient_boosting,
    "HistGradientBoostingClassifier": Encoder.hist_gradient_boosting,
    "HistGradientBoostingRegressor": Encoder.hist_gradient_boosting,
}
