// Splits of categories: ordered by gradient over Hessian they are split as numbers are, which is best of all
// subsets (Fisher, On grouping for maximum homogeneity, 1958). Rare categories stay right, so the left side
// takes at most half of the others, from either end. Missing is a category like the others.
#include <algorithm>
#include <vector>

#include "train/hist_split_side.h"

namespace boreal {
namespace {

struct Category {
  uint32_t bin;
  double order;
};

}  // namespace

void find_category_split(const BinMapper::Column& column, size_t j, const BinnedMatrix& x,
                         const PackedPair* histogram, const SplitNode& node, const SplitRules& rules,
                         HistSplit* best) {
  const double total_hessian = hessian_of(node.total);
  const double rows_per_hessian = static_cast<double>(node.row_count) / total_hessian;
  std::vector<Category> categories;
  for (uint32_t b = 0; b < column.bins + (x.has_missing(j) ? 1 : 0); ++b) {
    const double hessian = hessian_of(histogram[b]);
    if (!(hessian * rows_per_hessian >= rules.category_support)) continue;
    categories.push_back({b, gradient_of(histogram[b]) / (hessian + rules.category_smoothing)});
  }
  if (categories.size() < 2) return;
  std::sort(categories.begin(), categories.end(), [](const Category& a, const Category& b) {
    return a.order < b.order || (a.order == b.order && a.bin < b.bin);
  });

  const BoundedScore score(rules, node, 0);
  SplitSides sides(x, j, node, rules);
  const auto scan = [&](size_t count, auto at) {
    PackedPair left = 0;
    uint32_t rows = 0;
    bool counted = false;
    BinSet bins;
    for (size_t i = 0; i < count; ++i) {
      const uint32_t bin = categories[at(i)].bin;
      left += histogram[bin];
      bins.add(bin);
      if (counted) rows += sides.rows_in(bin);
      const PackedPair right = node.total - left;
      const double left_hessian = hessian_of(left), right_hessian = hessian_of(right);
      if (!sides.may_hold(left_hessian, right_hessian)) continue;
      const double gain = score.gain(gradient_of(left), left_hessian, gradient_of(right), right_hessian);
      if (!(gain > best->gain)) continue;
      if (!sides.surely_hold(left_hessian, right_hessian)) {
        if (!counted) {
          counted = true;
          for (size_t k = 0; k <= i; ++k) rows += sides.rows_in(categories[at(k)].bin);
        }
        if (!sides.hold(rows)) continue;
      }
      best->gain = gain;
      best->column = static_cast<int32_t>(j);
      best->left = left;
      best->left_bins = bins;
      best->missing_left = bins.has(column.bins);
      score.write_values(best, gradient_of(left), left_hessian, gradient_of(right), right_hessian);
    }
  };
  const size_t used = categories.size(), middle = (used + 1) / 2;
  scan(middle, [](size_t i) { return i; });
  scan(middle - 1, [used](size_t i) { return used - 1 - i; });
}

}  // namespace boreal
