#include "device/mux_layout.h"

#include <algorithm>
#include <cmath>

namespace boreal {
namespace {

// Measured on a 3.5 GHz core with AVX2, in a full block.
constexpr double kAnyNodeNs = 0.016, kPerfectNodeNs = 0.009, kLeafNs = 0.25;
constexpr double kWalkNs = 1, kLevelNs = 0.4;

int8_t bound_of(RankTest test) { return static_cast<int8_t>((test.cut + 1) ^ 0x80); }

class TreeWriter {
 public:
  TreeWriter(const ForestOp& op, size_t tree, const MuxTest& test, MuxLayout& layout)
      : op_(op),
        tree_(view_tree(op, tree)),
        first_(static_cast<size_t>(op.tree_offsets[tree])),
        test_(test),
        layout_(layout),
        leaf_index_(tree_.feature.size, 0) {}

  void write(const TreeShape& shape) {
    const bool perfect = layout_.shape == MuxShape::kPerfect;
    const size_t leaves = perfect ? size_t{1} << shape.depth : shape.leaves;
    layout_.depth.push_back(shape.depth);
    layout_.value_begin.push_back(static_cast<uint32_t>(layout_.values.size() / layout_.width));
    layout_.values.resize(layout_.values.size() + leaves * layout_.width);
    if (perfect) {
      write_perfect(0, 0, shape.depth, 0);
      layout_.begin.push_back(static_cast<uint32_t>(layout_.perfect.size()));
    } else {
      measure();
      write_any(0, 1, 0);
      layout_.begin.push_back(static_cast<uint32_t>(layout_.nodes.size()));
    }
    write_rank_nodes();
  }

 private:
  RankTest test(size_t k) const { return test_(first_ + k); }

  void write_leaf(size_t k, uint32_t index) {
    leaf_index_[k] = index;
    std::copy_n(op_.values.data + tree_.child(k) * layout_.width, layout_.width,
                &layout_.values[(layout_.value_begin.back() + index) * layout_.width]);
  }

  // The perfect subtree of `height` levels below node k, which stands at `depth`; a leaf fills all of it.
  // index: bit d is set if the path to k goes left at depth d.
  void write_perfect(size_t k, uint32_t depth, uint32_t height, uint32_t index) {
    if (height == 0) return write_leaf(k, index);
    const bool inner = tree_.inner(k);
    write_perfect(inner ? tree_.child(k) : k, depth + 1, height - 1, index | 1u << depth);
    write_perfect(inner ? tree_.child(k) + 1 : k, depth + 1, height - 1, index);
    const RankTest asked = inner ? test(k) : RankTest{0, 0};
    layout_.perfect.push_back({static_cast<uint16_t>(asked.column), bound_of(asked), 0});
  }

  // Of each subtree: its leaves, and the slots it needs (Sethi and Ullman, 1970).
  void measure() {
    leaves_.assign(tree_.feature.size, 1);
    slots_.assign(tree_.feature.size, 0);
    for (size_t k = leaves_.size(); k-- > 0;) {
      if (!tree_.inner(k)) continue;
      const size_t left = tree_.child(k), right = left + 1;
      leaves_[k] = leaves_[left] + leaves_[right];
      slots_[k] = std::max({slots_[left] + (slots_[left] == slots_[right] ? 1 : 0), slots_[right], 1u});
    }
  }

  // The subtree of k, whose leaves count from `index` on, into slot `out`; those behind it are free.
  void write_any(size_t k, uint8_t out, uint32_t index) {
    if (!tree_.inner(k)) return write_leaf(k, index);
    const size_t left = tree_.child(k), right = left + 1;
    const uint32_t step = leaves_[left];
    // If one of them is a leaf, it is not the first.
    const uint8_t second = static_cast<uint8_t>(out + 1);
    const bool left_first = slots_[left] >= slots_[right];
    const uint8_t left_out = left_first ? out : second, right_out = left_first ? second : out;
    if (left_first) write_any(left, left_out, index);
    write_any(right, right_out, index + step);
    if (!left_first) write_any(left, left_out, index);
    const RankTest asked = test(k);
    layout_.nodes.push_back({static_cast<uint16_t>(asked.column), bound_of(asked), static_cast<uint8_t>(step),
                             tree_.inner(left) ? left_out : uint8_t{0},
                             tree_.inner(right) ? right_out : uint8_t{0}, out, 0});
  }

  void write_rank_nodes() {
    layout_.rank_begin.push_back(static_cast<uint32_t>(first_));
    for (size_t k = 0; k < tree_.feature.size; ++k) {
      const uint32_t ahead = static_cast<uint32_t>(tree_.inner(k) ? tree_.child(k) - k : 0);
      const RankTest asked = tree_.inner(k) ? test(k) : RankTest{leaf_index_[k], 255};
      layout_.rank_nodes[first_ + k] = asked.cut | asked.column << 8 | ahead << 20;
    }
  }

  const ForestOp& op_;
  TreeView tree_;
  size_t first_;  // of the tree's nodes in the op
  const MuxTest& test_;
  MuxLayout& layout_;
  std::vector<uint32_t> leaf_index_, leaves_, slots_;  // [nodes]
};

}  // namespace

MuxCost::MuxCost(const ForestShape& forest, MuxShape shape) {
  for (const TreeShape& tree : forest.trees) {
    block_row_ns +=
        kLeafNs + (shape == MuxShape::kPerfect ? kPerfectNodeNs * (std::exp2(tree.depth) - 1)
                                               : kAnyNodeNs * static_cast<double>(tree.leaves - 1));
    single_row_ns += kWalkNs + kLevelNs * tree.depth;
  }
}

MuxShape cheapest_mux(const ForestShape& forest) {
  const auto cost = [&](MuxShape shape) { return MuxCost(forest, shape).block_row_ns; };
  const bool perfect = forest.depth <= kMuxDepth && cost(MuxShape::kPerfect) <= cost(MuxShape::kAny);
  return perfect ? MuxShape::kPerfect : MuxShape::kAny;
}

size_t MuxLayout::memory_bytes() const {
  return nodes.size() * sizeof(MuxNode) + perfect.size() * sizeof(PerfectNode) +
         rank_nodes.size() * sizeof(RankNode) + values.size() * sizeof(double);
}

MuxLayout layout_mux(const ForestOp& forest, const ForestShape& shape, MuxShape kind, const MuxTest& test) {
  MuxLayout layout;
  layout.shape = kind;
  layout.width = forest.values_per_leaf();
  layout.begin.push_back(0);
  layout.rank_nodes = AlignedBuffer<RankNode>(forest.feature.size);
  for (size_t t = 0; t < shape.trees.size(); ++t) TreeWriter(forest, t, test, layout).write(shape.trees[t]);
  return layout;
}

}  // namespace boreal
