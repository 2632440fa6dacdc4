#include "device/forest_layout.h"

#include <string>
#include <utility>

#include "base/error.h"
#include "base/thread_pool.h"
#include "device/leaf_values.h"
#include "device/tree_order.h"

namespace boreal {
namespace {

constexpr uint32_t kNoColumn = 0xffffffffu;

std::vector<TreeOrder> order_trees(const ForestOp& op) {
  std::vector<TreeOrder> orders(op.tree_offsets.size - 1);
  ThreadPool::instance().parallel_for(orders.size(),
                                      [&](size_t t, size_t) { orders[t] = order_tree(view_tree(op, t)); });
  return orders;
}

}  // namespace

ForestLayout layout_forest(const ForestOp& op) {
  ForestLayout layout(op);
  const ForestColumns& columns = layout.columns;
  const uint32_t pad = static_cast<uint32_t>(layout.columns.size());
  while ((pad >> layout.feature_bits) != 0) ++layout.feature_bits;
  const uint32_t index_shift = 32 + layout.feature_bits;
  const uint64_t max_slots = uint64_t{1} << (64 - index_shift);

  const std::vector<TreeOrder> orders = order_trees(op);
  layout.tree_begin.push_back(0);
  for (size_t t = 0; t < orders.size(); ++t) {
    if (orders[t].slots > max_slots) {
      throw Error("ERR_NOT_SUPPORTED",
                  "Tree " + std::to_string(t) + " needs " + std::to_string(orders[t].slots) +
                      " node slots; with " + std::to_string(pad) +
                      " columns read by the forest a tree can have " + std::to_string(max_slots) + ".");
    }
    layout.tree_begin.push_back(layout.tree_begin.back() + orders[t].slots);
    layout.tree_depth.push_back(orders[t].shape.depth);
  }

  // A gap becomes a leaf that nothing reaches.
  layout.nodes = AlignedBuffer<ForestNode>(layout.tree_begin.back());
  for (ForestNode& node : layout.nodes) node = 0;
  LeafValues values(op.values_per_leaf());
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
      const uint64_t payload =
          leaf ? values.intern(op.values.data + left * op.values_per_leaf()) : columns.word_of(op, node);
      const uint64_t column = leaf ? pad : columns.column_of(op, node);
      const uint64_t index = leaf ? slot : position[left];
      layout.nodes[layout.tree_begin[t] + slot] = payload | column << 32 | index << index_shift;
    }
  }
  layout.values = values.take();
  return layout;
}

}  // namespace boreal
