#include "train/tree.h"

#include <functional>
#include <queue>
#include <utility>

namespace boreal {

void Tree::add_nodes(size_t count) {
  const size_t nodes = feature.size() + count;
  feature.resize(nodes, -1);
  threshold.resize(nodes);
  left.resize(nodes);
  missing_left.resize(nodes);
  cover.resize(nodes);
  impurity.resize(nodes);
}

void GrowingTree::add_nodes(size_t count) {
  Tree::add_nodes(count);
  node_values.resize(nodes() * outputs);
  risk.resize(nodes());
}

Tree GrowingTree::finish(size_t cols) const {
  Tree tree;
  tree.importances.assign(cols, 0.0);
  tree.feature.reserve(nodes());
  tree.threshold.reserve(nodes());
  tree.left.reserve(nodes());
  tree.missing_left.reserve(nodes());
  tree.cover.reserve(nodes());
  tree.impurity.reserve(nodes());
  tree.values.reserve((nodes() + 1) / 2 * outputs);
  tree.add_nodes(1);
  struct Move {
    size_t from, to;
  };
  for (std::vector<Move> pending = {{0, 0}}; !pending.empty();) {
    const auto [from, to] = pending.back();
    pending.pop_back();
    tree.cover[to] = cover[from];
    tree.impurity[to] = impurity[from];
    if (is_leaf(from)) {
      tree.left[to] = static_cast<int32_t>(tree.values.size() / outputs);
      const double* value = node_values.data() + from * outputs;
      tree.values.insert(tree.values.end(), value, value + outputs);
      continue;
    }
    const size_t child = static_cast<size_t>(left[from]), moved = tree.nodes();
    tree.add_nodes(2);
    tree.feature[to] = feature[from];
    tree.threshold[to] = threshold[from];
    tree.left[to] = static_cast<int32_t>(moved);
    tree.missing_left[to] = missing_left[from];
    tree.importances[static_cast<size_t>(feature[from])] += risk[from] - risk[child] - risk[child + 1];
    pending.push_back({child + 1, moved + 1});
    pending.push_back({child, moved});
  }
  return tree;
}

void add_up_impurity(GrowingTree* tree) {
  std::vector<double>&weights = tree->weights, &squares = tree->squares;
  // Children stand after their parents.
  for (size_t node = tree->nodes(); node-- > 0;) {
    if (!tree->is_leaf(node)) {
      const size_t left = static_cast<size_t>(tree->left[node]), right = left + 1;
      const double between = tree->means[left] - tree->means[right];
      weights[node] = weights[left] + weights[right];
      const double pull = weights[left] * weights[right] / weights[node];
      squares[node] = squares[left] + squares[right] + pull * between * between;
    }
    const double impurity = squares[node] / weights[node];
    tree->impurity[node] = static_cast<float>(impurity);
    tree->risk[node] = impurity;
  }
  const double root = weights[0];
  for (size_t node = 0; node < tree->nodes(); ++node) tree->risk[node] *= weights[node] / root;
}

namespace {

constexpr size_t kNone = static_cast<size_t>(-1);

// The branches of a tree, each with its number of leaves and their risk, as it loses its weakest ones.
class Pruner {
 public:
  explicit Pruner(const GrowingTree& tree)
      : tree_(tree),
        parent_(tree.nodes(), kNone),
        leaves_(tree.nodes(), 1),
        risk_(tree.risk),
        cut_(tree.nodes()) {
    // Children stand after their parents.
    for (size_t node = tree.nodes(); node-- > 0;) {
      if (tree.is_leaf(node)) continue;
      const size_t left = static_cast<size_t>(tree.left[node]);
      parent_[left] = parent_[left + 1] = node;
      leaves_[node] = leaves_[left] + leaves_[left + 1];
      risk_[node] = risk_[left] + risk_[left + 1];
    }
    for (size_t node = 0; node < tree.nodes(); ++node) {
      if (!tree.is_leaf(node)) weakest_.emplace(alpha_of(node), node);
    }
  }

  // The alpha of the weakest branch and its root; kNone when only the root is left.
  std::pair<double, size_t> weakest() {
    while (!weakest_.empty()) {
      const auto [alpha, node] = weakest_.top();
      if (leaves_[node] > 1 && !inside_cut(node) && alpha == alpha_of(node)) return {alpha, node};
      weakest_.pop();
    }
    return {0, kNone};
  }
  void cut(size_t node) {
    cut_[node] = true;
    const size_t gone = leaves_[node] - 1;
    const double more = tree_.risk[node] - risk_[node];
    for (size_t up = node; up != kNone; up = parent_[up]) {
      leaves_[up] -= gone;
      risk_[up] += more;
      if (leaves_[up] > 1) weakest_.emplace(alpha_of(up), up);
    }
  }
  double risk() const { return risk_[0]; }

 private:
  double alpha_of(size_t node) const {
    return (tree_.risk[node] - risk_[node]) / static_cast<double>(leaves_[node] - 1);
  }
  bool inside_cut(size_t node) const {
    while (node != kNone && !cut_[node]) node = parent_[node];
    return node != kNone;
  }

  using Branch = std::pair<double, size_t>;
  const GrowingTree& tree_;
  std::vector<size_t> parent_, leaves_;
  std::vector<double> risk_;
  std::vector<bool> cut_;
  std::priority_queue<Branch, std::vector<Branch>, std::greater<Branch>> weakest_;
};

}  // namespace

void prune(GrowingTree* tree, double alpha, PruningPath* path) {
  Pruner pruner(*tree);
  if (path != nullptr) *path = {{0.0}, {pruner.risk()}};
  std::vector<size_t> cuts;
  for (;;) {
    const auto [weakest, node] = pruner.weakest();
    if (node == kNone || (path == nullptr && weakest > alpha)) break;
    pruner.cut(node);
    if (weakest <= alpha) cuts.push_back(node);
    if (path == nullptr) continue;
    path->alphas.push_back(weakest);
    path->impurities.push_back(pruner.risk());
  }
  for (size_t node : cuts) tree->feature[node] = -1;
}

}  // namespace boreal
