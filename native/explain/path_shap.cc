// The path-dependent Shapley values. By Owen (Multilinear extensions of games, 1972) a player's value is the
// integral over t in (0, 1) of the game's derivative where each other player takes part with probability t.
// Of one leaf the game is value * product over the players of its path of (z (1 - t) + o t): z is the product
// of the shares of the player's edges, o is 1 if the row takes them all, else 0. So player p gets
//   value * integral of (o_p - z_p) * product over the others,
// a polynomial in t of degree players - 1, which ceil(players / 2) Gauss-Legendre points integrate exactly.
// All factors lie between 0 and 1: unlike in sums over the sizes of subsets, nothing cancels. A tree is
// walked once for all its leaves, as in Yu et al., Linear TreeSHAP (2022): O(edges * points) a row, where
// Algorithm 2 of Lundberg et al. takes O(leaves * depth^2). The index of a pair is the same integral of its
// second derivative.
#include <algorithm>
#include <mutex>

#include "base/aligned_buffer.h"
#include "base/error.h"
#include "base/thread_pool.h"
#include "explain/quadrature.h"
#include "explain/shap_forest.h"
#include "explain/tree_shap.h"
#include "kernels/dispatch_shap.h"

namespace boreal {
namespace {

constexpr size_t kMostRows = 64;
constexpr size_t kLevelBytes = size_t{24} << 10;  // levels of a tile that stay in the first-level cache
constexpr size_t kSumBytes = size_t{256} << 10;   // sums that stay in the second
constexpr size_t kMostBytes = size_t{1} << 30;    // that a tile may take
constexpr double kMostValues = 0x1p40;            // of a result

// The memory of one tile; a thread keeps it for its next one.
struct Tile {
  AlignedBuffer<uint32_t> row, words;
  AlignedBuffer<double> sums, levels;
  std::vector<const ShapEdge*> path;
  std::vector<unsigned char> hidden;
};

template <typename T>
class PathShap {
 public:
  PathShap(const TreeScores& scores, MatrixView<const T> x, bool interactions, const ShapCall& call)
      : scores_(scores),
        x_(x),
        interactions_(interactions),
        call_(call),
        forest_(scores),
        quadrature_(std::max<size_t>(1, (forest_.players_on_path + 1) / 2)),
        players_(forest_.features.size()) {
    if (!forest_.has_cover && !forest_.edges.empty()) {
      throw Error(
          "ERR_NOT_SUPPORTED",
          "This model does not say how many training rows came to each node: pass `background` rows.");
    }
    const double cells = interactions ? static_cast<double>(players_) * static_cast<double>(players_)
                                      : static_cast<double>(players_);
    const double levels = static_cast<double>(forest_.depth + 1) *
                          static_cast<double>(shap_level(quadrature_.nodes.size(), 1)) * sizeof(double);
    const double sums = cells * static_cast<double>(scores.outputs()) * sizeof(double);
    if ((levels + sums) * kShapRows > static_cast<double>(kMostBytes)) {
      throw Error(
          "ERR_NOT_SUPPORTED",
          "The trees are too deep, or read too many features, to be explained in a gigabyte a thread.");
    }
    const double fitting =
        std::min(static_cast<double>(kLevelBytes) / levels, static_cast<double>(kSumBytes) / (1 + sums));
    rows_ = std::clamp(static_cast<size_t>(fitting) / kShapRows * kShapRows, kShapRows, kMostRows);
  }

  ShapValues run() {
    const double pairs = interactions_ ? static_cast<double>(x_.cols) : 1;
    const double size =
        static_cast<double>(scores_.outputs() * x_.rows) * static_cast<double>(x_.cols) * pairs;
    if (size > kMostValues) throw Error("ERR_OUT_OF_MEMORY", "The result would have more than 2^40 numbers.");
    const size_t width = interactions_ ? x_.cols * x_.cols : x_.cols;
    result_.values.assign(scores_.outputs() * x_.rows * width, 0.0);
    result_.expected = forest_.expected;
    for (double& expected : result_.expected) expected /= scores_.divisor;
    const size_t tiles = (x_.rows + rows_ - 1) / rows_;
    ThreadPool& pool = ThreadPool::instance();
    std::vector<Tile> scratch(pool.size() + 1);
    std::mutex mutex;
    size_t done = 0;
    pool.parallel_for(
        tiles,
        [&](size_t tile, size_t slot) {
          explain(tile * rows_, &scratch[slot]);
          if (!call_.progress) return;
          const std::lock_guard<std::mutex> lock(mutex);
          call_.progress(++done, tiles);
        },
        call_.max_threads);
    return std::move(result_);
  }

