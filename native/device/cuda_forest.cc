#include "device/cuda_forest.h"

#include <algorithm>
#include <limits>
#include <string>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "device/forest_ranks.h"
#include "device/forest_values.h"
#include "device/tree_shape.h"
#include "kernels/forest_kernels.h"

namespace boreal {
namespace {

constexpr size_t kMostCuts = 65535;  // of a column of two bytes
constexpr BorealCudaSmallNode kSmallLeaf = 255u << 24;
// Of small trees, whose inner nodes have places for values too. Where caches hold no more than a part of the
// values, reading these is what counts, so that such trees may as well be large ones.
constexpr size_t kMostSmallValues = size_t{8} << 20;

// Adds ascending cuts in the order in which a search meets them; returns its levels.
uint32_t add_cuts(const float* ascending, size_t count, std::vector<float>* cuts) {
  uint32_t levels = 0;
  while ((size_t{1} << levels) <= count) ++levels;
  for (uint32_t level = 0; level < levels; ++level) {
    const size_t step = size_t{1} << (levels - level);
    for (size_t at = step / 2 - 1; at < (size_t{1} << levels) - 1; at += step) {
      cuts->push_back(at < count ? ascending[at] : std::numeric_limits<float>::infinity());
    }
  }
  return levels;
}

// The nodes of large trees, and their columns: one for each feature and way of looking at missing values.
class LargeForest {
 public:
  LargeForest(const ForestOp& op, const ForestRanks<float>& ranks) : op_(op), ranks_(ranks) {}

  BorealCudaNode node(size_t index) const {
    const uint8_t rules = op_.rules_of(index);
    const uint32_t feature = static_cast<uint32_t>(op_.feature[index]);
    const uint32_t left = static_cast<uint32_t>(op_.left[index]);
    if (has(rules, kCategories)) {
      const auto key = std::make_tuple(feature, rules, static_cast<uint32_t>(op_.threshold[index]));
      const auto found = std::lower_bound(ranks_.sets().begin(), ranks_.sets().end(), key,
                                          [](const auto& set, const auto& wanted) {
                                            return std::make_tuple(set.feature, set.rules, set.set) < wanted;
                                          });
      return {left, static_cast<uint16_t>(variants() + (found - ranks_.sets().begin())), 0};
    }
    uint32_t column = 0;
    for (const auto& known : ranks_.features()) {
      for (const auto& variant : known.variants) {
        if (known.feature == feature && variant.rules == rules) {
          const float cut = ranks_.cut_of(op_.threshold[index]);
          const auto at = std::lower_bound(known.cuts.begin(), known.cuts.end(), cut);
          return {left, static_cast<uint16_t>(column), static_cast<uint16_t>(at - known.cuts.begin())};
        }
        ++column;
      }
    }
    throw Error("ERR_INTERNAL", "A node of a forest has no column of ranks.");
  }

  size_t variants() const {
    size_t count = 0;
    for (const auto& feature : ranks_.features()) count += feature.variants.size();
    return count;
  }

