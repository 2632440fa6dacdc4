// Eigenvectors of D^(-1/2) W D^(-1/2), largest first, by Lanczos' method with full orthogonalisation: those
// of the normalised Laplacian I - D^(-1/2) W D^(-1/2), smallest first (Ng, Jordan and Weiss, 2001). A start
// of a layout need not be exact, so that the number of steps is fixed.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/rng.h"
#include "base/thread_pool.h"
#include "linalg/dense.h"
#include "linalg/tridiagonal_eigen.h"
#include "train/umap.h"

namespace boreal {
namespace {

constexpr size_t kSteps = 128, kRows = 1024;

double dot(const double* a, const double* b, size_t n) {
  double parts[8] = {};
  size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    for (size_t l = 0; l < 8; ++l) parts[l] += a[i + l] * b[i + l];
  }
  for (; i < n; ++i) parts[i % 8] += a[i] * b[i];
  return std::accumulate(parts, parts + 8, 0.0);
}

void scale(double* a, size_t n, double factor) {
  for (size_t i = 0; i < n; ++i) a[i] *= factor;
}

// Rows of one connected part of the graph; edges lead within it.
class Part {
 public:
  Part(const RowGraph& graph, std::vector<size_t> rows, std::vector<int32_t>& place)
      : graph_(graph), rows_(std::move(rows)), place_(place), roots_(rows_.size()) {
    for (size_t k = 0; k < rows_.size(); ++k) {
      place_[rows_[k]] = static_cast<int32_t>(k);
      double degree = 0;
      for (size_t e = graph.begin(rows_[k]); e < graph.end(rows_[k]); ++e) degree += graph.weights[e];
      roots_[k] = std::sqrt(degree);
    }
  }
  const std::vector<size_t>& rows() const { return rows_; }

  // The eigenvectors after the first, which is that of the roots of degrees: [count][rows]. Fewer than asked
  // for where Lanczos' method ends early.
  std::vector<std::vector<double>> vectors(size_t count, uint64_t seed, const CancelToken* cancel) const {
    const size_t n = rows_.size(), steps = std::min(kSteps, n - 1);
    std::vector<std::vector<double>> basis;  // the known eigenvector, then Lanczos'
    basis.push_back(roots_);
    scale(basis[0].data(), n, 1 / std::sqrt(dot(roots_.data(), roots_.data(), n)));
    std::vector<double> diagonal, beside, w(n);
    Rng rng(seed, 1);
    for (double& value : w) value = rng.uniform() - 0.5;
    for (size_t step = 0; step < steps; ++step) {
      check_cancel(cancel);
      orthogonalise(basis, w);
      const double norm = std::sqrt(dot(w.data(), w.data(), n));
      if (!(norm > 1e-10)) break;
      if (step > 0) beside.push_back(norm);
      scale(w.data(), n, 1 / norm);
      basis.push_back(w);
      multiply(basis.back(), w);
      diagonal.push_back(dot(basis.back().data(), w.data(), n));
    }
    const size_t size = diagonal.size();
    std::vector<double> rotations(size * size);
    if (size > 0) solve_tridiagonal(diagonal, beside, Dense{rotations.data(), size, size, size}, {0, cancel});
    std::vector<std::vector<double>> result;
    for (size_t k = 0; k < std::min(count, size); ++k) {
      const double* const rotation = rotations.data() + (size - 1 - k) * size;
      std::vector<double> vector(n, 0.0);
      for (size_t s = 0; s < size; ++s) {
        for (size_t i = 0; i < n; ++i) vector[i] += rotation[s] * basis[s + 1][i];
      }
      result.push_back(std::move(vector));
    }
    return result;
  }

 private:
  // w = D^(-1/2) W D^(-1/2) v
  void multiply(const std::vector<double>& v, std::vector<double>& w) const {
    const size_t n = rows_.size();
    ThreadPool::instance().parallel_for((n + kRows - 1) / kRows, [&](size_t task, size_t) {
      for (size_t k = task * kRows; k < std::min(n, (task + 1) * kRows); ++k) {
        double sum = 0;
        for (size_t e = graph_.begin(rows_[k]); e < graph_.end(rows_[k]); ++e) {
          const auto j = static_cast<size_t>(place_[static_cast<size_t>(graph_.columns[e])]);
          sum += graph_.weights[e] * v[j] / roots_[j];
        }
        w[k] = sum / roots_[k];
      }
    });
  }