 private:
  size_t sums_of_output() const { return (interactions_ ? players_ * players_ : players_) * rows_; }

  void prepare(Tile* tile) const {
    if (!tile->path.empty()) return;
    const size_t levels = forest_.depth + 1, columns = forest_.columns.size();
    tile->row = AlignedBuffer<uint32_t>(columns);
    tile->words = AlignedBuffer<uint32_t>(columns * rows_);
    tile->sums = AlignedBuffer<double>(scores_.outputs() * sums_of_output());
    tile->levels = AlignedBuffer<double>(levels * shap_level(quadrature_.nodes.size(), rows_));
    tile->path.assign(levels, nullptr);
    tile->hidden.assign(levels, 0);
  }

  void explain(size_t first, Tile* tile) {
    prepare(tile);
    stage_tile(forest_.columns, x_, first, rows_, tile->row.data(), tile->words.data());
    std::fill(tile->sums.begin(), tile->sums.end(), 0.0);
    ShapTile call{};
    call.nodes = quadrature_.nodes.data();
    call.weights = quadrature_.weights.data();
    call.points = quadrature_.nodes.size();
    call.words = tile->words.data();
    call.rows = rows_;
    call.players = players_;
    call.scratch = tile->levels.data();
    call.path = tile->path.data();
    call.hidden = tile->hidden.data();
    call.stride = scores_.forest.values_per_leaf();
    const auto kernel =
        interactions_ ? shap_kernels(call_.kernels).interactions : shap_kernels(call_.kernels).values;
    for (size_t t = 0; t < forest_.trees(); ++t) {
      check_cancel(call_.cancel);
      call.edges = forest_.edges.data() + forest_.tree_begin[t];
      call.edge_count = forest_.tree_begin[t + 1] - forest_.tree_begin[t];
      if (call.edge_count == 0) continue;
      for (size_t j = 0; j < call.stride; ++j) {
        const size_t output = forest_.first_output[t] + j;
        call.values = scores_.forest.values.data + j;
        call.sums = tile->sums.data() + output * sums_of_output();
        kernel(&call);
      }
    }
    const size_t rows = std::min(rows_, x_.rows - first);
    for (size_t output = 0; output < scores_.outputs(); ++output) {
      const double* const sums = tile->sums.data() + output * sums_of_output();
      for (size_t i = 0; i < rows; ++i) {
        if (interactions_) {
          deliver_pairs(output, first + i, sums + i);
        } else {
          deliver(output, first + i, sums + i);
        }
      }
    }
  }

  void deliver(size_t output, size_t row, const double* sums) {
    double* const values = result_.values.data() + (output * x_.rows + row) * x_.cols;
    for (size_t p = 0; p < players_; ++p) values[forest_.features[p]] = sums[p * rows_] / scores_.divisor;
  }

  // A pair's index is shared between its two places, and the diagonal is what is left of the feature's value.
  void deliver_pairs(size_t output, size_t row, const double* sums) {
    double* const values = result_.values.data() + (output * x_.rows + row) * x_.cols * x_.cols;
    const auto place = [&](size_t p, size_t q) -> double& {
      return values[forest_.features[p] * x_.cols + forest_.features[q]];
    };
    for (size_t p = 0; p < players_; ++p) {
      place(p, p) += sums[(p * players_ + p) * rows_] / scores_.divisor;
      for (size_t q = p + 1; q < players_; ++q) {
        const double half = sums[(p * players_ + q) * rows_] / scores_.divisor / 2;
        place(p, q) = place(q, p) = half;
        place(p, p) -= half;
        place(q, q) -= half;
      }
    }
  }

  const TreeScores& scores_;
  MatrixView<const T> x_;
  bool interactions_;
  const ShapCall& call_;
  ShapForest forest_;
  Quadrature quadrature_;
  size_t players_;
  size_t rows_ = kShapRows;  // of a tile
  ShapValues result_;
};

}  // namespace

template <typename T>
ShapValues path_shap(const TreeScores& scores, MatrixView<const T> x, bool interactions,
                     const ShapCall& call) {
  return PathShap<T>(scores, x, interactions, call).run();
}
template ShapValues path_shap<float>(const TreeScores&, MatrixView<const float>, bool, const ShapCall&);
template ShapValues path_shap<double>(const TreeScores&, MatrixView<const double>, bool, const ShapCall&);

}  // namespace boreal
