#include "train/hist_tree.h"

#include <limits>

#include "base/error.h"
#include "plan/op.h"

namespace boreal {
namespace {

// Categories that go left as words of bits; the node's children are swapped where missing ones go left, since
// a plan sends what is in no set right.
void append_set(HistForest* forest, const BinMapper::Column& column, const BinSet& bins, bool complement) {
  if (forest->set_offsets.empty()) forest->set_offsets.push_back(0);
  const size_t first = forest->set_words.size();
  for (size_t b = 0; b < column.bins; ++b) {
    if (bins.has(b) == complement) continue;
    const auto category = static_cast<size_t>(column.cuts[b]);
    const size_t word = first + category / 32;
    if (word >= forest->set_words.size()) forest->set_words.resize(word + 1);
    const uint32_t bit = uint32_t{1} << (category % 32);
    forest->set_words[word] = static_cast<int32_t>(static_cast<uint32_t>(forest->set_words[word]) | bit);
  }
  if (forest->set_words.size() > 0x7fffffff) {
    throw Error("ERR_PARAMETER", "The model has more sets of categories than it can hold.");
  }
  forest->set_offsets.push_back(static_cast<int32_t>(forest->set_words.size()));
}

class ForestWriter {
 public:
  ForestWriter(const BinMapper& mapper, HistForest* forest) : mapper_(mapper), forest_(forest) {
    forest->tree_offsets.push_back(0);
  }

  void append(const HistTree& tree) {
    const size_t base = forest_->feature.size(), first_leaf = forest_->values.size();
    if (base + tree.nodes.size() > 0x7fffffff) {
      throw Error("ERR_PARAMETER", "The model has more than 2,147,483,647 nodes.");
    }
    // Where each node goes: swapped children change places, and with them what lies below.
    place_.assign(tree.nodes.size(), 0);
    resize(base + tree.nodes.size());
    for (size_t k = 0; k < tree.nodes.size(); ++k) {
      const HistTree::Node& node = tree.nodes[k];
      const size_t at = base + place_[k];
      forest_->cover[at] = static_cast<float>(node.rows);
      if (node.column < 0) {
        forest_->feature[at] = -1;
        forest_->left[at] = static_cast<int32_t>(first_leaf + node.left);
        continue;
      }
      const bool swap = node.categorical && node.missing_left;
      place_[node.left] = node.left + (swap ? 1 : 0);
      place_[node.left + 1] = node.left + (swap ? 0 : 1);
      write_split(tree, node, at);
    }
    forest_->values.insert(forest_->values.end(), tree.values.begin(), tree.values.end());
    forest_->tree_offsets.push_back(static_cast<int32_t>(forest_->feature.size()));
  }

 private:
  void resize(size_t nodes) {
    forest_->feature.resize(nodes);
    forest_->threshold.resize(nodes);
    forest_->left.resize(nodes);
    forest_->rules.resize(nodes);
    forest_->cover.resize(nodes);
    forest_->gain.resize(nodes);
  }

  void write_split(const HistTree& tree, const HistTree::Node& node, size_t at) {
    const BinMapper::Column& column = mapper_.column(static_cast<size_t>(node.column));
    forest_->feature[at] = node.column;
    forest_->left[at] = static_cast<int32_t>(node.left);
    forest_->gain[at] = node.gain;
    if (node.categorical) {
      append_set(forest_, column, tree.sets[node.set], node.missing_left);
      forest_->threshold[at] = static_cast<double>(forest_->set_offsets.size() - 2);
      forest_->rules[at] = kCategories;
      return;
    }
    // The last bin of numbers has no upper end: all numbers go left, missing values right.
    forest_->threshold[at] =
        node.bin < column.cuts.size() ? column.cuts[node.bin] : std::numeric_limits<double>::max();
    forest_->rules[at] = node.missing_left ? kMissingLeft : 0;
  }

  const BinMapper& mapper_;
  HistForest* forest_;
  std::vector<size_t> place_;
};

}  // namespace

HistForest make_forest(const std::vector<HistTree>& trees, const std::vector<size_t>& order,
                       const BinMapper& mapper) {
  HistForest forest;
  ForestWriter writer(mapper, &forest);
  for (size_t tree : order) writer.append(trees[tree]);
  return forest;
}

}  // namespace boreal
