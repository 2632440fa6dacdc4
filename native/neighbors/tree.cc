#include "neighbors/tree.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/cancel.h"
#include "base/prefetch.h"
#include "base/thread_pool.h"
#include "kernels/dispatch_box.h"

namespace boreal {
namespace {

// Levels such that leaves have between leaf_size and twice as many rows, as scikit-learn has them.
size_t tree_levels(size_t n, size_t leaf_size) {
  size_t levels = 1;
  for (size_t rest = n / 2; rest >= leaf_size && levels < 32; rest /= 2) ++levels;
  return levels;
}

constexpr size_t kMostPrefetched = 2048;  // bytes of a leaf

// So many of the least of kGroups groups of ranks are not beyond it; count >= kGroups >= wanted. Without a
// branch that depends on ranks.
template <size_t kGroups, typename T>
T least_of_groups(const T* ranks, size_t count, size_t wanted) {
  T least[kGroups], sorted[kGroups];
  std::copy_n(ranks, kGroups, least);
  size_t j = kGroups;
  for (; j + kGroups <= count; j += kGroups) {
    for (size_t g = 0; g < kGroups; ++g) least[g] = std::min(least[g], ranks[j + g]);
  }
  for (; j < count; ++j) least[j % kGroups] = std::min(least[j % kGroups], ranks[j]);
  for (size_t g = 0; g < kGroups; ++g) {
    T moved = least[g];
    for (size_t i = 0; i < g; ++i) {
      const T kept = std::min(sorted[i], moved);
      moved = std::max(sorted[i], moved);
      sorted[i] = kept;
    }
    sorted[g] = moved;
  }
  return sorted[wanted - 1];
}

// A rank that at least `wanted` of them are not beyond, and few others are not; infinity where there are
// fewer. scratch [count].
template <typename T>
T rank_of_enough(const T* ranks, size_t count, size_t wanted, T* scratch) {
  if (count < wanted) return std::numeric_limits<T>::infinity();
  if (wanted <= 6 && count >= 8) return least_of_groups<8>(ranks, count, wanted);
  if (wanted <= 12 && count >= 16) return least_of_groups<16>(ranks, count, wanted);
  if (wanted <= 24 && count >= 32) return least_of_groups<32>(ranks, count, wanted);
  std::copy_n(ranks, count, scratch);
  std::nth_element(scratch, scratch + wanted - 1, scratch + count);
  return scratch[wanted - 1];
}

}  // namespace

template <typename T>
NeighborTree<T>::NeighborTree(const NeighborSpec& spec, MatrixView<const T> y, bool balls,
                              const Kernels& kernels, const RunOptions& options)
    : spec_(spec),
      kernels_(distance_kernels<T>(kernels)),
      select_(select_kernels<T>(kernels)),
      near_(box_kernels<T>(kernels)),
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
  if (!balls_) splits_.resize(first_leaf_);
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
  if (!balls_) make_levels();
}

