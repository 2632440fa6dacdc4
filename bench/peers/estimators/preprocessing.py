from sklearn.impute import SimpleImputer
from sklearn.preprocessing import (
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    RobustScaler,
    StandardScaler,
)


def fits(make):
    return lambda data: lambda: make().fit(data.X)


def transforms(make):
    def prepare(data):
        model = make().fit(data.X)
        return lambda: model.transform(data.X)

    return prepare


def both(name, make):
    return {f"{name} fit": fits(make), f"{name} transform": transforms(make)}


CASES = {
    **both("StandardScaler", StandardScaler),
    **both("MinMaxScaler", MinMaxScaler),
    **both("MaxAbsScaler", MaxAbsScaler),
    **both("RobustScaler", RobustScaler),
    "Normalizer transform": transforms(Normalizer),
    "PolynomialFeatures transform": transforms(PolynomialFeatures),
    **both("KBinsDiscretizer", lambda: KBinsDiscretizer(encode="ordinal", quantile_method="averaged_inverted_cdf", subsample=None)),
    **both("SimpleImputer mean", SimpleImputer),
    **both("SimpleImputer median", lambda: SimpleImputer(strategy="median")),
    **both("OrdinalEncoder", OrdinalEncoder),
    **both("OneHotEncoder", lambda: OneHotEncoder(sparse_output=False)),
}
