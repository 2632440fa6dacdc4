#include "device/forest_layout.h"

#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/thread_pool.h"
#include "device/leaf_values.h"
#include "device/tree_order.h"

namespace boreal {
namespace {

constexpr uint32_t kNoColumn = 0xffffffffu;

// The greatest float that is <= value: then float(x) <= value iff float(x) <= the result.
float round_down(double value) {
  const float rounded = static_cast<float>(value);
  return static_cast<double>(rounded) > value
             ? std::nextafter(rounded, -std::numeric_limits<float>::infinity())
             : rounded;
}

bool missing_left(const ForestOp& op, size_t node) {
  return op.missing_left.size == 0 || op.missing_left[node] != 0;
}

// Which staged column a feature has for each side of its missing values.
class ColumnMap {
 public:
  ColumnMap(const ForestOp& op, std::vector<ForestLayout::Column>& columns) {
    for (size_t node = 0; node < op.feature.size; ++node) {
      if (op.feature[node] < 0) continue;
      const size_t key = key_of(op, node);
      if (key >= column_.size()) column_.resize(key + 1, kNoColumn);
      column_[key] = 0;
    }
    for (size_t key = 0; key < column_.size(); ++key) {
      if (column_[key] == kNoColumn) continue;
      column_[key] = static_cast<uint32_t>(columns.size());
      columns.push_back({static_cast<uint32_t>(key / 2), key % 2 == 0 ? kBelowAllFloats : kAboveAllFloats});
    }
  }

  uint32_t column(const ForestOp& op, size_t node) const { return column_[key_of(op, node)]; }

 private:
  static size_t key_of(const ForestOp& op, size_t node) {
    return 2 * static_cast<size_t>(op.feature[node]) + (missing_left(op, node) ? 0 : 1);
  }

  std::vector<uint32_t> column_;  // by key
};

template <typename T>
Span<T> part(Span<T> whole, size_t begin, size_t end) {
  if (whole.size == 0) return whole;
  return {whole.data + begin, end - begin};
}

std::vector<TreeOrder> order_trees(const ForestOp& op) {
  std::vector<TreeOrder> orders(op.tree_offsets.size - 1);
  ThreadPool::instance().parallel_for(orders.size(), [&](size_t t, size_t) {
    const size_t begin = static_cast<size_t>(op.tree_offsets[t]),
                 end = static_cast<size_t>(op.tree_offsets[t + 1]);
    orders[t] =
        order_tree(part(op.feature, begin, end), part(op.left, begin, end), part(op.cover, begin, end));
  });
  return orders;
}

}  // namespace

ForestLayout layout_forest(const ForestOp& op) {
  ForestLayout layout;
  const ColumnMap columns(op, layout.columns);
  const uint32_t pad = static_cast<uint32_t>(layout.columns.size());
  while ((pad >> layout.feature_bits) != 0) ++layout.feature_bits;
  const uint32_t index_shift = 32 + layout.feature_bits;
  const uint64_t max_slots = uint64_t{1} << (64 - index_shift);

  const std::vector<TreeOrder> orders = order_trees(op);
  layout.node_count = op.feature.size;
  layout.tree_begin.push_back(0);
  for (size_t t = 0; t < orders.size(); ++t) {
    if (orders[t].slots > max_slots) {
      throw Error("ERR_NOT_SUPPORTED",
                  "Tree " + std::to_string(t) + " needs " + std::to_string(orders[t].slots) +
                      " node slots; with " + std::to_string(pad) +
                      " columns read by the forest a tree can have " + std::to_string(max_slots) + ".");
    }
    layout.tree_begin.push_back(layout.tree_begin.back() + orders[t].slots);
    layout.tree_depth.push_back(orders[t].depth);
    layout.mean_depth += orders[t].mean_depth / static_cast<double>(orders.size());
  }

  // A gap becomes a leaf that nothing reaches.
  layout.nodes = AlignedBuffer<ForestNode>(layout.tree_begin.back());
  for (ForestNode& node : layout.nodes) node = 0;
  LeafValues values(op.outputs);
  std::vector<uint32_t> source;  // of each slot of one tree
  for (size_t t = 0; t < orders.size(); ++t) {
    const std::vector<uint32_t>& position = orders[t].position;
    // In the order of the slots, so that leaves that stand together have values that stand together.
    source.assign(orders[t].slots, kNoColumn);
    for (size_t k = 0; k < position.size(); ++k) source[position[k]] = static_cast<uint32_t>(k);
    for (size_t slot = 0; slot < source.size(); ++slot) {
      if (source[slot] == kNoColumn) continue;
      const size_t k = source[slot], node = static_cast<size_t>(op.tree_offsets[t]) + k;
      const size_t left = static_cast<size_t>(op.left[node]);
      const bool leaf = op.feature[node] < 0;
      const uint64_t payload = leaf ? values.intern(op.values.data + left * op.outputs)
                                    : ordered_bits(round_down(op.threshold[node]));
      const uint64_t column = leaf ? pad : columns.column(op, node);
      const uint64_t index = leaf ? slot : position[left];
      layout.nodes[layout.tree_begin[t] + slot] = payload | column << 32 | index << index_shift;
    }
  }
  layout.values = values.take();
  return layout;
}

}  // namespace boreal
