// The engine for trees of any size: stages the rows as ordered bits and walks them tree by tree, many rows in
// flight. Few rows walk all trees at once instead.
#pragma once

#include <algorithm>

#include "device/cpu_forest.h"
#include "device/forest_layout.h"

namespace boreal {

// Of walking a row through all trees: 1.5 ns a level while the nodes stay in the second-level cache, 6 ns
// when each row fetches them anew.
inline double walk_cost_ns(const ForestShape& shape) {
  constexpr size_t kCachedBytes = size_t{1} << 20;
  const double level_ns = shape.nodes * sizeof(ForestNode) <= kCachedBytes ? 1.5 : 6;
  return static_cast<double>(shape.trees.size()) * (2 + shape.mean_depth * level_ns);
}

template <typename T>
class CpuForestWalk final : public CpuForest<T> {
 public:
  CpuForestWalk(const ForestOp& op, const OpPlace& place, const Kernels& kernels, const ForestShape& shape)
      : CpuForest<T>(op, place, shape),
        layout_(layout_forest(op)),
        kernels_(kernels.forest),
        leaves_cost_ns_(layout_.columns.row_cost_ns() + walk_cost_ns(shape)) {}

  void run(const TileCall<T>& call) const override {
    const Scratch scratch(*this, call.rows, call.scratch);
    stage(call.slots[this->input_], call.rows, scratch.staged);
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

 protected:
  const char* engine() const override { return "walks over words"; }
  double leaves_cost_ns() const override { return leaves_cost_ns_; }

 private:
  static constexpr size_t kFewRows = 24;  // measured: from here on walking by tree is faster

  struct Scratch {
    Scratch(const CpuForestWalk& forest, size_t rows, unsigned char* base) {
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
    for (size_t i = 0; i < rows; ++i, x += this->input_width_, staged += layout_.staged_width()) {
      layout_.columns.stage(x, staged);
      staged[layout_.columns.size()] = 0;  // pad
    }
  }

  void walk_by_row(const TileCall<T>& call, const Scratch& scratch) const {
    const ForestTable table = layout_.table();
    for (size_t i = 0; i < call.rows; ++i) {
      kernels_.walk_trees(&table, scratch.staged + i * layout_.staged_width(), scratch.leaf);
      this->add_up(layout_.values, scratch.leaf, call.out + i * this->width_);
    }
  }

  void walk_by_tree(const TileCall<T>& call, const Scratch& scratch) const {
    const ForestTable table = layout_.table();
    const double* values = layout_.values.data();
    const size_t width = this->values_per_leaf_, outputs = this->outputs_;
    const bool each = this->aggregate_ == ForestAggregate::kPerTree;
    double* sums = scratch.sums;
    std::fill_n(sums, call.rows * outputs, 0.0);
    size_t output = 0;  // of a group of trees
    for (size_t t = 0; t < layout_.trees(); ++t) {
      if (call.cancel != nullptr) call.cancel->check();
      fetch(t, call.rows);
      kernels_.walk_rows(&table, t, scratch.staged, layout_.staged_width(), call.rows, scratch.leaf);
      if (each) {
        for (size_t i = 0; i < call.rows; ++i)
          call.out[i * this->width_ + t] = static_cast<T>(values[scratch.leaf[i]]);
      } else if (width == 1) {
        if (t == this->trees_of(output).last) ++output;
        for (size_t i = 0; i < call.rows; ++i) sums[i * outputs + output] += values[scratch.leaf[i]];
      } else {
        for (size_t i = 0; i < call.rows; ++i) {
          const double* value = values + scratch.leaf[i] * width;
          for (size_t j = 0; j < width; ++j) sums[i * outputs + j] += value[j];
        }
      }
    }
    if (each) return;
    for (size_t k = 0; k < call.rows * outputs; ++k) call.out[k] = this->finish(sums[k]);
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

  ForestLayout layout_;
  ForestKernels kernels_;
  double leaves_cost_ns_;
};

}  // namespace boreal
