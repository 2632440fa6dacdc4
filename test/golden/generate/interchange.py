"""interchange.json, and the models in models/: what XGBoost, LightGBM and CatBoost say of models that they have trained.

    {"xgboost": version, "lightgbm": version, "catboost": version, "features": n, "rows": [[...]], "cases": [case]}

A case has the "file" of its model, the "objective" and what the library predicts for every row: "raw" scores and
"predictions" (probabilities or numbers), a list of one or more values for each row; perhaps "rounds", where those are of
the first rounds only. Every model has the same four features; the last one holds the categories 0 to 39 in models
whose "file" says so, else numbers. Rows are random ones, some with missing values, zeros, values next to zero and
unseen or negative categories, and rows that lie on, just below and just above the thresholds of the models.
"""

import json
import warnings

import catboost as cb
import lightgbm as lgb
import numpy as np
import pandas as pd
import xgboost as xgb
from common import GOLDEN, write

MODELS = GOLDEN / "models"
CATEGORIES = 40
ROUNDS = 8
rng = np.random.default_rng(5)


def features(n):
    X = rng.normal(size=(n, 4))
    X[:, 1] = np.round(X[:, 1])  # zeros
    X[:, 3] = rng.integers(0, CATEGORIES, n)
    X[rng.random((n, 4)) < 0.08] = np.nan
    return X


X = features(600)
signal = np.nan_to_num(X[:, 0]) + np.nan_to_num(X[:, 1]) * np.nan_to_num(X[:, 2]) + np.isin(X[:, 3] % 5, [1, 3])
noise = rng.normal(size=len(X)) * 0.3
number = signal + noise
TARGETS = {
    "number": number,
    "count": rng.poisson(np.exp(signal / 3)).astype(float),
    "positive": np.exp(signal / 3 + noise),
    "share": 1 / (1 + np.exp(-number)),
    "binary": (number > 0.3).astype(float),
    "class": np.digitize(number, [-0.5, 0.8]).astype(float),
    "relevance": np.digitize(number, [-0.5, 0.8]).astype(float),
    "pair": np.column_stack([number, np.cos(signal), 3 * signal - 1]),
    "labels": np.column_stack([number > 0.3, signal > 0, np.cos(signal) > 0.2]).astype(float),
}

XGBOOST = [
    ("binary", "ubj", "binary", {"objective": "binary:logistic"}),
    ("binary-json", "json", "binary", {"objective": "binary:logistic", "base_score": 0.3}),
    ("regression", "ubj", "number", {"objective": "reg:squarederror"}),
    ("absolute", "ubj", "number", {"objective": "reg:absoluteerror"}),
    ("logistic", "ubj", "share", {"objective": "reg:logistic"}),
    ("poisson", "ubj", "count", {"objective": "count:poisson"}),
    ("gamma", "ubj", "positive", {"objective": "reg:gamma"}),
    ("tweedie", "ubj", "positive", {"objective": "reg:tweedie"}),
    ("classes", "ubj", "class", {"objective": "multi:softprob", "num_class": 3}),
    ("softmax", "json", "class", {"objective": "multi:softmax", "num_class": 3}),
    ("dart", "ubj", "binary", {"objective": "binary:logistic", "booster": "dart", "rate_drop": 0.5, "seed": 1}),
    ("dart-json", "json", "number", {"booster": "dart", "rate_drop": 0.5, "seed": 1}),
    ("forest", "ubj", "number", {"num_parallel_tree": 4, "subsample": 0.7, "seed": 3}),
    ("ranking", "ubj", "relevance", {"objective": "rank:ndcg"}),
    ("squared-log", "ubj", "positive", {"objective": "reg:squaredlogerror"}),
    ("pseudo-huber", "ubj", "number", {"objective": "reg:pseudohubererror"}),
    ("quantile", "ubj", "number", {"objective": "reg:quantileerror", "quantile_alpha": 0.8}),
    ("logit-raw", "ubj", "binary", {"objective": "binary:logitraw"}),
    ("hinge", "ubj", "binary", {"objective": "binary:hinge"}),
    ("cox", "ubj", "positive", {"objective": "survival:cox"}),
    ("aft", "ubj", "positive", {"objective": "survival:aft"}),
    ("pairwise", "ubj", "relevance", {"objective": "rank:pairwise"}),
    ("map", "ubj", "binary", {"objective": "rank:map"}),
    ("one-tree", "ubj", "class", {"objective": "multi:softprob", "num_class": 3, "multi_strategy": "multi_output_tree"}),
    ("targets", "ubj", "pair", {"objective": "reg:squarederror"}),
    ("targets-one-tree", "json", "pair", {"objective": "reg:squarederror", "multi_strategy": "multi_output_tree"}),
    ("targets-labels", "ubj", "labels", {"objective": "binary:logistic"}),
    ("targets-quantiles", "ubj", "number", {"objective": "reg:quantileerror", "quantile_alpha": [0.1, 0.5, 0.9]}),
    ("linear", "ubj", "number", {"booster": "gblinear"}),
    ("linear-json", "json", "binary", {"booster": "gblinear", "objective": "binary:logistic"}),
    ("linear-classes", "ubj", "class", {"booster": "gblinear", "objective": "multi:softprob", "num_class": 3}),
    ("linear-poisson", "ubj", "count", {"booster": "gblinear", "objective": "count:poisson"}),
    ("categories", "ubj", "number", {"max_cat_to_onehot": 1}),
    ("categories-onehot", "json", "binary", {"objective": "binary:logistic", "max_cat_to_onehot": 100}),
]

