// What a tree says of a node that it reaches, and whether the node may be split: the rules that do not depend
// on how splits are found.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "train/forest.h"
#include "train/split.h"
#include "train/tree.h"

namespace boreal {

template <typename Stats>
class NodeWriter {
 public:
  using View = typename Stats::View;

  NodeWriter(const Stats& stats, const TreeParams& params) : stats_(stats), params_(params) {}

  // root_weight: of the tree's rows. Writes but the node's split.
  bool write(const View& view, size_t node, uint32_t depth, const ValueBounds& bounds, double root_weight,
             GrowingTree* tree) const {
    const double weight = stats_.weight(view);
    tree->cover[node] = static_cast<float>(weight);
    write_value(view, bounds, tree->node_values.data() + node * stats_.outputs());
    return write_impurity(view, node, weight / root_weight, tree) && depth < params_.max_depth &&
           view.count >= params_.min_samples_split && view.count / 2 >= params_.min_samples_leaf &&
           weight >= 2 * params_.min_weight_leaf && !stats_.pure(view);
  }
  // By how much the split lowers the impurity, in proportion to the weight of the tree's rows.
  double decrease(const View& view, const Split& split, double root_weight) const {
    return stats_.gain(view, split.score) * (stats_.weight(view) / root_weight);
  }
  bool is_worth(double decrease) const { return decrease + kEpsilon >= params_.min_impurity_decrease; }

 private:
  // scikit-learn's tolerance for impurities.
  static constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

  // Whether there is any, as far as is known: of bins by squared error it is not, so that variances below the
  // tolerance are parted, too, until all targets are the same.
  bool write_impurity(const View& view, size_t node, double share, GrowingTree* tree) const {
    if constexpr (Stats::kImpurityOfLeaves) {
      tree->means[node] = stats_.mean(view);
      return true;
    } else {
      const double impurity = stats_.impurity(view);
      tree->impurity[node] = static_cast<float>(impurity);
      tree->risk[node] = impurity * share;
      return impurity > kEpsilon;
    }
  }

  void write_value(const View& view, const ValueBounds& bounds, double* value) const {
    stats_.write_value(view, value);
    if (params_.monotonic.empty()) return;
    double& bounded = value[stats_.outputs() - 1];
    bounded = std::min(std::max(bounded, bounds.lower), bounds.upper);
    if (stats_.outputs() == 2) value[0] = 1 - bounded;
  }

  const Stats& stats_;
  const TreeParams& params_;
};

}  // namespace boreal
