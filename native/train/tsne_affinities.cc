#include "train/tsne_affinities.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/error.h"
#include "base/thread_pool.h"
#include "kernels/dispatch.h"
#include "neighbors/index.h"

namespace boreal {
namespace {

constexpr int kSteps = 100;
constexpr double kEntropyTolerance = 1e-5, kTiny = 1e-8;

// p [count] of squares [count]: bisection for the precision whose entropy is the wanted one. Steps, tolerance
// and what happens where all terms vanish are those of scikit-learn.
void conditional(const double* squares, size_t count, double entropy, double* p) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  double beta = 1, low = -kInfinity, high = kInfinity;
  for (int step = 0; step < kSteps; ++step) {
    double sum = 0, weighted = 0;
    for (size_t c = 0; c < count; ++c) {
      p[c] = std::exp(-squares[c] * beta);
      sum += p[c];
    }
    if (sum == 0) sum = kTiny;
    for (size_t c = 0; c < count; ++c) {
      p[c] /= sum;
      weighted += squares[c] * p[c];
    }
    const double gap = std::log(sum) + beta * weighted - entropy;
    if (std::fabs(gap) <= kEntropyTolerance) return;
    if (gap > 0) {
      low = beta;
      beta = high == kInfinity ? beta * 2 : (beta + high) / 2;
    } else {
      high = beta;
      beta = low == -kInfinity ? beta / 2 : (beta + low) / 2;
    }
  }
}

}  // namespace

template <typename T>
RowGraph tsne_affinities(MatrixView<const T> x, const NeighborSpec& spec, size_t neighbors, double perplexity,
                         const CancelToken* cancel) {
  if (neighbors == 0) throw Error("ERR_PARAMETER", "neighbors must be at least 1.");
  if (!(perplexity > 0)) throw Error("ERR_PARAMETER", "perplexity must be above 0.");
  NearestRows<T> near;
  {
    const NeighborIndex<T> index(spec, x, kernels(), {0, cancel});
    near = nearest_rows(index, x, neighbors, true, {0, cancel});
  }
  const size_t n = x.rows;
  std::vector<double> p(n * neighbors);
  constexpr size_t kRows = 64;
  const double entropy = std::log(perplexity);
  ThreadPool::instance().parallel_for((n + kRows - 1) / kRows, [&](size_t task, size_t) {
    check_cancel(cancel);
    std::vector<double> squares(neighbors);
    for (size_t i = task * kRows; i < std::min(n, (task + 1) * kRows); ++i) {
      for (size_t c = 0; c < neighbors; ++c) {
        const auto distance = static_cast<double>(near.distances[i * neighbors + c]);
        squares[c] = distance * distance;
      }
      conditional(squares.data(), neighbors, entropy, p.data() + i * neighbors);
    }
  });
  near.distances = {};
  RowGraph graph =
      symmetric_graph(near.indices, p, neighbors, [](double out, double in) { return out + in; });
  double sum = 0;
  for (const double weight : graph.weights) sum += weight;
  constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
  for (double& weight : graph.weights) weight /= std::max(sum, kEpsilon);
  return graph;
}

template RowGraph tsne_affinities<float>(MatrixView<const float>, const NeighborSpec&, size_t, double,
                                         const CancelToken*);
template RowGraph tsne_affinities<double>(MatrixView<const double>, const NeighborSpec&, size_t, double,
                                          const CancelToken*);

}  // namespace boreal