  // Twice, as once leaves too much of what rounding adds.
  static void orthogonalise(const std::vector<std::vector<double>>& basis, std::vector<double>& w) {
    const size_t n = w.size();
    std::vector<double> shares(basis.size());
    for (int pass = 0; pass < 2; ++pass) {
      ThreadPool::instance().parallel_for(
          basis.size(), [&](size_t s, size_t) { shares[s] = dot(basis[s].data(), w.data(), n); });
      ThreadPool::instance().parallel_for((n + kRows - 1) / kRows, [&](size_t task, size_t) {
        const size_t end = std::min(n, (task + 1) * kRows);
        for (size_t s = 0; s < basis.size(); ++s) {
          for (size_t i = task * kRows; i < end; ++i) w[i] -= shares[s] * basis[s][i];
        }
      });
    }
  }

  const RowGraph& graph_;
  std::vector<size_t> rows_;
  std::vector<int32_t>& place_;  // of each row of the graph among those of its part
  std::vector<double> roots_;
};

std::vector<std::vector<size_t>> connected_parts(const RowGraph& graph) {
  const size_t n = graph.rows();
  std::vector<uint8_t> seen(n, 0);
  std::vector<std::vector<size_t>> parts;
  for (size_t first = 0; first < n; ++first) {
    if (seen[first] != 0) continue;
    std::vector<size_t> rows{first};
    seen[first] = 1;
    for (size_t at = 0; at < rows.size(); ++at) {
      for (size_t e = graph.begin(rows[at]); e < graph.end(rows[at]); ++e) {
        const auto j = static_cast<size_t>(graph.columns[e]);
        if (seen[j] == 0 && graph.weights[e] > 0) {
          seen[j] = 1;
          rows.push_back(j);
        }
      }
    }
    std::sort(rows.begin(), rows.end());
    parts.push_back(std::move(rows));
  }
  return parts;
}

// Where parts lie: on both sides of the axes, or anywhere where they are more than that.
std::vector<double> centres(size_t parts, size_t dims, Rng& rng) {
  std::vector<double> at(parts * dims, 0.0);
  if (parts == 1) return at;
  for (size_t c = 0; c < parts; ++c) {
    if (parts <= 2 * dims) {
      at[c * dims + c / 2] = c % 2 == 0 ? 1 : -1;
    } else {
      for (size_t d = 0; d < dims; ++d) at[c * dims + d] = 2 * rng.uniform() - 1;
    }
  }
  return at;
}

// Half the distance from a centre to the nearest other one.
double room(const std::vector<double>& at, size_t self, size_t dims) {
  double least = std::numeric_limits<double>::infinity();
  for (size_t c = 0; c * dims < at.size(); ++c) {
    double square = 0;
    for (size_t d = 0; d < dims; ++d) {
      square += (at[c * dims + d] - at[self * dims + d]) * (at[c * dims + d] - at[self * dims + d]);
    }
    if (c != self) least = std::min(least, square);
  }
  return std::isfinite(least) ? std::sqrt(least) / 2 : 1;
}

}  // namespace

std::vector<double> spectral_start(const RowGraph& graph, size_t components, uint64_t seed,
                                   const CancelToken* cancel) {
  constexpr double kNoise = 1e-4, kBox = 10;
  const size_t n = graph.rows();
  const std::vector<std::vector<size_t>> parts = connected_parts(graph);
  Rng rng(seed, 2);
  const std::vector<double> at = centres(parts.size(), components, rng);
  std::vector<double> start(n * components);
  std::vector<int32_t> place(n);
  for (size_t c = 0; c < parts.size(); ++c) {
    const double range = room(at, c, components);
    const size_t size = parts[c].size();
    std::vector<std::vector<double>> vectors;
    if (size > 2 * components) {
      vectors = Part(graph, parts[c], place).vectors(components, seed, cancel);
    }
    double most = 0;
    for (const auto& vector : vectors) {
      for (const double value : vector) most = std::max(most, std::fabs(value));
    }
    for (size_t d = 0; d < components; ++d) {
      const bool known = d < vectors.size() && most > 0;
      for (size_t k = 0; k < size; ++k) {
        const double value = known ? vectors[d][k] / most : 2 * rng.uniform() - 1;
        start[parts[c][k] * components + d] = at[c * components + d] + range * value;
      }
    }
  }
  // A little noise parts rows that are alike.
  double most = 0;
  for (const double value : start) most = std::max(most, std::fabs(value));
  for (double& value : start) {
    const double normal = rng.uniform() + rng.uniform() + rng.uniform() + rng.uniform() - 2;
    value = value / most * kBox + kNoise * normal;
  }
  return start;
}

}  // namespace boreal
