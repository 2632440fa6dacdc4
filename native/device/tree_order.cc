#include "device/tree_order.h"

#include <algorithm>

namespace boreal {
namespace {

constexpr uint32_t kPairsPerLine = 4;

// Hands out runs of pairs that lie within one cache line.
class LineAllocator {
 public:
  // Index of the first pair of a run of `pairs` (1..4), from the fullest line that has room.
  uint32_t allocate(uint32_t pairs) {
    for (uint32_t free = pairs; free < kPairsPerLine; ++free) {
      std::vector<uint32_t>& lines = with_free_[free];
      if (lines.empty()) continue;
      const uint32_t line = lines.back();
      lines.pop_back();
      return take(line, free, pairs);
    }
    return take(lines_++, kPairsPerLine, pairs);
  }

  uint32_t lines() const { return lines_; }

 private:
  uint32_t take(uint32_t line, uint32_t free, uint32_t pairs) {
    if (free > pairs) with_free_[free - pairs].push_back(line);
    return line * kPairsPerLine + kPairsPerLine - free;
  }

  std::vector<uint32_t> with_free_[kPairsPerLine];  // lines by their free pairs
  uint32_t lines_ = 0;
};

class TreeOrderer {
 public:
  explicit TreeOrderer(const TreeView& tree) : tree_(tree), weight_(node_weights(tree)) {}

  TreeOrder order() {
    TreeOrder order;
    order.position.resize(weight_.size());
    order.shape = shape_tree(tree_, weight_);

    LineAllocator lines;
    lines.allocate(1);  // the root's, without a sibling; its cluster fills the rest of the line
    uint32_t capacity = kPairsPerLine - 1;
    std::vector<uint32_t> pending, cluster;  // nodes whose children have no place yet
    if (inner(0)) pending.push_back(0);
    while (!pending.empty()) {
      const uint32_t entry = pending.back();
      pending.pop_back();
      grow(entry, capacity, cluster, pending);
      capacity = kPairsPerLine;
      uint32_t pair = lines.allocate(static_cast<uint32_t>(cluster.size()));
      for (const uint32_t parent : cluster) {
        order.position[child(parent)] = 2 * pair;
        order.position[child(parent) + 1] = 2 * pair + 1;
        ++pair;
      }
    }
    order.slots = size_t{2} * kPairsPerLine * lines.lines();
    return order;
  }

 private:
  bool inner(size_t k) const { return tree_.inner(k); }
  uint32_t child(size_t k) const { return static_cast<uint32_t>(tree_.child(k)); }

  // cluster = the nodes, entry first, whose pairs of children share a line; the inner nodes left over are
  // pushed on pending, the heaviest last.
  void grow(uint32_t entry, uint32_t capacity, std::vector<uint32_t>& cluster,
            std::vector<uint32_t>& pending) const {
    cluster.clear();
    const auto lighter = [&](uint32_t a, uint32_t b) {
      return weight_[a] != weight_[b] ? weight_[a] < weight_[b] : a > b;
    };
    std::vector<uint32_t>& frontier = pending;  // its tail from `base` on
    const size_t base = pending.size();
    frontier.push_back(entry);
    while (cluster.size() < capacity && frontier.size() > base) {
      const auto heaviest =
          std::max_element(frontier.begin() + static_cast<std::ptrdiff_t>(base), frontier.end(), lighter);
      const uint32_t node = *heaviest;
      frontier.erase(heaviest);
      cluster.push_back(node);
      for (const uint32_t next : {child(node), child(node) + 1}) {
        if (inner(next)) frontier.push_back(next);
      }
    }
    std::sort(frontier.begin() + static_cast<std::ptrdiff_t>(base), frontier.end(), lighter);
  }

  TreeView tree_;
  std::vector<double> weight_;
};

}  // namespace

TreeOrder order_tree(const TreeView& tree) { return TreeOrderer(tree).order(); }

}  // namespace boreal
