// Decodes the ops that hold trees.
#include <cmath>

#include "plan/op_decoder.h"

namespace boreal {

Op OpDecoder::forest() {
  expect(1, 3, 10);
  ForestOp op;
  op.aggregate = static_cast<ForestAggregate>(ranged(0, "aggregate", 0, 2));
  op.outputs = static_cast<size_t>(ranged(1, "outputs", 1, static_cast<int32_t>(kMaxWidth)));
  op.compare = static_cast<ForestCompare>(ranged(2, "compare", 0, 1));
  op.tree_offsets = constant<int32_t>(0, "tree_offsets");
  op.feature = constant<int32_t>(1, "feature");
  const size_t nodes = op.feature.size;
  op.threshold = constant<double>(2, "threshold", nodes);
  op.left = constant<int32_t>(3, "left", nodes);
  op.rules = constant<uint8_t>(4, "rules");
  if (op.rules.size != 0) op.rules = constant<uint8_t>(4, "rules", nodes);
  op.cover = constant<float>(5, "cover");
  if (op.cover.size != 0) op.cover = constant<float>(5, "cover", nodes);
  op.values = constant<double>(6, "values");
  op.groups = constant<int32_t>(9, "groups");
  if (op.values.size % op.values_per_leaf() != 0) fail("the size of values is no multiple of outputs");
  op.set_offsets = constant<int32_t>(7, "set_offsets");
  op.set_words = constant<int32_t>(8, "set_words");
  check_sets(op);

  if (op.tree_offsets.size < 2) fail("it has no tree");
  const size_t trees = op.trees();
  if (op.aggregate == ForestAggregate::kPerTree && op.outputs != 1)
    fail("one column per tree needs outputs = 1");
  check_groups(op);
  check_trees(op, op.values.size / op.values_per_leaf());
  return finish(op, op.aggregate == ForestAggregate::kPerTree ? trees : op.outputs);
}

void OpDecoder::check_sets(const ForestOp& op) const {
  const Span<int32_t> offsets = op.set_offsets;
  if (offsets.size == 0) {
    if (op.set_words.size != 0) fail("it has words of sets, but no sets");
    return;
  }
  if (offsets[0] != 0 || static_cast<size_t>(offsets[offsets.size - 1]) != op.set_words.size) {
    fail("set_offsets do not cover the words");
  }
  for (size_t s = 0; s + 1 < offsets.size; ++s) {
    if (offsets[s + 1] < offsets[s]) fail("set_offsets fall");
  }
}

void OpDecoder::check_groups(const ForestOp& op) const {
  const Span<int32_t> groups = op.groups;
  if (groups.size == 0) return;
  if (op.aggregate != ForestAggregate::kSum) fail("its groups of trees are not summed");
  if (groups.size != op.outputs + 1 || groups[0] != 0 ||
      static_cast<size_t>(groups[op.outputs]) != op.trees()) {
    fail("groups do not cover the trees");
  }
  for (size_t k = 0; k < op.outputs; ++k) {
    if (groups[k + 1] <= groups[k]) fail("groups do not rise");
  }
}

// Each node but the root must be the child of exactly one earlier node of its tree: then the tree is finite
// and whoever walks or copies it visits each node once.
void OpDecoder::check_trees(const ForestOp& op, size_t leaves) const {
  const size_t nodes = op.feature.size, trees = op.tree_offsets.size - 1;
  if (op.tree_offsets[0] != 0 || static_cast<size_t>(op.tree_offsets[trees]) != nodes) {
    fail("tree_offsets do not cover the nodes");
  }
  for (size_t t = 0; t < trees; ++t) {
    if (op.tree_offsets[t + 1] <= op.tree_offsets[t]) fail("tree " + std::to_string(t) + " has no nodes");
  }
  std::vector<bool> has_parent(nodes, false);
  for (size_t t = 0; t < trees; ++t) {
    const size_t begin = static_cast<size_t>(op.tree_offsets[t]);
    const int32_t count = op.tree_offsets[t + 1] - op.tree_offsets[t];
    int32_t children = 0;
    for (int32_t k = 0; k < count; ++k) {
      const auto refuse = [&](const char* what) {
        fail("tree " + std::to_string(t) + ", node " + std::to_string(k) + ": " + what);
      };
      const size_t node = begin + static_cast<size_t>(k);
      const int32_t feature = op.feature[node], left = op.left[node];
      if (feature == -1) {
        if (left < 0 || static_cast<size_t>(left) >= leaves) refuse("its row of values does not exist");
        continue;
      }
      if (feature < 0 || static_cast<size_t>(feature) >= width_) refuse("its feature does not exist");
      if (std::isnan(op.threshold[node])) refuse("its threshold is NaN");
      const uint8_t rules = op.rules_of(node);
      if (rules > 15 || (rules & (kMissingIsZero | kZeroIsMissing)) == (kMissingIsZero | kZeroIsMissing)) {
        refuse("its rules are not known");
      }
      const double set = op.threshold[node], sets = static_cast<double>(op.set_offsets.size) - 1;
      if ((rules & kCategories) != 0 && !(set >= 0 && set < sets && set == std::floor(set))) {
        refuse("its set does not exist");
      }
      if (left <= k || left >= count - 1) refuse("its children do not stand after it within the tree");
      const size_t child = begin + static_cast<size_t>(left);
      if (has_parent[child] || has_parent[child + 1]) refuse("its children have another parent");
      has_parent[child] = has_parent[child + 1] = true;
      children += 2;
    }
    if (children != count - 1) fail("tree " + std::to_string(t) + " has nodes that the root does not reach");
  }
}

Op OpDecoder::leaf_linear() {
  expect(2, 0, 5);
  LeafLinearOp op;
  op.intercept = constant<double>(0, "intercept");
  const size_t leaves = op.intercept.size;
  op.otherwise = constant<double>(1, "otherwise", leaves);
  op.offsets = constant<int32_t>(2, "offsets", leaves + 1);
  op.features = constant<int32_t>(3, "features");
  op.coefficients = constant<double>(4, "coefficients", op.features.size);
  if (op.offsets[0] != 0 || static_cast<size_t>(op.offsets[leaves]) != op.features.size) {
    fail("offsets do not cover the features");
  }
  for (size_t l = 0; l < leaves; ++l) {
    if (op.offsets[l + 1] < op.offsets[l]) fail("offsets fall");
  }
  for (const int32_t feature : op.features) {
    if (feature < 0 || static_cast<size_t>(feature) >= width_) fail("a feature does not exist in its input");
  }
  return finish(op, 1);
}

}  // namespace boreal
