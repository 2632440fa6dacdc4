// A forest on the CPU. Engines differ in how a row finds its leaf in each tree; all of them add the leaf
// values in tree order in float64, so that a row's bits depend neither on the engine nor on its tile, its
// position or the number of threads.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "device/cpu_op.h"
#include "device/tree_shape.h"

namespace boreal {

enum class ForestEngine { kAuto, kWalk, kMux, kPerfectMux };

// kAuto: whichever should be fastest. Null if the engine asked for cannot run this forest.
template <typename T>
CpuOpPtr<T> make_cpu_forest(const ForestOp& op, const OpPlace& place, const Kernels& kernels,
                            ForestEngine engine = ForestEngine::kAuto);

template <typename T>
class CpuForest : public CpuOp<T> {
 public:
  double row_cost_ns() const final {
    return 10 + leaves_cost_ns() + static_cast<double>(trees_ * values_per_leaf_);
  }
  std::string details() const final {
    char text[200];
    std::snprintf(text, sizeof(text), "%s of %zu trees, %zu nodes, depth %u (mean %.1f), %zu KiB; %s",
                  aggregate_ == ForestAggregate::kMean  ? "mean"
                  : aggregate_ == ForestAggregate::kSum ? "sum"
                                                        : "each",
                  trees_, nodes_, depth_, mean_depth_, this->memory_bytes() / 1024, engine());
    return text;
  }

 protected:
  CpuForest(const ForestOp& op, const OpPlace& place, const ForestShape& shape)
      : aggregate_(op.aggregate),
        trees_(op.trees()),
        outputs_(op.outputs),
        values_per_leaf_(op.values_per_leaf()),
        input_(place.input()),
        input_width_(place.input_width()),
        width_(place.op().width),
        groups_(op.groups.begin(), op.groups.end()),
        nodes_(shape.nodes),
        depth_(shape.depth),
        mean_depth_(shape.mean_depth) {}

  // For explain().
  virtual const char* engine() const = 0;
  // Of reading a row and finding its leaves.
  virtual double leaves_cost_ns() const = 0;

  struct TreeRange {
    size_t first, last;
  };
  // The trees that add up to an output, and the column of their values that they add.
  TreeRange trees_of(size_t output) const {
    return groups_.empty() ? TreeRange{0, trees_} : TreeRange{groups_[output], groups_[output + 1]};
  }
  size_t column_of(size_t output) const { return groups_.empty() ? output : 0; }

  T finish(double sum) const {
    return static_cast<T>(aggregate_ == ForestAggregate::kMean ? sum / static_cast<double>(trees_) : sum);
  }

  // The outputs of one row from the row of `values` of its leaf in each tree.
  void add_up(const std::vector<double>& values, const uint32_t* leaf, T* out) const {
    if (aggregate_ == ForestAggregate::kPerTree) {
      for (size_t t = 0; t < trees_; ++t) out[t] = static_cast<T>(values[leaf[t]]);
      return;
    }
    for (size_t j = 0; j < outputs_; ++j) {
      const TreeRange range = trees_of(j);
      const double* column = values.data() + column_of(j);
      double sum = 0;
      for (size_t t = range.first; t < range.last; ++t) sum += column[leaf[t] * values_per_leaf_];
      out[j] = finish(sum);
    }
  }

  ForestAggregate aggregate_;
  size_t trees_, outputs_, values_per_leaf_, input_, input_width_, width_;

 private:
  std::vector<size_t> groups_;
  size_t nodes_;
  uint32_t depth_;
  double mean_depth_;
};

}  // namespace boreal
