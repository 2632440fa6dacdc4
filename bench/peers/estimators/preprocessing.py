from sklearn.impute import SimpleImputer
from sklearn.preprocessing import (
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    SplineTransformer,
    StandardScaler,
)

from .calls import fits, uses


def transforms(make):
    return uses(make, "transform")


def both(name, make):
    return {f"{name} fit": fits(make), f"{name} transform": transforms(make)}


CASES = {
    **both("StandardScaler", StandardScaler),
    **both("MinMaxScaler", MinMaxScaler),
    **both("MaxAbsScaler", MaxAbsScaler),
    **both("RobustScaler", RobustScaler),
    "Normalizer transform": transforms(Normalizer),
    "PolynomialFeatures transform": transforms(PolynomialFeatures),
    **both("SplineTransformer", SplineTransformer),
    **both("PowerTransformer", PowerTransformer),
    **both("QuantileTransformer", lambda: QuantileTransformer(subsample=None)),
    **both("KBinsDiscretizer", lambda: KBinsDiscretizer(encode="ordinal", quantile_method="averaged_inverted_cdf", subsample=None)),
    **both("SimpleImputer mean", SimpleImputer),
    **both("SimpleImputer median", lambda: SimpleImputer(strategy="median")),
    **both("OrdinalEncoder", OrdinalEncoder),
    **both("OneHotEncoder", lambda: OneHotEncoder(sparse_output=False)),
}
