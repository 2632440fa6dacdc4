#include "neighbors/tree.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/cancel.h"
#include "base/thread_pool.h"

namespace boreal {
namespace {

constexpr size_t kHits = 64;  // of a leaf at a time

// Levels such that leaves have between leaf_size and twice as many rows, as scikit-learn has them.
size_t tree_levels(size_t n, size_t leaf_size) {
  size_t levels = 1;
  for (size_t rest = n / 2; rest >= leaf_size && levels < 32; rest /= 2) ++levels;
  return levels;
}

}  // namespace

template <typename T>
NeighborTree<T>::NeighborTree(const NeighborSpec& spec, MatrixView<const T> y, bool balls,
                              const Kernels& kernels, const RunOptions& options)
    : spec_(spec),
      kernels_(distance_kernels<T>(kernels)),
      select_(select_kernels<T>(kernels)),
      balls_(balls),
      d_(y.cols) {
  shrink_ =
      1 - spec.power() * static_cast<double>(d_ + 8) * static_cast<double>(std::numeric_limits<T>::epsilon());
  const size_t levels = tree_levels(y.rows, std::max<size_t>(1, spec.leaf_size));
  const size_t nodes = (size_t{1} << levels) - 1;
  first_leaf_ = nodes / 2;
  begin_.assign(nodes, 0);
  end_.assign(nodes, y.rows);
  for (size_t node = 1; node < nodes; ++node) {
    const size_t parent = (node - 1) / 2, middle = begin_[parent] + (end_[parent] - begin_[parent]) / 2;
    begin_[node] = node % 2 == 1 ? begin_[parent] : middle;
    end_[node] = node % 2 == 1 ? middle : end_[parent];
  }
  order_.resize(y.rows);
  for (size_t i = 0; i < y.rows; ++i) order_[i] = static_cast<int32_t>(i);
  ThreadPool& pool = ThreadPool::instance();
  for (size_t first = 0; first < first_leaf_; first = 2 * first + 1) {
    pool.parallel_for(
        first + 1,
        [&](size_t task, size_t) {
          check_cancel(options.cancel);
          split(y, first + task);
        },
        options.max_threads);
  }

  bounds_ = AlignedBuffer<T>(nodes * d_ * (balls ? 1 : 2));
  if (balls) radius_.resize(nodes);
  packed_begin_.resize(nodes - first_leaf_);
  size_t packed = 0;
  for (size_t leaf = first_leaf_; leaf < nodes; ++leaf) {
    const size_t rows = end_[leaf] - begin_[leaf];
    packed_begin_[leaf - first_leaf_] = packed;
    packed += (rows + kernels_.lanes - 1) / kernels_.lanes * kernels_.lanes;
    leaf_rows_ = std::max(leaf_rows_, rows);
  }
  packed_ = AlignedBuffer<T>(packed * d_);
  pool.parallel_for(
      nodes,
      [&](size_t node, size_t) {
        check_cancel(options.cancel);
        bound(y, node);
        if (node < first_leaf_) return;
        const size_t rows = end_[node] - begin_[node];
        AlignedBuffer<T> gathered(rows * d_);
        for (size_t i = 0; i < rows; ++i) {
          const T* const row = y.row(static_cast<size_t>(order_[begin_[node] + i]));
          std::copy(row, row + d_, gathered.data() + i * d_);
        }
        kernels_.pack(gathered.data(), d_, rows, d_, packed_.data() + packed_begin_[node - first_leaf_] * d_);
      },
      options.max_threads);
}

template <typename T>
void NeighborTree<T>::split(MatrixView<const T> y, size_t node) {
  int32_t* const first = order_.data() + begin_[node];
  int32_t* const last = order_.data() + end_[node];
  std::vector<T> least(d_, std::numeric_limits<T>::infinity()),
      greatest(d_, -std::numeric_limits<T>::infinity());
  for (const int32_t* i = first; i != last; ++i) {
    const T* const row = y.row(static_cast<size_t>(*i));
    for (size_t k = 0; k < d_; ++k) {
      least[k] = std::min(least[k], row[k]);
      greatest[k] = std::max(greatest[k], row[k]);
    }
  }
  size_t widest = 0;
  for (size_t k = 1; k < d_; ++k) {
    if (greatest[k] - least[k] > greatest[widest] - least[widest]) widest = k;
  }
  // Side by side, which is most of the speed of choosing a median.
  std::vector<Neighbor<T>> values;
  values.reserve(static_cast<size_t>(last - first));
  for (const int32_t* i = first; i != last; ++i) {
    values.push_back({y.at(static_cast<size_t>(*i), widest), *i});
  }
  std::nth_element(values.begin(), values.begin() + (last - first) / 2, values.end(), nearer<T>);
  for (size_t i = 0; i < values.size(); ++i) first[i] = values[i].index;
}

template <typename T>
void NeighborTree<T>::bound(MatrixView<const T> y, size_t node) {
  const auto row = [&](size_t i) { return y.row(static_cast<size_t>(order_[i])); };
  if (!balls_) {
    T* const least = bounds_.data() + node * 2 * d_;
    T* const greatest = least + d_;
    std::fill_n(least, d_, std::numeric_limits<T>::infinity());
    std::fill_n(greatest, d_, -std::numeric_limits<T>::infinity());
    for (size_t i = begin_[node]; i < end_[node]; ++i) {
      const T* const values = row(i);
      for (size_t k = 0; k < d_; ++k) {
        least[k] = std::min(least[k], values[k]);
        greatest[k] = std::max(greatest[k], values[k]);
      }
    }
    return;
  }
  const double count = static_cast<double>(end_[node] - begin_[node]);
  std::vector<double> sum(d_, 0);
  for (size_t i = begin_[node]; i < end_[node]; ++i) {
    for (size_t k = 0; k < d_; ++k) sum[k] += static_cast<double>(row(i)[k]) / count;
  }
  T* const centre = bounds_.data() + node * d_;
  for (size_t k = 0; k < d_; ++k) centre[k] = static_cast<T>(sum[k]);
  double radius = 0;
  for (size_t i = begin_[node]; i < end_[node]; ++i) {
    double rank = 0;
    for (size_t k = 0; k < d_; ++k) {
      rank = spec_.join(rank, spec_.term(static_cast<double>(row(i)[k]) - static_cast<double>(centre[k])));
    }
    radius = std::max(radius, spec_.root(rank));
  }
  radius_[node] = radius;
}

template <typename T>
double NeighborTree<T>::lower_bound(const T* x, size_t node) const {
  double rank = 0;
  if (!balls_) {
    const T* const least = bounds_.data() + node * 2 * d_;
    const T* const greatest = least + d_;
    const auto gap = [&](size_t k) {
      const double value = static_cast<double>(x[k]);
      const double below = static_cast<double>(least[k]) - value;
      const double above = value - static_cast<double>(greatest[k]);
      return std::max(0.0, std::max(below, above));
    };
    if (spec_.squares()) {
      double sums[4] = {0, 0, 0, 0};  // four chains: this is most of the work of a walk
      size_t k = 0;
      for (; k + 4 <= d_; k += 4) {
        for (size_t s = 0; s < 4; ++s) sums[s] += gap(k + s) * gap(k + s);
      }
      for (; k < d_; ++k) sums[0] += gap(k) * gap(k);
      return ((sums[0] + sums[1]) + (sums[2] + sums[3])) * shrink_;
    }
    for (size_t k = 0; k < d_; ++k) rank = spec_.join(rank, spec_.term(gap(k)));
    return rank * shrink_;
  }
  const T* const centre = bounds_.data() + node * d_;
  for (size_t k = 0; k < d_; ++k) {
    rank = spec_.join(rank, spec_.term(static_cast<double>(x[k]) - static_cast<double>(centre[k])));
  }
  return gap_rank(spec_.root(rank), radius_[node]);
}

template <typename T>
double NeighborTree<T>::apart(size_t a, size_t b) const {
  double rank = 0;
  if (!balls_) {
    const T* const one = bounds_.data() + a * 2 * d_;
    const T* const other = bounds_.data() + b * 2 * d_;
    for (size_t k = 0; k < d_; ++k) {
      const double below = static_cast<double>(other[k]) - static_cast<double>(one[d_ + k]);
      const double above = static_cast<double>(one[k]) - static_cast<double>(other[d_ + k]);
      rank = spec_.join(rank, spec_.term(std::max(0.0, std::max(below, above))));
    }
    return rank * shrink_;
  }
  const T* const one = bounds_.data() + a * d_;
  const T* const other = bounds_.data() + b * d_;
  for (size_t k = 0; k < d_; ++k) {
    rank = spec_.join(rank, spec_.term(static_cast<double>(one[k]) - static_cast<double>(other[k])));
  }
  return gap_rank(spec_.root(rank), radius_[a] + radius_[b]);
}

template <typename T>
double NeighborTree<T>::gap_rank(double distance, double radii) const {
  const double rounding = (distance + radii) * 1e-13 * static_cast<double>(d_ + 8);
  const double least = distance - radii - rounding;
  // Also where a distance overflowed: the node is searched.
  return least > 0 && least < std::numeric_limits<double>::infinity() ? spec_.unroot(least) * shrink_ : 0;
}

template <typename T>
size_t NeighborTree<T>::pair_distances(size_t index, T limit) const {
  const size_t leaf = first_leaf_ + index;
  size_t count = 0;
  walk_from(leaf, limit, [&](size_t other) { count += end_[other] - begin_[other]; });
  return count * (end_[leaf] - begin_[leaf]);
}

template <typename T>
size_t NeighborTree<T>::ranks(const T* x, size_t leaf, T* out) const {
  const size_t rows = end_[leaf] - begin_[leaf];
  rank_distances(spec_, kernels_, dense_view(x, 1, d_),
                 packed_.data() + packed_begin_[leaf - first_leaf_] * d_, dense_view(out, 1, rows));
  return rows;
}

template <typename T>
size_t NeighborTree<T>::nearest(const T* x, NearestList<T>& list, T* scratch) const {
  size_t computed = 0;
  walk(
      x, [&list] { return list.worst(); },
      [&](size_t leaf) {
        const size_t count = ranks(x, leaf, scratch);
        const int32_t* const order = order_.data() + begin_[leaf];
        const T beyond = std::nextafter(list.worst(), std::numeric_limits<T>::infinity());
        int32_t hits[kHits];
        for (size_t j = 0; j < count; j += kHits) {
          const size_t hit =
              select_.find_beyond(false, scratch + j, std::min(kHits, count - j), beyond, hits);
          for (size_t h = 0; h < hit; ++h) {
            const size_t at = j + static_cast<size_t>(hits[h]);
            list.add(scratch[at], order[at]);
          }
        }
        computed += count;
      });
  return computed;
}

template class NeighborTree<float>;
template class NeighborTree<double>;

}  // namespace boreal
