// Lloyd's iteration over sparse rows: distances by |x|^2 + |c|^2 - 2 x c, which costs a product for each
// value that a row has; sums of clusters change by the rows that move.
#pragma once

#include <cstdint>
#include <vector>

#include "base/cancel.h"
#include "base/span.h"
#include "linalg/csr.h"
#include "train/kmeans_steps.h"

namespace boreal {

class SparseSteps final : public KMeansSteps<double> {
 public:
  SparseSteps(const CsrView<double>& x, Span<double> weights, size_t clusters, const CancelToken* cancel);
  ClusterSums assign(const std::vector<double>& centres) override;
  bool moved() override { return moved_; }
  void labels(const std::vector<double>& centres, int32_t* labels, double* distances) override;
  std::vector<double> settled(const std::vector<double>& centres) override;
  double finish(const std::vector<double>& centres, int32_t* labels) override;

 private:
  // The nearest of the centres for each row: labels, and distances_.
  void find_nearest(const std::vector<double>& centres, int32_t* labels);
  void add(size_t row, int32_t cluster, double sign);

  CsrView<double> x_;
  Span<double> weights_;
  size_t clusters_;
  const CancelToken* cancel_;
  std::vector<double> distances_;  // [rows] squared
  std::vector<int32_t> labels_;    // -1: none yet
  ClusterSums sums_;
  bool moved_ = false;
};

// As assign_rows of dense ones; sums are always there.
ClusterSums assign_rows(const CsrView<double>& x, Span<double> weights, const std::vector<double>& centres,
                        size_t clusters, bool wanted, int32_t* labels, double* distances,
                        const CancelToken* cancel);

}  // namespace boreal
