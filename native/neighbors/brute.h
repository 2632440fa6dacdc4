// Neighbours by all distances, tile by tile: none is kept longer than its tile. In double, distances of rows
// rounded to float say first which rows can matter at all; those few get their exact distance. The rounding
// moves a row by so little that the triangle inequality bounds what it does to a distance, so the result is
// that of exact distances throughout, at the speed of float. Squares of distances of rounded rows come from
// products, as |y|^2 - 2 x y, which is |x|^2 less: what cancels is bounded, too. Where that leaves too many
// rows, those near each other and far from most, a tile is made of differences. Where a few nearest rows are
// wanted, candidates wait (neighbors/waiting_rows.h) until most of them are beaten.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <type_traits>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/cancel.h"
#include "base/prefetch.h"
#include "base/thread_scratch.h"
#include "linalg/elementwise.h"
#include "linalg/packed_matrix.h"
#include "neighbors/metric.h"
#include "neighbors/waiting_rows.h"

namespace boreal {

template <typename T>
class BruteSearch {
 public:
  // Rows that one call of scan() had better bring, so that what is read of y serves many.
  static constexpr size_t kBlockRows = 192;

  // y [n, d], prepared; its rows are kept by the caller.
  BruteSearch(const NeighborSpec& spec, MatrixView<const T> y, const Kernels& kernels,
              const RunOptions& options);

  // Visits rows [from, n) of y for every row of x (at most kBlockRows): hits.add(i, rank, j) for each row j
  // whose rank is < hits.limit(i), and some with a greater one. Limits may fall meanwhile. At first a limit
  // may be infinite; then hits.wanted() is the number of rows after which it will not be. j ascends where
  // that is more than WaitingRows::kMostWanted.
  template <typename Hits>
  void scan(MatrixView<const T> x, size_t from, Hits& hits, const CancelToken* cancel) const;

  // A guess, for one row: an even mix of arithmetic and memory.
  double row_cost_ns() const {
    return static_cast<double>(y_.rows) * (0.03 * static_cast<double>(y_.cols) + 0.1) * (power_ ? 40 : 1);
  }
  size_t memory_bytes() const {
    size_t bytes = (packed_.size() + squares_.size()) * sizeof(Screen);
    for (const auto& factors : factors_) bytes += factors->bytes();
    return bytes;
  }

 private:
  // What tiles are made of.
  using Screen = float;
  static constexpr size_t kTileRows = 48;   // a multiple of every kernel's rows
  static constexpr size_t kTileCols = 512;  // a tile of float takes 96 KiB
  static constexpr bool kRounds = std::is_same_v<T, double>;

  // Of more rows of a tile than this share products are taken to say too little.
  static constexpr size_t kManyHits = 8;

  // What is known of a rounded row of x in a tile.
  struct Margin {
    double slack;      // of its distances, by the rounding of both rows: infinite where it has no useful form
    double less = 0;   // what its tile lacks to be ranks: |x|^2 of products
    double noise = 0;  // of its tile: the error of products
  };

  // Rows rounded to float: shifted and scaled so that the values of y lie in [-1, 1].
  void round(const T* x, float* rounded) const;
  double length(const float* rounded) const;
  // The length, or infinity where the row has no useful form.
  double usable_length(const float* rounded) const;
  // Half an ulp for each value of both rows, and the conversion of the smallest.
  static double slack_of_rounding(double lengths) { return lengths * 6.1e-8 + 1e-30; }
  Margin margin_of(double length, size_t first, bool products) const;
  // Squares of lengths of rounded rows below this may be of ranks below the limit; and the reverse.
  double reach_of(double limit, double slack) const;
  double limit_of(double square, double slack) const;
  // Values of a tile below this may be of squares below `reach`.
  static float screen_of(double reach, const Margin& row);
  void fill_products(MatrixView<const float> rounded, size_t first, MatrixView<float> tile) const;
  // rows, packed: scratch for tile.cols rows each.
  void fill_differences(MatrixView<const float> rounded, size_t first, float* rows, float* packed,
                        MatrixView<float> tile) const;
  template <typename Hits>
  void add_exact(MatrixView<const T> x, size_t i, size_t first, const int32_t* found, size_t count, T* rows,
                 T* packed, T* ranks, Hits& hits) const;

