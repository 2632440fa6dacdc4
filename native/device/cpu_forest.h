// Runs a forest on a tile: stages the rows as ordered bits, walks them tree by tree, and adds the leaf values
// in tree order in float64, so that neither the tile nor the thread count changes a bit of the result. Few
// rows walk all trees at once instead: the same leaves, the same sums.
#pragma once

#include <algorithm>
#include <cstdio>
#include <string>

#include "device/cpu_op.h"
#include "device/forest_layout.h"

namespace boreal {

template <typename T>
class CpuForest final : public CpuOp<T> {
 public:
  CpuForest(const ForestOp& op, const OpPlace& place, const Kernels& kernels)
      : layout_(layout_forest(op)),
        kernels_(kernels.forest),
        aggregate_(op.aggregate),
        outputs_(op.outputs),
        input_(place.input()),
        input_width_(place.input_width()),
        width_(place.op().width) {}

  void run(const TileCall<T>& call) const override {
    const Scratch scratch(*this, call.rows, call.scratch);
    stage(call.slots[input_], call.rows, scratch.staged);
    if (call.rows < kFewRows) {
      walk_by_row(call, scratch);
    } else {
      walk_by_tree(call, scratch);
    }
  }

  size_t scratch_bytes(size_t rows) const override { return Scratch(*this, rows, nullptr).bytes; }
  size_t memory_bytes() const override {
    return layout_.nodes.size() * sizeof(ForestNode) + layout_.values.size() * sizeof(double) +
           layout_.columns.memory_bytes();
  }
  // 1.5 ns a level while the nodes stay in the second-level cache, 6 ns when each row fetches them anew.
  double row_cost_ns() const override {
    const double level_ns = memory_bytes() <= kCachedBytes ? 1.5 : 6;
    const double walks = static_cast<double>(layout_.trees()) * (2 + layout_.mean_depth * level_ns);
    return 10 + layout_.columns.row_cost_ns() + walks + static_cast<double>(layout_.trees() * outputs_);
  }
  std::string details() const override {
    char text[160];
    const uint32_t depth = *std::max_element(layout_.tree_depth.begin(), layout_.tree_depth.end());
    std::snprintf(text, sizeof(text), "%s of %zu trees, %zu nodes, depth %u (mean %.1f), %zu KiB",
                  aggregate_ == ForestAggregate::kMean  ? "mean"
                  : aggregate_ == ForestAggregate::kSum ? "sum"
                                                        : "each",
                  layout_.trees(), layout_.node_count, depth, layout_.mean_depth, memory_bytes() / 1024);
    return text;
  }

 private:
  static constexpr size_t kFewRows = 24;  // measured: from here on walking by tree is faster
  static constexpr size_t kCachedBytes = size_t{1} << 20;

  struct Scratch {
    Scratch(const CpuForest& forest, size_t rows, unsigned char* base) {
      const size_t leaves = std::max(rows, forest.layout_.trees());
      const size_t sums_bytes = rows * forest.outputs_ * sizeof(double);
      const size_t staged_bytes = rows * forest.layout_.staged_width() * sizeof(uint32_t);
      bytes = sums_bytes + staged_bytes + leaves * sizeof(uint32_t);
      if (base == nullptr) return;
      sums = reinterpret_cast<double*>(base);
      staged = reinterpret_cast<uint32_t*>(base + sums_bytes);
      leaf = reinterpret_cast<uint32_t*>(base + sums_bytes + staged_bytes);
    }
    double* sums = nullptr;      // [rows, outputs]
    uint32_t* staged = nullptr;  // [rows, staged width]
    uint32_t* leaf = nullptr;    // [max(rows, trees)]
    size_t bytes = 0;
  };

  void stage(const T* x, size_t rows, uint32_t* staged) const {
    for (size_t i = 0; i < rows; ++i, x += input_width_, staged += layout_.staged_width()) {
      layout_.columns.stage(x, staged);
      staged[layout_.columns.size()] = 0;  // pad
    }
  }

  void walk_by_row(const TileCall<T>& call, const Scratch& scratch) const {
    const ForestTable table = layout_.table();
    const double* values = layout_.values.data();
    T* out = call.out;
    for (size_t i = 0; i < call.rows; ++i) {
      kernels_.walk_trees(&table, scratch.staged + i * layout_.staged_width(), scratch.leaf);
      if (aggregate_ == ForestAggregate::kPerTree) {
        for (size_t t = 0; t < layout_.trees(); ++t) *out++ = static_cast<T>(values[scratch.leaf[t]]);
        continue;
      }
      for (size_t j = 0; j < outputs_; ++j) {
        double sum = 0;
        for (size_t t = 0; t < layout_.trees(); ++t) sum += values[scratch.leaf[t] * outputs_ + j];
        *out++ = finish(sum);
      }
    }
  }

  void walk_by_tree(const TileCall<T>& call, const Scratch& scratch) const {
    const ForestTable table = layout_.table();
    const double* values = layout_.values.data();
    double* sums = scratch.sums;
    std::fill_n(sums, call.rows * outputs_, 0.0);
    for (size_t t = 0; t < layout_.trees(); ++t) {
      if (call.cancel != nullptr) call.cancel->check();
      fetch(t, call.rows);
      kernels_.walk_rows(&table, t, scratch.staged, layout_.staged_width(), call.rows, scratch.leaf);
      if (aggregate_ == ForestAggregate::kPerTree) {
        for (size_t i = 0; i < call.rows; ++i)
          call.out[i * width_ + t] = static_cast<T>(values[scratch.leaf[i]]);
      } else if (outputs_ == 1) {
        for (size_t i = 0; i < call.rows; ++i) sums[i] += values[scratch.leaf[i]];
      } else {
        for (size_t i = 0; i < call.rows; ++i) {
          const double* value = values + scratch.leaf[i] * outputs_;
          for (size_t j = 0; j < outputs_; ++j) sums[i * outputs_ + j] += value[j];
        }
      }
    }
    if (aggregate_ == ForestAggregate::kPerTree) return;
    for (size_t k = 0; k < call.rows * outputs_; ++k) call.out[k] = finish(sums[k]);
  }

  // Reads a tree from end to end when enough rows will visit most of its lines anyway: streaming from memory
  // is several times faster than missing the cache line by line.
  void fetch(size_t tree, size_t rows) const {
    constexpr size_t kNodesPerLine = kCacheLine / sizeof(ForestNode);
    const size_t begin = layout_.tree_begin[tree], end = layout_.tree_begin[tree + 1];
    if ((end - begin) / kNodesPerLine > 4 * rows) return;
    const volatile ForestNode* nodes = layout_.nodes.data();
    for (size_t k = begin; k < end; k += kNodesPerLine) static_cast<void>(nodes[k]);
  }

  T finish(double sum) const {
    return static_cast<T>(aggregate_ == ForestAggregate::kMean ? sum / static_cast<double>(layout_.trees())
                                                               : sum);
  }

  ForestLayout layout_;
  ForestKernels kernels_;
  ForestAggregate aggregate_;
  size_t outputs_, input_, input_width_, width_;
};

}  // namespace boreal