LIGHTGBM = [
    ("binary", "binary", {"objective": "binary"}),
    ("binary-slope", "binary", {"objective": "binary", "sigmoid": 2.5}),
    ("regression", "number", {"objective": "regression"}),
    ("zeros-missing", "number", {"objective": "regression", "zero_as_missing": True}),
    ("no-missing", "number", {"objective": "regression", "use_missing": False}),
    ("absolute", "number", {"objective": "regression_l1"}),
    ("huber", "number", {"objective": "huber"}),
    ("quantile", "number", {"objective": "quantile", "alpha": 0.8}),
    ("poisson", "count", {"objective": "poisson"}),
    ("gamma", "positive", {"objective": "gamma"}),
    ("tweedie", "positive", {"objective": "tweedie"}),
    ("cross-entropy", "share", {"objective": "cross_entropy"}),
    ("cross-entropy-lambda", "share", {"objective": "cross_entropy_lambda"}),
    ("square-root", "number", {"objective": "regression", "reg_sqrt": True}),
    ("fair", "number", {"objective": "fair"}),
    ("mape", "positive", {"objective": "mape"}),
    ("xendcg", "relevance", {"objective": "rank_xendcg"}),
    ("linear-trees", "number", {"objective": "regression", "linear_tree": True, "num_leaves": 4}),
    ("linear-trees-binary", "binary", {"objective": "binary", "linear_tree": True, "num_leaves": 4}),
    ("one-against-all-slope", "class", {"objective": "multiclassova", "num_class": 3, "sigmoid": 2.5}),
    ("classes", "class", {"objective": "multiclass", "num_class": 3}),
    ("one-against-all", "class", {"objective": "multiclassova", "num_class": 3}),
    ("dart", "binary", {"objective": "binary", "boosting": "dart", "drop_rate": 0.5}),
    ("forest", "number", {"boosting": "rf", "bagging_fraction": 0.6, "bagging_freq": 1}),
    ("ranking", "relevance", {"objective": "lambdarank"}),
    ("categories", "number", {"objective": "regression", "max_cat_to_onehot": 1, "min_data_per_group": 5, "cat_smooth": 1}),
    ("categories-binary", "binary", {"objective": "binary", "min_data_per_group": 5}),
]


RANKED = ("ranking", "pairwise", "map", "xendcg")


