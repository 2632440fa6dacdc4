// What Lloyd's iteration asks of whoever holds the rows: this machine's threads, or a GPU.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/cancel.h"
#include "device/cuda_rows.h"
#include "train/kmeans_assign.h"

namespace boreal {

template <typename T>
class KMeansSteps {
 public:
  virtual ~KMeansSteps() = default;
  // Finds the nearest of the centres for each row, and the sums of each cluster's rows.
  virtual ClusterSums assign(const std::vector<double>& centres) = 0;
  // Whether any row had another cluster in the last call than in the one before.
  virtual bool moved() = 0;
  // Of the last call, with its centres.
  virtual void labels(const std::vector<double>& centres, int32_t* labels, T* distances) = 0;
  // Means of the clusters that rows have come to rest in, free of what many moves have rounded.
  virtual std::vector<double> settled(const std::vector<double>& centres) = 0;
  // Labels and inertia for the centres that are returned.
  virtual double finish(const std::vector<double>& centres, int32_t* labels) = 0;
};

// On a GPU, where the rows lie from one start to the next.
template <typename T>
class CudaKMeansSteps final : public KMeansSteps<T> {
 public:
  CudaKMeansSteps(CudaTarget target, MatrixView<const T> x, Span<double> weights, size_t clusters,
                  const CancelToken* cancel);
  void restart() { fresh_ = true; }
  ClusterSums assign(const std::vector<double>& centres) override;
  bool moved() override { return moved_; }
  void labels(const std::vector<double>& centres, int32_t* labels, T* distances) override;
  std::vector<double> settled(const std::vector<double>& centres) override { return centres; }
  double finish(const std::vector<double>& centres, int32_t* labels) override;

 private:
  // sums as CudaRows has them, or null.
  void find_nearest(const std::vector<double>& centres, std::vector<double>* sums);

  const std::vector<double> origin_;
  const CudaRows rows_;
  Span<double> weights_;
  const size_t clusters_;
  bool fresh_ = true, moved_ = false;
};

}  // namespace boreal
