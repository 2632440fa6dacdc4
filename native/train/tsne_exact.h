// The forces of exact t-SNE between all pairs of points, in double and in one pass: pulls and pushes share
// distances and similarities.
#pragma once

#include <cstddef>
#include <vector>

#include "base/cancel.h"
#include "kernels/layout_kernels.h"
#include "train/row_graph.h"

namespace boreal {

class ExactForces {
 public:
  // affinities: a checked graph with ascending columns, which must outlive this. dims: 1 to 3.
  ExactForces(const RowGraph& affinities, size_t dims);

  // pull[i] = sum_j p_ij w_ij (y_i - y_j), push[i] = sum_j w_ij^2 (y_i - y_j) of the points y; all [n, dims].
  // Returns Z = sum_ij w_ij. The same bits at any number of threads.
  double run(const std::vector<double>& y, const CancelToken* cancel, std::vector<double>& pull,
             std::vector<double>& push);

 private:
  const double* others_of(size_t i, std::vector<double>* row) const;

  const LayoutKernels& kernels_;
  const RowGraph& p_;
  size_t n_, dims_;
  std::vector<double> at_;  // [dims, n]
  std::vector<double> z_;   // [n]
};

}  // namespace boreal
