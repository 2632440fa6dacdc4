// DBSCAN (Ester, Kriegel, Sander and Xu, 1996, "A density-based algorithm for discovering clusters"):
// clusters are what core rows, those with enough weight within eps, connect. Numbers and borders are
// scikit-learn's: clusters are numbered by their first core row, and a row at the border of several belongs
// to the one with the lowest number.
#pragma once

#include <cstdint>
#include <vector>

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "base/span.h"
#include "neighbors/metric.h"

namespace boreal {

struct DbscanParams {
  NeighborSpec spec;
  double eps = 0.5;        // > 0
  double min_samples = 5;  // weight within eps, the row's own included, that makes a core row
};

struct DbscanClusters {
  std::vector<int32_t> labels;  // [rows] from 0; -1 is noise
  std::vector<int32_t> core;    // indices of core rows, ascending
};

// weights [x.rows] or empty. The result does not depend on the number of threads. Given distances may lack
// symmetry: a row reaches those within eps in its own row of x.
template <typename T>
DbscanClusters dbscan(MatrixView<const T> x, Span<double> weights, const DbscanParams& params,
                      const CancelToken* cancel);

}  // namespace boreal
