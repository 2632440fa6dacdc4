"""prepare.json: what pandas makes of gaps and of intervals.

    {"values": {name: numbers}, "cut": [{"values", "bins", "options", "codes"}], "qcut": [{"values", "q", "codes", "edges"}],
     "gaps": numbers, "fill": {method: numbers}}

"codes" are positions of intervals, -1 where there is none.
"""

import numpy as np
import pandas as pd
from common import california, camel_keys, write

VALUES = {
    "ages": [5, 18, 18.5, 65, 65.1, 0, 120, np.nan, 121, -1, 33],
    "prices": california()["median_house_value"].head(60).tolist(),
    "few": [1, 1, 1, 2, 2, 3, 9, 9, 9, 9],
    "one": [7, 7, 7],
    "negative": [-0.5, -0.001, 0, 0.25, 3.75e-3, 1e-9],
}


def main():
    cuts = []
    for name, bins, options in (
        ("ages", [0, 18, 65, 120], {}),
        ("ages", [0, 18, 65, 120], {"right": False}),
        ("ages", [0, 18, 65, 120], {"include_lowest": True}),
        ("ages", 4, {}),
        ("prices", 5, {}),
        ("prices", 3, {"right": False}),
        ("few", 2, {}),
        ("one", 3, {}),
        ("negative", 3, {}),
    ):
        codes = pd.cut(pd.Series(VALUES[name]), bins, labels=False, **options)
        cuts.append({"values": name, "bins": bins, "options": camel_keys(options), "codes": codes.fillna(-1).tolist()})
    quantiles = []
    for name, q in (("ages", 3), ("prices", 4), ("few", 4), ("negative", 2), ("prices", [0, 0.1, 0.9, 1]), ("prices", [0.2, 0.5])):
        cut, edges = pd.qcut(pd.Series(VALUES[name]), q, labels=False, duplicates="drop", retbins=True)
        quantiles.append({"values": name, "q": q, "codes": cut.fillna(-1).tolist(), "edges": edges})
    gaps = pd.Series([np.nan, 1, np.nan, 4, 4, np.nan, 9, np.nan])
    fill = {
        "mean": gaps.fillna(gaps.mean()),
        "median": gaps.fillna(gaps.median()),
        "mode": gaps.fillna(gaps.mode()[0]),
        "forward": gaps.ffill(),
        "backward": gaps.bfill(),
    }
    write("prepare", values=VALUES, cut=cuts, qcut=quantiles, gaps=gaps.tolist(), fill={k: v.tolist() for k, v in fill.items()})


if __name__ == "__main__":
    main()