  NeighborSpec spec_;
  const Kernels& kernels_;
  MatrixView<const T> y_;
  bool power_;  // Minkowski's metric has no rounded form: tiles are exact
  AlignedBuffer<Screen> packed_;
  AlignedBuffer<T> exact_packed_;  // for Minkowski's metric in double
  // Of the rounded rows by tiles, where there are products.
  std::vector<std::unique_ptr<PackedMatrix<float>>> factors_;
  AlignedBuffer<float> squares_;
  std::vector<double> shift_;
  double scale_ = 1;
  std::vector<double> longest_;  // of the rounded rows of y, by tiles
  double longest_of_all_ = 0;
};

template <typename T>
template <typename Hits>
void BruteSearch<T>::add_exact(MatrixView<const T> x, size_t i, size_t first, const int32_t* found,
                               size_t count, T* rows, T* packed, T* ranks, Hits& hits) const {
  const DistanceKernels<T>& kernel = distance_kernels<T>(kernels_);
  const size_t d = y_.cols;
  // They are scattered: all are on their way before the first is read.
  for (size_t c = 0; c < count; ++c) {
    prefetch_range(y_.row(first + static_cast<size_t>(found[c])), d * sizeof(T));
  }
  for (size_t c = 0; c < count; ++c) {
    const T* const row = y_.row(first + static_cast<size_t>(found[c]));
    std::copy(row, row + d, rows + c * d);
  }
  kernel.pack(rows, d, count, d, packed);
  rank_distances<T>(spec_, kernel, {x.row(i), 1, d, x.stride}, packed, dense_view(ranks, 1, count));
  for (size_t c = 0; c < count; ++c) hits.add(i, ranks[c], first + static_cast<size_t>(found[c]));
}

template <typename T>
template <typename Hits>
void BruteSearch<T>::scan(MatrixView<const T> x, size_t from, Hits& hits, const CancelToken* cancel) const {
  const size_t m = x.rows, d = y_.cols, n = y_.rows;
  const size_t width = std::min(kTileCols, (n + 15) / 16 * 16);
  const bool exact_tiles = !kRounds || power_;
  // Scratch: the tile, found positions, and for rounding: rounded rows, lengths, and what add_exact needs.
  const size_t tile_bytes = kTileRows * width * (exact_tiles ? sizeof(T) : sizeof(float));
  const size_t found_bytes = width * sizeof(int32_t);
  const size_t exact_bytes = exact_tiles ? 0 : (2 * d + 1) * width * sizeof(T);
  const size_t rounded_bytes =
      exact_tiles ? 0 : ((m * d + width) * sizeof(float) + 63) / 64 * 64 + m * sizeof(double);
  const size_t wanted = hits.wanted();
  const bool waits = !factors_.empty() && wanted <= WaitingRows::kMostWanted;
  const size_t waiting_bytes = waits ? WaitingRows::bytes(m, wanted, width) : 0;
  const ThreadScratch<BruteSearch<T>> scratch(
      tile_bytes + found_bytes + exact_bytes + rounded_bytes + waiting_bytes, size_t{4} << 20);
  unsigned char* at = scratch.data();
  const auto take = [&at](size_t bytes) {
    unsigned char* const taken = at;
    at += bytes;
    return taken;
  };
  void* const tile_memory = take(tile_bytes);
  T* const rows = reinterpret_cast<T*>(take(exact_bytes));
  T* const packed = rows + width * d;
  T* const ranks = packed + width * d;
  float* const rounded = reinterpret_cast<float*>(take(rounded_bytes));
  float* const smallest = rounded + m * d;
  double* const lengths =
      reinterpret_cast<double*>(reinterpret_cast<unsigned char*>(rounded) + rounded_bytes) - m;
  int32_t* const found = reinterpret_cast<int32_t*>(take(found_bytes));
  WaitingRows waiting(take(waiting_bytes), waits ? m : 0, wanted, width);

  if (!exact_tiles) {
    for (size_t i = 0; i < m; ++i) {
      round(x.row(i), rounded + i * d);
      lengths[i] = usable_length(rounded + i * d);
    }
  }

  // Those that wait for row i get their exact distances.
  const auto settle = [&](size_t i) {
    for (size_t count; (count = waiting.take(i, width, found)) > 0;) {
      add_exact(x, i, 0, found, count, rows, packed, ranks, hits);
    }
  };
  const auto slack_of = [&](size_t i) { return slack_of_rounding(lengths[i] + longest_of_all_); };
  // Beats what waits for row i by what else does; settles it where that leaves too much.
  const auto beat = [&](size_t i) {
    const double slack = slack_of(i);
    const double limit = std::min(static_cast<double>(hits.limit(i)), limit_of(waiting.enough(i), slack));
    waiting.beat(i, reach_of(limit, slack),
                 [&](size_t row) { return 2 * margin_of(lengths[i], row, true).noise; });
    if (!waiting.crowded(i)) return;
    settle(i);
    waiting.set_reach(i, reach_of(static_cast<double>(hits.limit(i)), slack));
  };

  for (size_t j = from / width * width; j < n; j += width) {
    check_cancel(cancel);
    const size_t cols = std::min(width, n - j);
    for (size_t i = 0; i < m; i += kTileRows) {
      const size_t count = std::min(kTileRows, m - i);
      if (exact_tiles) {
        const MatrixView<T> tile{static_cast<T*>(tile_memory), count, cols, width};
        const T* y;
        if constexpr (kRounds) {
          y = exact_packed_.data();
        } else {
          y = packed_.data();
        }
        rank_distances<T>(spec_, distance_kernels<T>(kernels_), {x.row(i), count, d, x.stride}, y + j * d,
                          tile);
        for (size_t r = 0; r < count; ++r) {
          const size_t hit =
              select_kernels<T>(kernels_).find_beyond(false, tile.row(r), cols, hits.limit(i + r), found);
          for (size_t h = 0; h < hit; ++h) {
            const size_t column = static_cast<size_t>(found[h]);
            hits.add(i + r, tile.at(r, column), j + column);
          }
        }
        continue;
      }
      const MatrixView<float> tile{static_cast<float*>(tile_memory), count, cols, width};
      bool products = !factors_.empty();
      const auto fill = [&](size_t r) {
        const auto own = dense_view<const float>(rounded + (i + r) * d, count - r, d);
        const MatrixView<float> rest{tile.row(r), count - r, cols, width};
        if (products) {
          fill_products(own, j, rest);
        } else {
          fill_differences(own, j, reinterpret_cast<float*>(rows), reinterpret_cast<float*>(packed), rest);
        }
      };
      // The value of the tile that `wanted` others are less than; wanted < cols.
      const auto first_beyond = [&](size_t r) {
        std::copy(tile.row(r), tile.row(r) + cols, smallest);
        std::nth_element(smallest, smallest + wanted, smallest + cols);
        return static_cast<double>(smallest[wanted]);
      };
      const auto find_below = [&](size_t r, double reach, const Margin& margin) {
        const float screen = screen_of(reach, margin);
        if (screen < std::numeric_limits<float>::infinity()) {
          return kernels_.f32.select.find_beyond(false, tile.row(r), cols, screen, found);
        }
        // Nothing is known, or too far away for float.
        for (size_t h = 0; h < cols; ++h) found[h] = static_cast<int32_t>(h);
        return cols;
      };
      const auto find = [&](size_t r) {
        const Margin margin = margin_of(lengths[i + r], j, products);
        double limit = static_cast<double>(hits.limit(i + r));
        if (std::isinf(limit) && wanted < cols && margin.slack < limit) {
          limit = limit_of(first_beyond(r) + margin.less + margin.noise, margin.slack);
        }
        return find_below(r, reach_of(limit, margin.slack), margin);
      };
      // Lets the candidates wait, unless the tile says too little.
      const auto keep = [&](size_t r) {
        const size_t own = i + r;
        const Margin margin = margin_of(lengths[own], j, true);
        if (std::isinf(waiting.reach(own)) && wanted < cols) {
          const double limit = limit_of(first_beyond(r) + margin.less + margin.noise, slack_of(own));
          waiting.set_reach(own, reach_of(limit, slack_of(own)));
        }
        const size_t hit = find_below(r, waiting.reach(own), margin);
        if (hit > cols / kManyHits + std::min(wanted, cols / 4)) return false;
        for (size_t h = 0; h < hit; ++h) {
          const double upper = static_cast<double>(tile.at(r, static_cast<size_t>(found[h]))) + margin.less;
          waiting.add(own, static_cast<float>(upper + margin.noise), static_cast<int32_t>(j) + found[h]);
        }
        if (waiting.full(own)) beat(own);
        return true;
      };
      fill(0);
      for (size_t r = 0; r < count; ++r) {
        if (waits && products && std::isfinite(lengths[i + r])) {
          if (keep(r)) continue;
          settle(i + r);
        }
        size_t hit = find(r);
        if (products && hit > cols / kManyHits && std::isfinite(lengths[i + r])) {
          products = false;
          fill(r);
          hit = find(r);
        }
        if (hit > 0) add_exact(x, i + r, j, found, hit, rows, packed, ranks, hits);
        // Else a first tile of far rows would be what all later ones are held against.
        if (waits)
          waiting.set_reach(i + r, reach_of(static_cast<double>(hits.limit(i + r)), slack_of(i + r)));
      }
    }
  }
  for (size_t i = 0; waits && i < m; ++i) {
    if (waiting.exceeds_wanted(i)) beat(i);
    settle(i);
  }
}

}  // namespace boreal
