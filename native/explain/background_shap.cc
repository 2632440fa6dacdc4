// The interventional Shapley values. Trees are taken a few at a time: first the leaves of each learn the
// patterns of the background rows (a task a tree), then each tile of rows goes through them in order (a task
// a tile), so that the sums of a row do not depend on the threads. A row's cost at a leaf depends on the
// different patterns there, not on the number of background rows.
#include <algorithm>
#include <array>
#include <mutex>
#include <string>

#include "base/error.h"
#include "base/thread_pool.h"
#include "explain/leaf_patterns.h"
#include "explain/tree_shap.h"

namespace boreal {
namespace {

constexpr size_t kRows = 64;  // of a tile
constexpr size_t kTreesAtOnce = 16;
constexpr double kMostPatterns = 1 << 26;  // of the trees at once: 1 GiB

template <typename T>
class BackgroundShap {
 public:
  BackgroundShap(const TreeScores& scores, MatrixView<const T> x, MatrixView<const T> background,
                 const ShapCall& call)
      : scores_(scores), x_(x), background_(background), call_(call), forest_(scores) {
    if (background.rows == 0) throw Error("ERR_EMPTY", "There must be at least one background row.");
    if (background.cols != x.cols) throw Error("ERR_SHAPE", "X and the background differ in their columns.");
    if (forest_.players_on_path > kMostPlayers) {
      throw Error("ERR_NOT_SUPPORTED", "A path reads " + std::to_string(forest_.players_on_path) +
                                           " different features; with a background it may read " +
                                           std::to_string(kMostPlayers) + ".");
    }
    size_t leaves = 0;
    for (size_t t = 0; t < forest_.trees(); ++t) {
      leaves = std::max(leaves, (forest_.tree_begin[t + 1] - forest_.tree_begin[t]) / 2 + 1);
    }
    const double patterns =
        static_cast<double>(leaves) * static_cast<double>(std::max(background.rows, kRows));
    if (patterns > kMostPatterns) {
      throw Error(
          "ERR_NOT_SUPPORTED",
          "The largest tree has " + std::to_string(leaves) +
              " leaves: with that many, pass fewer background rows (a sample of 100 to 1000 will do).");
    }
    at_once_ =
        std::clamp<size_t>(static_cast<size_t>(kMostPatterns / std::max(1.0, patterns)), 1, kTreesAtOnce);
  }

  ShapValues run() {
    result_.values.assign(scores_.outputs() * x_.rows * x_.cols, 0.0);
    result_.expected.assign(scores_.outputs(), 0.0);
    words_.resize(forest_.columns.size() * background_.rows);
    std::vector<uint32_t> row(forest_.columns.size());
    stage_tile(forest_.columns, background_, 0, background_.rows, row.data(), words_.data());

    ThreadPool& pool = ThreadPool::instance();
    patterns_.resize(at_once_);
    scratch_.resize(pool.size() + 1);
    const size_t tiles = (x_.rows + kRows - 1) / kRows;
    for (first_ = 0; first_ < forest_.trees(); first_ += at_once_) {
      const size_t trees = std::min(at_once_, forest_.trees() - first_);
      pool.parallel_for(
          trees,
          [&](size_t t, size_t) {
            check_cancel(call_.cancel);
            patterns_[t].build(forest_, first_ + t, words_.data(), background_.rows, x_.rows);
          },
          call_.max_threads);
      for (size_t t = 0; t < trees; ++t) add_expected(t);
      pool.parallel_for(
          tiles, [&](size_t tile, size_t slot) { explain(tile * kRows, trees, &scratch_[slot]); },
          call_.max_threads);
      if (call_.progress) call_.progress(first_ + trees, forest_.trees());
    }
    const double divisor = scores_.divisor * static_cast<double>(background_.rows);
    for (double& value : result_.values) value /= divisor;
    for (double& value : result_.expected) value /= divisor;
    return std::move(result_);
  }

 private:
  struct Scratch {
    std::vector<uint32_t> row, words;
    PatternWalk walk;
  };

  double value(size_t leaf, size_t j) const {
    return scores_.forest.values[leaf * scores_.forest.values_per_leaf() + j];
  }
  size_t output(size_t t, size_t j) const { return forest_.first_output[first_ + t] + j; }

  void add_expected(size_t t) {
    const size_t root = static_cast<size_t>(scores_.forest.tree_offsets[first_ + t]);
    for (size_t j = 0; j < scores_.forest.values_per_leaf(); ++j) {
      double& expected = result_.expected[output(t, j)];
      if (patterns_[t].leaves().empty()) {
        const size_t leaf = static_cast<size_t>(scores_.forest.left[root]);
        expected += static_cast<double>(background_.rows) * value(leaf, j);
      }
      for (const LeafPatterns::Leaf& leaf : patterns_[t].leaves()) {
        expected += patterns_[t].reached(leaf) * value(leaf.value, j);
      }
    }
  }

  void explain(size_t first, size_t trees, Scratch* scratch) {
    const size_t columns = forest_.columns.size();
    scratch->row.resize(columns);
    scratch->words.resize(columns * kRows);
    stage_tile(forest_.columns, x_, first, kRows, scratch->row.data(), scratch->words.data());
    const size_t rows = std::min(kRows, x_.rows - first);
    for (size_t t = 0; t < trees; ++t) {
      check_cancel(call_.cancel);
      size_t next = 0;
      scratch->walk.run(forest_, first_ + t, scratch->words.data(), kRows,
                        [&](const ShapEdge&, const uint32_t*, size_t, const uint64_t* bits) {
                          const LeafPatterns::Leaf& leaf = patterns_[t].leaves()[next++];
                          for (size_t i = 0; i < rows; ++i) add(t, leaf, bits[i], first + i);
                        });
    }
  }

  void add(size_t t, const LeafPatterns::Leaf& leaf, uint64_t agrees, size_t row) {
    std::array<double, kMostPlayers> own;
    const double* parts = own.data();
    if (leaf.table != LeafPatterns::kNoTable) {
      parts = patterns_[t].table(leaf, agrees);
    } else {
      std::fill_n(own.begin(), leaf.count, 0.0);
      patterns_[t].add_parts(leaf, agrees, own.data());
    }
    const uint32_t* const players = patterns_[t].players(leaf);
    for (size_t j = 0; j < scores_.forest.values_per_leaf(); ++j) {
      double* const values = result_.values.data() + (output(t, j) * x_.rows + row) * x_.cols;
      const double leaf_value = value(leaf.value, j);
      for (size_t s = 0; s < leaf.count; ++s) values[forest_.features[players[s]]] += leaf_value * parts[s];
    }
  }

  const TreeScores& scores_;
  MatrixView<const T> x_, background_;
  const ShapCall& call_;
  ShapForest forest_;
  std::vector<uint32_t> words_;  // of the background rows
  std::vector<LeafPatterns> patterns_;
  std::vector<Scratch> scratch_;
  size_t at_once_ = 1, first_ = 0;
  ShapValues result_;
};

}  // namespace

template <typename T>
ShapValues background_shap(const TreeScores& scores, MatrixView<const T> x, MatrixView<const T> background,
                           const ShapCall& call) {
  return BackgroundShap<T>(scores, x, background, call).run();
}
template ShapValues background_shap<float>(const TreeScores&, MatrixView<const float>,
                                           MatrixView<const float>, const ShapCall&);
template ShapValues background_shap<double>(const TreeScores&, MatrixView<const double>,
                                            MatrixView<const double>, const ShapCall&);

}  // namespace boreal
