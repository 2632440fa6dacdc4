// One decision tree while it grows and when it is done, and minimal cost-complexity pruning.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace boreal {

// The arrays of ForestModel for one tree; `left` of a leaf counts the leaves of this tree only.
struct Tree {
  std::vector<int32_t> feature;
  std::vector<double> threshold;
  std::vector<int32_t> left;
  std::vector<uint8_t> missing_left;
  std::vector<float> cover;
  std::vector<float> impurity;
  std::vector<double> values;       // [leaves, outputs]
  std::vector<double> importances;  // [cols] decrease in impurity times the node's share of the weight

  size_t nodes() const { return feature.size(); }
  bool is_leaf(size_t node) const { return feature[node] < 0; }
  void add_nodes(size_t count);

  // The row of `values` for a row of x.
  size_t leaf_of(const float* x) const {
    size_t node = 0;
    while (!is_leaf(node)) {
      const float value = x[feature[node]];
      const bool goes_left = value != value ? missing_left[node] != 0 : value <= threshold[node];
      node = static_cast<size_t>(left[node]) + !goes_left;
    }
    return static_cast<size_t>(left[node]);
  }
};

// A tree that is not done: all nodes have values, in any of which a branch may end yet.
struct GrowingTree : Tree {
  explicit GrowingTree(size_t outputs) : outputs(outputs) {}

  size_t outputs;
  std::vector<double> node_values;  // [nodes, outputs]
  std::vector<double> risk;         // [nodes] impurity times the node's share of the weight
  // Of Stats whose impurities are added up from the leaves: [nodes] means, [nodes] weights and sums of
  // squared distances from the mean, those of the leaves.
  std::vector<double> means, weights, squares;

  void add_nodes(size_t count);
  void make_room_for_squares() {
    for (std::vector<double>* of : {&means, &weights, &squares}) of->resize(nodes());
  }
  // The nodes that are left, in depth-first order.
  Tree finish(size_t cols) const;
};

// Sets impurities and risks by the means, the weights and the sums of squares: those of a node are its
// children's, and what lies between their means.
void add_up_impurity(GrowingTree* tree);

// Each alpha at which branches go, ascending from 0, and the sum of the leaves' risks from then on.
struct PruningPath {
  std::vector<double> alphas, impurities;
};

// Cuts the branches whose effective alpha, the risk that each of their leaves saves, is at most alpha, the
// weakest first (Breiman, Friedman, Olshen and Stone, 1984, section 3.3). path, unless null, says what would
// go at every alpha.
void prune(GrowingTree* tree, double alpha, PruningPath* path);

}  // namespace boreal