CATBOOST = [
    ("binary", "binary", {"loss_function": "Logloss"}),
    ("cross-entropy", "share", {"loss_function": "CrossEntropy"}),
    ("regression", "number", {"loss_function": "RMSE"}),
    ("missing-largest", "number", {"loss_function": "RMSE", "nan_mode": "Max"}),
    ("quantile", "number", {"loss_function": "Quantile:alpha=0.8"}),
    ("poisson", "count", {"loss_function": "Poisson"}),
    ("tweedie", "positive", {"loss_function": "Tweedie:variance_power=1.5"}),
    ("classes", "class", {"loss_function": "MultiClass"}),
    ("one-against-all", "class", {"loss_function": "MultiClassOneVsAll"}),
    ("categories", "number", {"loss_function": "RMSE", "one_hot_max_size": 255}),
    ("categories-binary", "binary", {"loss_function": "Logloss", "one_hot_max_size": 255}),
    ("focal", "binary", {"loss_function": "Focal:focal_alpha=0.4;focal_gamma=2"}),
    ("targets", "pair", {"loss_function": "MultiRMSE"}),
    ("targets-quantiles", "number", {"loss_function": "MultiQuantile:alpha=0.1,0.5,0.9"}),
    ("targets-labels", "labels", {"loss_function": "MultiLogloss"}),
    ("depthwise-classes", "class", {"loss_function": "MultiClass", "grow_policy": "Depthwise"}),
    ("categories-lossguide", "number", {"loss_function": "RMSE", "one_hot_max_size": 255, "grow_policy": "Lossguide", "max_leaves": 12, "depth": 6}),
]


def train_xgboost(name, format, target, params):
    categorical = name.startswith("categories")
    types = ["q", "q", "q", "c" if categorical else "q"]
    data = xgb.DMatrix(X, TARGETS[target], feature_types=types, enable_categorical=True)
    if name in RANKED:
        data.set_group([50] * 12)
    if name == "aft":
        data = xgb.DMatrix(X)
        data.set_float_info("label_lower_bound", TARGETS[target])
        data.set_float_info("label_upper_bound", TARGETS[target])
    params = {"max_depth": 3, "eta": 0.4, "tree_method": "hist", "nthread": 1, **params}
    model = xgb.train(params, data, ROUNDS)
    file = f"xgboost-{name}.{format}"
    model.save_model(MODELS / file)
    return file, model


def train_lightgbm(name, target, params):
    settings = {"num_leaves": 7, "learning_rate": 0.3, "min_data_in_leaf": 5, "verbose": -1, "num_threads": 1, "deterministic": True, "seed": 1}
    group = [50] * 12 if name in RANKED else None
    data = lgb.Dataset(X, TARGETS[target], group=group, categorical_feature=[3] if name.startswith("categories") else [])
    model = lgb.train({**settings, **params}, data, ROUNDS)
    file = f"lightgbm-{name}.txt"
    model.save_model(MODELS / file)
    return file, model


def texts(values):
    """Categories as CatBoost takes them."""
    return ["nan" if np.isnan(v) else str(int(v)) if v == np.floor(v) else repr(float(v)) for v in values]


def catboost_pool(name, X, y=None):
    frame = pd.DataFrame(X, columns=["f0", "f1", "f2", "f3"])
    categorical = name.startswith("categories")
    if categorical:
        frame["f3"] = texts(X[:, 3])
    return cb.Pool(frame, y, cat_features=["f3"] if categorical else [])


def train_catboost(name, target, params):
    settings = {"iterations": ROUNDS, "depth": 3, "learning_rate": 0.5, "thread_count": 1, "random_seed": 1, "verbose": False, "allow_writing_files": False}
    y = TARGETS[target].astype(int) if target in ("class", "binary", "labels") else TARGETS[target]
    pool = catboost_pool(name, X, y)
    model = cb.CatBoost({**settings, **params}).fit(pool)
    file = f"catboost-{name}.json"
    model.save_model(MODELS / file, format="json", pool=pool)
    # Neither when nor where it was trained.
    document = json.loads((MODELS / file).read_text())
    info = document["model_info"]
    loss = info["params"]["loss_function"]
    version = f"CatBoost release {cb.__version__}"
    document["model_info"] = {"catboost_version_info": version, "class_params": info.get("class_params"), "params": {"loss_function": loss}}
    (MODELS / file).write_text(json.dumps(document, separators=(",", ":")) + "\n")
    return file, model


