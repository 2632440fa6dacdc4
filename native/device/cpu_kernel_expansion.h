// Kernel expansions: the kernels of a tile of rows with a block of vectors, then their weighted sums, block
// after block, so that the kernels never leave the cache.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "device/cpu_op.h"
#include "linalg/kernel_function.h"
#include "linalg/packed_matrix.h"

namespace boreal {

template <typename T>
class CpuKernelExpansion final : public CpuOp<T> {
 public:
  CpuKernelExpansion(const KernelExpansionOp& op, const OpPlace& place, const Kernels& kernels)
      : distance_(distance_kernels<T>(kernels)),
        elementwise_(elementwise_kernels<T>(kernels)),
        spec_{op.function, op.gamma, op.coef0, op.degree},
        input_(place.input()),
        width_(place.input_width()),
        count_(op.count),
        outputs_(op.outputs),
        bias_(convert<T>(op.bias)) {
    const AlignedBuffer<T> vectors = convert<T>(op.vectors), weights = convert<T>(op.weights);
    if (is_distance()) {
      packed_ = AlignedBuffer<T>((count_ + distance_.lanes - 1) / distance_.lanes * distance_.lanes * width_);
      distance_.pack(vectors.data(), width_, count_, width_, packed_.data());
    }
    for (size_t v = 0; v < count_; v += kBlock) {
      const size_t block = std::min(kBlock, count_ - v);
      const MatrixView<const T> rows = dense_view<const T>(vectors.data() + v * width_, block, width_);
      if (!is_distance()) vectors_.emplace_back(rows, true, kernels);
      weights_.emplace_back(dense_view<const T>(weights.data() + v * outputs_, block, outputs_), false,
                            kernels);
    }
  }

  void run(const TileCall<T>& call) const override {
    const MatrixView<T> out = dense_view(call.out, call.rows, outputs_);
    for (size_t i = 0; i < call.rows; ++i) std::copy_n(bias_.data(), outputs_, out.row(i));
    GemmOptions<T> one_thread;  // the tiles are shared out already
    one_thread.max_threads = 1;
    GemmOptions<T> adding = one_thread;
    adding.beta = 1;
    T* const values = reinterpret_cast<T*>(call.scratch);
    for (size_t b = 0; b < weights_.size(); ++b) {
      if (call.cancel != nullptr) call.cancel->check();
      const size_t block = std::min(kBlock, count_ - b * kBlock);
      // Few rows at a time, so that their kernels stay in the first-level cache for all of the steps.
      for (size_t i = 0; i < call.rows; i += kRows) {
        const size_t rows = std::min(kRows, call.rows - i);
        const MatrixView<const T> x = dense_view(call.slots[input_] + i * width_, rows, width_);
        const MatrixView<T> kernel = dense_view(values, rows, block);
        if (is_distance()) {
          distance_.distances(Metric::kSquaredEuclidean, x.data, width_, packed_.data() + b * kBlock * width_,
                              values, block, rows, block, width_);
        } else {
          vectors_[b].multiply(x, kernel, one_thread);
        }
        apply_kernel(spec_, elementwise_, values, block, rows, block);
        weights_[b].multiply(dense_view<const T>(values, rows, block), dense_view(out.row(i), rows, outputs_),
                             adding);
      }
    }
  }
  size_t scratch_bytes(size_t rows) const override {
    return std::min(rows, kRows) * std::min(kBlock, count_) * sizeof(T);
  }
  size_t memory_bytes() const override {
    size_t bytes = packed_.size() * sizeof(T);
    for (const PackedMatrix<T>& part : vectors_) bytes += part.bytes();
    for (const PackedMatrix<T>& part : weights_) bytes += part.bytes();
    return bytes;
  }
  double row_cost_ns() const override {
    const double terms = 2.0 * static_cast<double>(width_ + outputs_) / 15;
    return 5 + static_cast<double>(count_) * (terms + (spec_.function == KernelFunction::kLinear ? 0 : 1));
  }
  std::string details() const override {
    static const char* const kNames[kKernelFunctionCount] = {"linear", "polynomial", "rbf", "sigmoid"};
    return std::to_string(count_) + " vectors, " + kNames[static_cast<int32_t>(spec_.function)];
  }

 private:
  static constexpr size_t kBlock = 512;  // vectors; a multiple of every kernel's lanes
  static constexpr size_t kRows = 24;    // a multiple of the rows of most kernels' tiles

  bool is_distance() const { return spec_.function == KernelFunction::kRbf; }

  const DistanceKernels<T>& distance_;
  const ElementwiseKernels<T>& elementwise_;
  const KernelSpec spec_;
  size_t input_, width_, count_, outputs_;
  AlignedBuffer<T> bias_, packed_;
  std::vector<PackedMatrix<T>> vectors_, weights_;
};

}  // namespace boreal
