// Rows that lie on a GPU, in float32, for algorithms that ask things of all of them again and again.
#pragma once

#include <cstdint>
#include <vector>

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "base/span.h"
#include "device/cuda_library.h"
#include "device/cuda_training_api.h"

namespace boreal {

class CudaRows {
 public:
  // Copies x; with a mean [cols], minus that, before anything is rounded. Throws ERR_OUT_OF_MEMORY, and
  // ERR_SHAPE for more than a grid's blocks can number; so do products.
  template <typename T>
  CudaRows(CudaTarget target, MatrixView<const T> x, Span<double> mean, const CancelToken* cancel);
  ~CudaRows();
  CudaRows(const CudaRows&) = delete;
  CudaRows& operator=(const CudaRows&) = delete;

  size_t rows() const { return rows_; }
  size_t cols() const { return cols_; }

  // x' x, [cols, cols]; sums of short chains in float32, added up in float64.
  std::vector<double> gram() const;
  // x b [rows, n] of b [cols, n], or x' b [cols, n] of b [rows, n].
  std::vector<double> times(Span<double> b, size_t n) const;
  std::vector<double> transposed_times(Span<double> b, size_t n) const;

  // What rows weigh in sums from then on; [rows].
  void weigh(Span<double> weights) const;
  // The first nearest of centres [clusters, cols] for each row; sums: [clusters, cols + 1], of the rows of
  // each cluster times their weights and, last, of the weights; or null. Whether the nearest of any row has
  // changed since the last call, which is forgotten when `fresh`.
  bool assign(const std::vector<double>& centres, size_t clusters, bool fresh,
              std::vector<double>* sums) const;
  // Of the last call: which and at what squared distance.
  void labels(int32_t* labels, float* distances) const;

 private:
  const BorealCudaTraining& api() const { return *library_.api().training; }

  const CudaLibrary& library_;
  const size_t rows_, cols_;
  BorealCudaRows* handle_ = nullptr;
};

}  // namespace boreal
