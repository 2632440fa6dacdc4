// The engine for trees of up to 256 leaves: ranks the values of a block of rows as bytes, compares them at
// all nodes of a tree and lets the results choose the leaves. Few rows walk all trees at once over the same
// ranks.
#pragma once

#include <algorithm>
#include <utility>

#include "device/cpu_forest.h"
#include "device/mux_layout.h"

namespace boreal {

template <typename T>
class CpuForestMux final : public CpuForest<T> {
 public:
  CpuForestMux(const ForestOp& op, const OpPlace& place, const Kernels& kernels, const ForestShape& shape,
               ForestRanks<T> ranks, MuxShape kind)
      : CpuForest<T>(op, place, shape),
        ranks_(std::move(ranks)),
        layout_(layout_mux(op, shape, kind, [&](size_t node) { return ranks_.test_of(op, node); })),
        kernels_(kernels.forest) {
    const MuxCost cost(shape, kind);
    leaves_cost_ns_ = ranks_.row_cost_ns() + cost.block_row_ns;
    // A block costs the same until its first register of rows is full.
    few_rows_ = static_cast<size_t>(std::clamp(kRegisterRows * cost.block_row_ns / cost.single_row_ns, 2.0,
                                               static_cast<double>(kMuxRows)));
  }

  void run(const TileCall<T>& call) const override {
    const Scratch scratch(*this, call.scratch);
    for (size_t first = 0; first < call.rows; first += kMuxRows) {
      const size_t rows = std::min(kMuxRows, call.rows - first);
      const T* x = call.slots[this->input_] + first * this->input_width_;
      T* out = call.out + first * this->width_;
      if (rows < few_rows_) {
        for (size_t i = 0; i < rows; ++i)
          run_row(x + i * this->input_width_, scratch, out + i * this->width_);
      } else {
        run_block(x, rows, scratch, out, call.cancel);
      }
    }
  }

  size_t row_granule() const override { return kGranule; }
  size_t scratch_bytes(size_t) const override { return Scratch(*this, nullptr).bytes; }
  size_t memory_bytes() const override { return ranks_.memory_bytes() + layout_.memory_bytes(); }

 protected:
  const char* engine() const override {
    return layout_.shape == MuxShape::kPerfect ? "byte ranks through perfect trees"
                                               : "byte ranks through trees";
  }
  double leaves_cost_ns() const override { return leaves_cost_ns_; }

 private:
  static constexpr double kRegisterRows = 40;  // AVX2's 32, and a little for what a short block wastes
  static constexpr size_t kGranule = 64;       // a register of AVX-512, two of AVX2
  static constexpr uint8_t kSigned = 0x80;

  struct Scratch {
    Scratch(const CpuForestMux& forest, unsigned char* base) {
      const size_t sums_bytes = kMuxRows * forest.outputs_ * sizeof(double);
      const size_t ranks_bytes = std::max(forest.ranks_.columns() * kMuxRows, kMuxLeaves);
      const size_t leaf_bytes = std::max(kMuxTrees * kMuxRows, forest.trees_ * sizeof(uint32_t));
      bytes = sums_bytes + ranks_bytes + leaf_bytes;
      if (base == nullptr) return;
      sums = reinterpret_cast<double*>(base);
      ranks = base + sums_bytes;
      leaf = base + sums_bytes + ranks_bytes;
    }
    double* sums = nullptr;          // [outputs, kMuxRows] or [kMuxRows, outputs]
    unsigned char* ranks = nullptr;  // [columns, kMuxRows], or those of one row
    unsigned char* leaf = nullptr;   // [kMuxTrees, kMuxRows], or uint32 [trees] for one row
    size_t bytes = 0;
  };