template <typename T>
void NeighborTree<T>::make_levels() {
  size_t depth = 0;
  while ((size_t{1} << depth) <= first_leaf_) ++depth;
  const size_t lanes = kernels_.lanes;
  size_t done = 0;
  for (size_t left = (depth + kMostBits - 1) / kMostBits; left > 0; --left) {
    // Later ones have more bits, so that whole vectors lie below each node.
    BoxLevel level;
    level.bits = (depth - done) / left;
    done += level.bits;
    const size_t nodes = size_t{1} << done;
    level.first_node = nodes - 1;
    level.boxes = AlignedBuffer<T>((nodes + lanes - 1) / lanes * lanes * 2 * d_);
    for (size_t j = 0; j < (nodes + lanes - 1) / lanes * lanes; ++j) {
      T* const box = level.boxes.data() + j / lanes * lanes * 2 * d_ + j % lanes;
      const T* const bounds = bounds_.data() + (level.first_node + std::min(j, nodes - 1)) * 2 * d_;
      for (size_t k = 0; k < d_; ++k) {
        box[2 * k * lanes] = bounds[k];
        box[(2 * k + 1) * lanes] = bounds[d_ + k];
      }
    }
    levels_.push_back(std::move(level));
  }
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
  if (!balls_) splits_[node] = {static_cast<int32_t>(widest), values[values.size() / 2].rank};
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
double NeighborTree<T>::box_bound(const T* x, size_t node) const {
  const T* const least = bounds_.data() + node * 2 * d_;
  const T* const greatest = least + d_;
  double rank = 0;
  for (size_t k = 0; k < d_; ++k) {
    const double value = static_cast<double>(x[k]);
    const double below = static_cast<double>(least[k]) - value;
    const double above = value - static_cast<double>(greatest[k]);
    rank = spec_.join(rank, spec_.term(std::max(0.0, std::max(below, above))));
  }
  return rank * shrink_;
}

template <typename T>
double NeighborTree<T>::ball_bound(const T* x, size_t node) const {
  const T* const centre = bounds_.data() + node * d_;
  double rank = 0;
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
size_t NeighborTree<T>::home(const T* x) const {
  size_t node = 0;
  while (node < first_leaf_) node = 2 * node + 1 + (x[splits_[node].column] >= splits_[node].value ? 1 : 0);
  return node;
}

template <typename T>
void NeighborTree<T>::prefetch_leaf(size_t leaf) const {
  const size_t rows = end_[leaf] - begin_[leaf];
  prefetch_range(packed_.data() + packed_begin_[leaf - first_leaf_] * d_,
                 std::min(rows * d_ * sizeof(T), kMostPrefetched));
  prefetch_range(order_.data() + begin_[leaf], rows * sizeof(int32_t));
}

template <typename T>
size_t NeighborTree<T>::near_boxes(const T* x, const Pending& at, T limit, Pending* found) const {
  const BoxLevel& level = levels_[at.level];
  const size_t child = ((at.node + 1) << level.bits) - 1;
  constexpr size_t kMost = size_t{1} << kMostBits;
  size_t count = 0;
  if (spec_.metric == NeighborMetric::kMinkowski) {
    for (size_t node = child; node < child + (size_t{1} << level.bits); ++node) {
      const double bound = box_bound(x, node);
      if (bound <= static_cast<double>(limit)) found[count++] = {bound, node, at.level + 1};
    }
  } else {
    int32_t places[kMost];
    T ranks[kMost];
    count =
        near_.near_boxes(kernel_metric(spec_), x, level.boxes.data() + (child - level.first_node) * 2 * d_,
                         size_t{1} << level.bits, d_, limit, places, ranks);
    for (size_t c = 0; c < count; ++c) {
      found[c] = {static_cast<double>(ranks[c]), child + static_cast<size_t>(places[c]), at.level + 1};
    }
  }
  std::sort(found, found + count, [](const Pending& a, const Pending& b) { return a.bound > b.bound; });
  return count;
}

template <typename T>
size_t NeighborTree<T>::near_rows(const T* x, size_t leaf, T limit, T* scratch) const {
  const size_t rows = end_[leaf] - begin_[leaf];
  const T* const packed = packed_.data() + packed_begin_[leaf - first_leaf_] * d_;
  int32_t* const found = reinterpret_cast<int32_t*>(scratch + leaf_rows_);
  if (spec_.metric != NeighborMetric::kMinkowski) {
    return near_.near_rows(kernel_metric(spec_), x, packed, rows, d_, limit, found, scratch);
  }
  rank_distances(spec_, kernels_, dense_view(x, 1, d_), packed, dense_view(scratch, 1, rows));
  size_t count = 0;
  for (size_t j = 0; j < rows; ++j) {
    if (!(scratch[j] <= limit)) continue;
    found[count] = static_cast<int32_t>(j);
    scratch[count++] = scratch[j];
  }
  return count;
}

// While the list is empty every row of a leaf is nearer than what it holds. Most of them are passed over by a
// rank that enough rows are known to be within.
template <typename T>
size_t NeighborTree<T>::visit_first(const T* x, size_t leaf, NearestList<T>& list, T* scratch) const {
  const size_t rows = end_[leaf] - begin_[leaf];
  rank_distances(spec_, kernels_, dense_view(x, 1, d_),
                 packed_.data() + packed_begin_[leaf - first_leaf_] * d_, dense_view(scratch, 1, rows));
  const T most = rank_of_enough(scratch, rows, list.candidates(), scratch + leaf_rows_);
  const T beyond = std::nextafter(most, std::numeric_limits<T>::infinity());
  int32_t* const found = reinterpret_cast<int32_t*>(scratch + leaf_rows_);
  const size_t count = select_.find_beyond(false, scratch, rows, beyond, found);
  for (size_t h = 0; h < count; ++h) {
    const size_t at = static_cast<size_t>(found[h]);
    list.add(scratch[at], order_[begin_[leaf] + at]);
  }
  return rows;
}

template <typename T>
size_t NeighborTree<T>::nearest(MatrixView<const T> x, NearestList<T>* lists, T* scratch) const {
  constexpr size_t kAhead = 4;
  size_t computed = 0, homes[kAhead];
  const auto find_home = [&](size_t i) {
    if (balls_ || i >= x.rows) return;
    homes[i % kAhead] = home(x.row(i));
    prefetch_leaf(homes[i % kAhead]);
  };
  for (size_t i = 0; i < kAhead; ++i) find_home(i);
  for (size_t i = 0; i < x.rows; ++i) {
    NearestList<T>& list = lists[i];
    const T* const row = x.row(i);
    // No row is near at a distance that overflowed.
    const auto limit = [&list] { return std::min(list.worst(), std::numeric_limits<T>::max()); };
    const auto add = [&list](T rank, int32_t index) { list.add(rank, index); };
    const auto visit = [&](size_t leaf) { computed += visit_near(row, leaf, limit(), scratch, add); };
    if (balls_) {
      walk_balls(row, limit, visit);
      continue;
    }
    const size_t own = homes[i % kAhead];
    find_home(i + kAhead);
    computed += visit_first(row, own, list, scratch);
    walk_boxes(row, limit, [&](size_t leaf) {
      if (leaf != own) visit(leaf);
    });
  }
  return computed;
}

template class NeighborTree<float>;
template class NeighborTree<double>;

}  // namespace boreal