 private:
  const ForestOp& op_;
  const ForestRanks<float>& ranks_;
};

}  // namespace

CudaForest::CudaForest(const ForestOp& op) : width(op.values_per_leaf()) {
  const ForestShape shape(op);
  const ForestRanks<float> ranks(op);
  small = shape.most_leaves <= kMuxLeaves && ranks.columns() <= kRankColumns &&
          op.feature.size * width <= kMostSmallValues;

  const size_t segment = small ? kSegmentCuts : kMostCuts;
  for (const auto& feature : ranks.features()) {
    if (!small && feature.cuts.size() > kMostCuts) {
      throw Error("ERR_NOT_SUPPORTED", "Forest on CUDA: feature " + std::to_string(feature.feature) +
                                           " has " + std::to_string(feature.cuts.size()) +
                                           " different thresholds; 65535 is the limit.");
    }
    std::vector<std::pair<uint32_t, uint32_t>> segments;  // where they begin, and their levels
    for (size_t first = 0; first < feature.cuts.size(); first += segment) {
      const auto begin = static_cast<uint32_t>(cuts.size());
      const size_t count = std::min(segment, feature.cuts.size() - first);
      segments.emplace_back(begin, add_cuts(&feature.cuts[first], count, &cuts));
    }
    for (const auto& variant : feature.variants) {
      for (const auto& [begin, levels] : segments) {
        columns.push_back({feature.feature, variant.rules, begin, levels, 0});
      }
    }
  }
  for (const auto& set : ranks.sets()) {
    columns.push_back({set.feature, set.rules, static_cast<uint32_t>(set_words.size()),
                       static_cast<uint32_t>(set.words.size()), 1});
    set_words.insert(set_words.end(), set.words.begin(), set.words.end());
  }
  if (!small && columns.size() > kMostCuts) {
    throw Error("ERR_NOT_SUPPORTED", "Forest on CUDA: its nodes ask " + std::to_string(columns.size()) +
                                         " different things of features; 65535 is the limit.");
  }

  if (small) {
    small_nodes.assign(op.feature.size, kSmallLeaf);
    values.assign(op.feature.size * width, 0.0);
    for (size_t t = 0; t < op.trees(); ++t) {
      trees.push_back({static_cast<uint32_t>(op.tree_offsets[t]), shape.trees[t].depth});
      write_small(op, t, ranks);
    }
    return;
  }
  const LargeForest large(op, ranks);
  for (size_t k = 0; k < op.feature.size; ++k) {
    const uint32_t row = static_cast<uint32_t>(op.left[k]);
    large_nodes.push_back(op.feature[k] >= 0 ? large.node(k)
                                             : BorealCudaNode{0, static_cast<uint16_t>(row & 0xffff),
                                                              static_cast<uint16_t>(row >> 16)});
  }
  values.assign(op.values.begin(), op.values.end());
  for (size_t t = 0; t < op.trees(); ++t) {
    trees.push_back({static_cast<uint32_t>(op.tree_offsets[t]), shape.trees[t].depth});
  }
}

// Level by level, whatever the order of the op's nodes: a left child is then less far behind than the tree
// has leaves.
void CudaForest::write_small(const ForestOp& op, size_t tree, const ForestRanks<float>& ranks) {
  const TreeView view = view_tree(op, tree);
  const size_t first = static_cast<size_t>(op.tree_offsets[tree]);
  std::vector<size_t> order = {0};
  for (size_t place = 0; place < order.size(); ++place) {
    const size_t k = order[place], child = view.child(k);
    if (!view.inner(k)) {
      std::copy_n(op.values.data + child * width, width, &values[(first + place) * width]);
      continue;
    }
    const auto ahead = static_cast<uint32_t>(order.size() - place);
    const RankTest asked = ranks.test_of(op, first + k);
    small_nodes[first + place] = uint32_t{asked.cut} << 24 | ahead << 16 | asked.column;
    order.push_back(child);
    order.push_back(child + 1);
  }
}

std::vector<CudaTreeBatch> batch_trees(const CudaForest& forest, const ForestOp& op, size_t bytes) {
  const size_t node_bytes = forest.small ? sizeof(BorealCudaSmallNode) : sizeof(BorealCudaNode);
  std::vector<CudaTreeBatch> batches;
  const auto add_range = [&](size_t first, size_t last, size_t output) {
    bool starts = true;
    if (first == last) batches.push_back({first, last, output, true});  // a sum of nothing is 0
    while (first < last) {
      size_t end = first, used = 0;
      while (end < last) {
        const size_t next = end + 1 < forest.trees.size() ? forest.trees[end + 1].begin : forest.nodes();
        const size_t size = (next - forest.trees[end].begin) * node_bytes + sizeof(BorealCudaTree);
        if (forest.small && end > first && used + size > bytes) break;
        used += size;
        ++end;
      }
      batches.push_back({first, end, output, starts});
      starts = false;
      first = end;
    }
  };
  if (op.groups.size == 0) {
    add_range(0, forest.trees.size(), 0);
  } else {
    for (size_t k = 0; k < op.outputs; ++k) {
      add_range(static_cast<size_t>(op.groups[k]), static_cast<size_t>(op.groups[k + 1]), k);
    }
  }
  return batches;
}

}  // namespace boreal
