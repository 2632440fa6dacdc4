"""Writes data/*.csv.gz, the bundled data sets, and prints their SHA-256 for data/README.md.

    python test/golden/generate/datasets.py path/to/california-housing.csv

The five small sets come from the installed scikit-learn, number by number as its files spell them; each file gets a
header line with the feature names and ends with the column "target". Diabetes keeps the raw measurements: the loader
scales them. The housing file is stored as it is. The gzip headers hold no name and no time, so bytes are reproducible
with the same zlib.
"""

import gzip
import hashlib
import sys
from importlib import resources
from pathlib import Path

import sklearn.datasets

DATA = Path(__file__).resolve().parents[3] / "data"
SOURCE = resources.files("sklearn.datasets.data")


def lines_of(name):
    raw = SOURCE.joinpath(name).read_bytes()
    text = gzip.decompress(raw) if name.endswith(".gz") else raw
    return text.decode("ascii").split("\n")[:-1]


def write(name, text):
    DATA.mkdir(exist_ok=True)
    raw = text.encode("utf-8")
    packed = gzip.compress(raw, compresslevel=9, mtime=0)
    (DATA / f"{name}.csv.gz").write_bytes(packed)
    digest = hashlib.sha256(packed).hexdigest()
    print(f"{name}.csv.gz  {len(packed)} bytes  sha256 {digest}")


def header(names):
    assert not any("," in name or '"' in name for name in names)
    return ",".join([*names, "target"]) + "\n"


def main(housing):
    for name, file in (("iris", "iris.csv"), ("wine", "wine_data.csv"), ("breast-cancer", "breast_cancer.csv")):
        load = getattr(sklearn.datasets, "load_" + name.replace("-", "_"))
        write(name, header(load().feature_names) + "\n".join(lines_of(file)[1:]) + "\n")

    digits = sklearn.datasets.load_digits()
    write("digits", header(digits.feature_names) + "\n".join(lines_of("digits.csv.gz")) + "\n")

    diabetes = sklearn.datasets.load_diabetes()
    rows = [line.split() for line in lines_of("diabetes_data_raw.csv.gz")]
    targets = [f"{float(line):g}" for line in lines_of("diabetes_target.csv.gz")]
    body = "".join(",".join([*row, target]) + "\n" for row, target in zip(rows, targets, strict=True))
    write("diabetes", header(diabetes.feature_names) + body)

    write("california-housing", Path(housing).read_text(encoding="utf-8"))


if __name__ == "__main__":
    main(sys.argv[1])
