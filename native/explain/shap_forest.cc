#include "explain/shap_forest.h"

#include <algorithm>
#include <string>

#include "base/error.h"

namespace boreal {
namespace {

// The share of a node's training rows that go left; one half where none came.
double left_share(const ForestOp& forest, size_t root, size_t left) {
  if (forest.cover.size == 0) return 0.5;
  const double a = static_cast<double>(forest.cover[root + left]);
  const double b = static_cast<double>(forest.cover[root + left + 1]);
  return a >= 0 && b >= 0 && a + b > 0 ? a / (a + b) : 0.5;
}

// Makes the edges of one tree after another. A node's frame says which of its edges comes next.
class EdgeWriter {
 public:
  EdgeWriter(const ForestOp& forest, ShapForest* out)
      : forest_(forest), out_(*out), last_(out->features.size(), kNone) {}

  void write(size_t tree) {
    root_ = static_cast<size_t>(forest_.tree_offsets[tree]);
    if (forest_.feature[root_] < 0) return;
    open(0);
    while (!frames_.empty()) {
      Frame& frame = frames_.back();
      if (frame.next == 2) {
        frames_.pop_back();
        if (!frames_.empty()) close_edge();
        continue;
      }
      open_edge(frame.next++);
    }
  }

 private:
  static constexpr size_t kNone = static_cast<size_t>(-1);
  struct Frame {
    uint32_t node, player;
    double left_share;
    uint32_t next;
  };
  struct Step {
    size_t edge, hidden;  // hidden: the player's last edge before this one
  };

  void open(uint32_t node) {
    const uint32_t feature = static_cast<uint32_t>(forest_.feature[root_ + node]);
    const auto player = std::lower_bound(out_.features.begin(), out_.features.end(), feature);
    frames_.push_back({node, static_cast<uint32_t>(player - out_.features.begin()),
                       left_share(forest_, root_, static_cast<size_t>(forest_.left[root_ + node])), 0});
  }

  void open_edge(uint32_t side) {
    const Frame frame = frames_.back();
    const size_t node = root_ + frame.node;
    const uint32_t child = static_cast<uint32_t>(forest_.left[node]) + side;
    const size_t before = last_[frame.player];
    ShapEdge edge{};
    edge.column = out_.columns.column_of(forest_, node);
    edge.word = out_.columns.word_of(forest_, node);
    edge.left = 1 - side;
    edge.player = frame.player;
    edge.depth = static_cast<uint32_t>(frames_.size());
    edge.earlier = before == kNone ? 0 : out_.edges[before].depth;
    edge.share = side == 0 ? frame.left_share : 1 - frame.left_share;
    edge.earlier_joint = before == kNone ? 1 : out_.edges[before].joint;
    edge.joint = edge.earlier_joint * edge.share;
    path_.push_back({out_.edges.size(), before});
    last_[frame.player] = out_.edges.size();
    if (before == kNone) ++players_;
    out_.depth = std::max<size_t>(out_.depth, edge.depth);
    out_.players_on_path = std::max(out_.players_on_path, players_);
    const bool is_leaf = forest_.feature[root_ + child] < 0;
    edge.leaf = is_leaf ? static_cast<uint32_t>(forest_.left[root_ + child]) : kShapInner;
    out_.edges.push_back(edge);
    if (!is_leaf) return open(child);
    // A leaf that is its parent's right child ends the parent's own edge, and so on upwards.
    for (size_t level = frames_.size(); level > 1 && frames_[level - 1].next == 2; --level) {
      ++out_.edges.back().ends;
    }
    close_edge();
  }

  void close_edge() {
    const Step step = path_.back();
    path_.pop_back();
    const uint32_t player = out_.edges[step.edge].player;
    last_[player] = step.hidden;
    if (step.hidden == kNone) --players_;
  }

  const ForestOp& forest_;
  ShapForest& out_;
  size_t root_ = 0;
  std::vector<Frame> frames_;
  std::vector<Step> path_;
  std::vector<size_t> last_;  // of each player: its deepest edge on the path
  size_t players_ = 0;        // on the path
};

// Children stand after their parent, so that one pass backwards has what it needs.
void add_expected(const ForestOp& forest, size_t tree, size_t first_output, std::vector<double>* node_values,
                  std::vector<double>* expected) {
  const size_t root = static_cast<size_t>(forest.tree_offsets[tree]), width = forest.values_per_leaf();
  const size_t nodes = static_cast<size_t>(forest.tree_offsets[tree + 1]) - root;
  node_values->assign(nodes * width, 0.0);
  double* const values = node_values->data();
  for (size_t k = nodes; k-- > 0;) {
    const size_t left = static_cast<size_t>(forest.left[root + k]);
    const bool is_leaf = forest.feature[root + k] < 0;
    const double share = is_leaf ? 0 : left_share(forest, root, left);
    for (size_t j = 0; j < width; ++j) {
      values[k * width + j] =
          is_leaf ? forest.values[left * width + j]
                  : share * values[left * width + j] + (1 - share) * values[(left + 1) * width + j];
    }
  }
  for (size_t j = 0; j < width; ++j) {
    (*expected)[first_output + j] += values[j];
  }
}

}  // namespace

ShapForest::ShapForest(const TreeScores& scores) : columns(scores.forest), expected(scores.outputs()) {
  const ForestOp& forest = scores.forest;
  for (const int32_t feature : forest.feature) {
    if (feature >= 0) features.push_back(static_cast<uint32_t>(feature));
  }
  std::sort(features.begin(), features.end());
  features.erase(std::unique(features.begin(), features.end()), features.end());
  has_cover = std::any_of(forest.cover.begin(), forest.cover.end(), [](float cover) { return cover > 0; });

  EdgeWriter writer(forest, this);
  std::vector<double> node_values;
  tree_begin.push_back(0);
  size_t group = 0;
  for (size_t t = 0; t + 1 < forest.tree_offsets.size; ++t) {
    writer.write(t);
    tree_begin.push_back(edges.size());
    const Span<int32_t> groups = forest.groups;
    if (groups.size != 0 && t == static_cast<size_t>(groups[group + 1])) ++group;
    first_output.push_back(group);
    add_expected(forest, t, group, &node_values, &expected);
  }
}

}  // namespace boreal