  void run_row(const T* x, const Scratch& scratch, T* out) const {
    ranks_.stage(kernels_, x, 0, 1, 0, scratch.ranks, 1);
    const RankedTrees table = layout_.table();
    if (this->values_per_leaf_ == 1 && this->aggregate_ != ForestAggregate::kPerTree) {
      for (size_t j = 0; j < this->outputs_; ++j) {
        const auto range = this->trees_of(j);
        out[j] = this->finish(
            kernels_.sum_ranks(&table, scratch.ranks, layout_.values.data(), range.first, range.last));
      }
      return;
    }
    uint32_t* leaf = reinterpret_cast<uint32_t*>(scratch.leaf);
    kernels_.walk_ranks(&table, scratch.ranks, 0, this->trees_, leaf);
    this->add_up(layout_.values, leaf, out);
  }

  void run_block(const T* x, size_t rows, const Scratch& scratch, T* out, const CancelToken* cancel) const {
    ranks_.stage(kernels_, x, this->input_width_, rows, kSigned, scratch.ranks, kMuxRows);
    if (this->aggregate_ == ForestAggregate::kPerTree) {
      for (size_t t = 0; t < this->trees_; ++t) {
        if (cancel != nullptr) cancel->check();
        find_leaves(t, rows, scratch, scratch.leaf);
        const double* values = layout_.values.data() + layout_.value_begin[t];
        for (size_t i = 0; i < rows; ++i) out[i * this->width_ + t] = static_cast<T>(values[scratch.leaf[i]]);
      }
    } else if (this->values_per_leaf_ == 1) {
      sum_numbers(rows, scratch, out, cancel);
    } else {
      sum_vectors(rows, scratch, out, cancel);
    }
  }

  void sum_numbers(size_t rows, const Scratch& scratch, T* out, const CancelToken* cancel) const {
    double* sums = scratch.sums;
    for (size_t j = 0; j < this->outputs_; ++j) {
      const auto range = this->trees_of(j);
      std::fill_n(sums, rows, 0.0);
      for (size_t t = range.first; t < range.last; t += kMuxTrees) {
        if (cancel != nullptr) cancel->check();
        const size_t trees = std::min(kMuxTrees, range.last - t);
        for (size_t k = 0; k < trees; ++k) find_leaves(t + k, rows, scratch, scratch.leaf + k * kMuxRows);
        kernels_.add_leaves(layout_.values.data(), &layout_.value_begin[t], scratch.leaf, trees, rows, sums);
      }
      for (size_t i = 0; i < rows; ++i) out[i * this->outputs_ + j] = this->finish(sums[i]);
    }
  }

  void sum_vectors(size_t rows, const Scratch& scratch, T* out, const CancelToken* cancel) const {
    const size_t width = this->outputs_;
    std::fill_n(scratch.sums, rows * width, 0.0);
    for (size_t t = 0; t < this->trees_; ++t) {
      if (cancel != nullptr) cancel->check();
      find_leaves(t, rows, scratch, scratch.leaf);
      const double* values = layout_.values.data() + layout_.value_begin[t] * width;
      for (size_t i = 0; i < rows; ++i) {
        const double* value = values + scratch.leaf[i] * width;
        for (size_t j = 0; j < width; ++j) scratch.sums[i * width + j] += value[j];
      }
    }
    for (size_t k = 0; k < rows * width; ++k) out[k] = this->finish(scratch.sums[k]);
  }

  void find_leaves(size_t tree, size_t rows, const Scratch& scratch, uint8_t* leaf) const {
    const size_t begin = layout_.begin[tree];
    if (layout_.shape == MuxShape::kPerfect) {
      kernels_.mux_perfect(&layout_.perfect[begin], layout_.depth[tree], scratch.ranks, rows, leaf);
    } else {
      kernels_.mux(&layout_.nodes[begin], layout_.begin[tree + 1] - begin, scratch.ranks, rows, leaf);
    }
  }

  ForestRanks<T> ranks_;
  MuxLayout layout_;
  ForestKernels kernels_;
  double leaves_cost_ns_ = 0;
  size_t few_rows_ = 0;
};

}  // namespace boreal