def catboost_predictions(model, pool, loss):
    kind = "Exponent" if loss.startswith(("Poisson", "Tweedie")) else "Probability" if loss in PROBABLE else "RawFormulaVal"
    values = columns(model.predict(pool, prediction_type=kind))
    return values[:, 1:] if values.shape[1] == 2 else values


PROBABLE = ("Logloss", "CrossEntropy", "MultiClass", "MultiClassOneVsAll", "MultiLogloss", "Focal:focal_alpha=0.4;focal_gamma=2")


def thresholds(models):
    """Those of all models, by feature."""
    cuts = [set() for _ in range(4)]
    for file, model in models:
        if "categories" in file or "xgboost-linear" in file or "one-tree" in file or "targets" in file:
            continue
        if file.startswith("xgboost"):
            for _, row in model.trees_to_dataframe().dropna(subset=["Split"]).iterrows():
                cuts[int(row["Feature"][1:])].add(float(np.float32(row["Split"])))
        else:
            table = model.trees_to_dataframe().dropna(subset=["threshold"])
            for _, row in table.iterrows():
                cuts[int(row["split_feature"].split("_")[1])].add(float(row["threshold"]))
    return [sorted(cut for cut in c if abs(cut) < 1e30) for c in cuts]


def test_rows(cuts):
    random = features(60)
    odd = np.array([0.0, -0.0, 1e-36, -1e-36, 1e-35, 2e-35, 3.7, -0.5, -1, -7, 39, 40, 64, 1000, 1e6, np.nan])
    strange = rng.choice(odd, size=(60, 4))
    on = []
    for step in (-np.inf, None, np.inf):
        for j, column in enumerate(cuts):
            for cut in rng.choice(column, 12, replace=False):
                row = features(1)[0]
                row[j] = cut if step is None else np.nextafter(cut, step)
                on.append(row)
        for j, column in enumerate(cuts):
            for cut in rng.choice(column, 6, replace=False):
                row = features(1)[0]
                near = np.float32(cut)
                row[j] = near if step is None else np.nextafter(near, np.float32(step))
                on.append(row)
    return np.vstack([random, strange, on])


def columns(values):
    return np.asarray(values, dtype=np.float64).reshape(len(values), -1)


def main():
    MODELS.mkdir(exist_ok=True)
    trained = [(*case, train_xgboost(*case)) for case in XGBOOST]
    lightgbm = [(*case, train_lightgbm(*case)) for case in LIGHTGBM]
    rows = test_rows(thresholds([case[-1] for case in trained + lightgbm]))
    cases = []
    for name, _, _, params, (file, model) in trained:
        types = ["q", "q", "q", "c" if name.startswith("categories") else "q"]
        data = xgb.DMatrix(rows, feature_types=types, enable_categorical=True)
        objective = params.get("objective", "reg:squarederror")
        for rounds in [None, 3] if name in ("classes", "forest", "dart", "targets") else [None]:
            limit = (0, rounds) if rounds else (0, 0)
            predictions = model.predict(data, iteration_range=limit)
            cases.append({
                "file": file,
                "objective": objective,
                "rounds": rounds,
                "raw": columns(model.predict(data, output_margin=True, iteration_range=limit)),
                "predictions": columns(predictions),
            })
    for name, _, params, (file, model) in lightgbm:
        for rounds in [None, 3] if name in ("classes", "forest") else [None]:
            cases.append({
                "file": file,
                "objective": params.get("objective", "regression"),
                "rounds": rounds,
                "raw": columns(model.predict(rows, raw_score=True, num_iteration=rounds)),
                "predictions": columns(model.predict(rows, num_iteration=rounds)),
            })
    for name, target, params in CATBOOST:
        file, model = train_catboost(name, target, params)
        pool = catboost_pool(name, rows)
        loss = params["loss_function"]
        cases.append({
            "file": file,
            "objective": loss,
            "rounds": None,
            "raw": columns(model.predict(pool, prediction_type="RawFormulaVal")),
            "predictions": catboost_predictions(model, pool, loss),
        })
    write("interchange", catboost=cb.__version__, xgboost=xgb.__version__, lightgbm=lgb.__version__, rows=rows, cases=cases)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
