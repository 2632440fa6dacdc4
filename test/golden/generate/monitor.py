"""monitor.json: tests of distributions, and the survival functions behind them, from SciPy.

    {"chi2": [[x, dof, sf]], "kolmogorov": [[d, n, sf]], "ks": [{"a", "b", "options", "expected"}],
     "contingency": [{"table", "correction", "expected"}]}
"""

import warnings

import numpy as np
import scipy
import scipy.stats as st
from common import write


def main():
    rng = np.random.default_rng(7)
    chi2 = [
        [x, dof, st.chi2.sf(x, dof)]
        for dof in (1, 2, 3, 5, 10, 31, 32, 100, 1001)
        for x in (1e-6, 0.3, 1.0, 3.84, 12.5, 60.0, 0.9 * dof, 1.3 * dof + 2, 2 * dof + 40.0)
    ]
    kolmogorov = [
        [d, n, st.kstwo.sf(d, n)]
        for n in (1, 2, 5, 10, 33, 100, 140, 141, 500, 2000, 20000, 200000)
        for d in sorted({0.6 / n, 1.5 / n, 0.3, 0.7, *(z / np.sqrt(n) for z in (0.4, 0.7, 1.0, 1.36, 1.6, 2.1, 3.0))})
        if d < 1
    ]
    ks = []
    for n1, n2, shift in [(4, 4, 1), (1, 7, 0), (20, 30, 0.5), (50, 50, 0.2), (200, 64, 0.1), (101, 77, 1.0), (300, 300, 0)]:
        a = np.round(rng.normal(size=n1), 2)
        b = np.round(rng.normal(shift, 1, size=n2), 2)
        for alternative in ("two-sided", "less", "greater"):
            for method in ("exact", "asymp"):
                with warnings.catch_warnings():
                    warnings.simplefilter("error")
                    r = st.ks_2samp(a, b, alternative=alternative, method=method)
                expected = {
                    "statistic": r.statistic,
                    "pvalue": r.pvalue,
                    "statisticLocation": r.statistic_location,
                    "statisticSign": r.statistic_sign,
                }
                ks.append({"a": a, "b": b, "options": {"alternative": alternative, "method": method}, "expected": expected})
    contingency = []
    for table in ([[10, 10, 20], [20, 20, 20]], [[12, 5], [7, 9]], [[3, 3], [3, 4]], [[1000, 40], [900, 90]], [[5, 6, 7]],
                  rng.integers(1, 50, size=(5, 8)).tolist()):
        for correction in (True, False):
            r = st.chi2_contingency(table, correction=correction)
            expected = {"statistic": r.statistic, "pvalue": r.pvalue, "dof": r.dof, "expectedFreq": r.expected_freq}
            contingency.append({"table": table, "correction": correction, "expected": expected})
    write("monitor", scipy=scipy.__version__, chi2=chi2, kolmogorov=kolmogorov, ks=ks, contingency=contingency)


if __name__ == "__main__":
    main()
