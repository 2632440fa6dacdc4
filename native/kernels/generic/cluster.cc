// Distances of rows that are scattered, and scans of rows of distances that stay in vectors.
#include BOREAL_SIMD

#include "kernels/cluster_kernels.h"
#include "kernels/generic/bits.inl.h"
#include "kernels/generic/panel.inl.h"
#include "kernels/generic/prefetch.inl.h"
#include "kernels/generic/unroll.h"
#include "kernels/isa.h"

namespace boreal {
namespace {

constexpr size_t kAhead = 8;  // rows asked for while those before them are looked at

template <typename T>
void gather(const T* x, size_t xs, const uint32_t* rows, size_t count, size_t d, T* out) noexcept {
  constexpr size_t kLanes = Vec<T>::kLanes;
  const Vec<T> zero = broadcast(T(0));
  for (size_t p = 0; p < count; ++p, out += d) {
    if (p + kAhead < count) ask_for(x + rows[p + kAhead] * xs, d * sizeof(T));
    const T* const row = x + rows[p] * xs;
    size_t j = 0;
    for (; j + kLanes <= d; j += kLanes) store(out + j, load(row + j));
    if (j < d) store(out + j, load(row + j, d - j, zero), d - j);
  }
}

template <typename T>
void own_distances(const T* x, size_t xs, const uint32_t* rows, size_t count, const T* centres,
                   const int32_t* labels, size_t d, T* out) noexcept {
  constexpr size_t kLanes = Vec<T>::kLanes;
  const Vec<T> zero = broadcast(T(0));
  for (size_t p = 0; p < count; ++p) {
    if (p + kAhead < count) ask_for(x + rows[p + kAhead] * xs, d * sizeof(T));
    const T* const row = x + rows[p] * xs;
    const T* const centre = centres + static_cast<size_t>(labels[rows[p]]) * d;
    Vec<T> sum = zero;
    size_t j = 0;
    for (; j + kLanes <= d; j += kLanes) {
      const Vec<T> difference = load(row + j) - load(centre + j);
      sum = fma(difference, difference, sum);
    }
    if (j < d) {
      const Vec<T> difference = load(row + j, d - j, zero) - load(centre + j, d - j, zero);
      sum = fma(difference, difference, sum);
    }
    out[p] = reduce_add(sum);
  }
}

// 0 where there is none, as in a row of NaN.
template <typename T>
inline size_t first_equal(const T* x, size_t cols, Vec<T> wanted) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  size_t j = 0;
  for (; j + kLanes <= cols; j += kLanes) {
    const uint32_t bits = lane_bits(equal(load(x + j), wanted));
    if (bits != 0) return j + lowest_bit(bits);
  }
  if (j == cols) return 0;
  // Lanes beyond the row are equal to nothing.
  const Vec<T> nothing = broadcast(static_cast<T>(__builtin_nanf("")));
  const uint32_t bits = lane_bits(equal(load(x + j, cols - j, nothing), wanted));
  return bits == 0 ? 0 : j + lowest_bit(bits);
}

template <typename T>
void two_smallest(const T* x, size_t xs, size_t rows, size_t cols, T* value, int32_t* index,
                  T* second) noexcept {
  constexpr size_t kLanes = Vec<T>::kLanes;
  const Vec<T> infinity = broadcast(static_cast<T>(__builtin_huge_valf()));
  for (size_t i = 0; i < rows; ++i, x += xs) {
    // Of each lane the least two.
    Vec<T> least = infinity, next = infinity;
    size_t j = 0;
    for (; j + kLanes <= cols; j += kLanes) {
      const Vec<T> v = load(x + j);
      next = min(next, max(least, v));
      least = min(least, v);
    }
    if (j < cols) {
      const Vec<T> v = load(x + j, cols - j, infinity);
      next = min(next, max(least, v));
      least = min(least, v);
    }
    value[i] = reduce_min(least);
    const Vec<T> smallest = broadcast(value[i]);
    index[i] = static_cast<int32_t>(first_equal(x, cols, smallest));
    const auto where = equal(least, smallest);
    const uint32_t bits = lane_bits(where);
    second[i] = (bits & (bits - 1)) != 0 ? value[i] : reduce_min(select(where, next, least));
  }
}

// Vectors of rows, and points, whose distances are in registers together.
constexpr size_t kTurns = kRegisters == 32 ? 3 : 2;
constexpr size_t kPoints = kRegisters == 32 ? 8 : 4;
constexpr size_t kBlocksAhead = 2;  // asked for while those before them are looked at

// C points of a panel, of which the first is number `first`: gives take(number, v, distances) those of the
// rows of vector v. ahead: rows to ask for on the way.
template <typename T, size_t C, typename Take>
inline void point_tile(const T* turned, const T* points, uintptr_t ahead, size_t first, size_t d,
                       const Take& take) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  Vec<T> sum[C][kTurns];
  BOREAL_UNROLL
  for (size_t c = 0; c < C; ++c) {
    BOREAL_UNROLL
    for (size_t v = 0; v < kTurns; ++v) sum[c][v] = broadcast(T(0));
  }
  for (size_t k = 0; k < d; ++k, ahead += kTurns * sizeof(Vec<T>)) {
    ask_for(ahead, kTurns * sizeof(Vec<T>));
    Vec<T> x[kTurns];
    BOREAL_UNROLL
    for (size_t v = 0; v < kTurns; ++v) x[v] = load(turned + (v * d + k) * kLanes);
    BOREAL_UNROLL
    for (size_t c = 0; c < C; ++c) {
      const Vec<T> point = broadcast(points[k * kLanes + c]);
      BOREAL_UNROLL
      for (size_t v = 0; v < kTurns; ++v) {
        const Vec<T> difference = x[v] - point;
        sum[c][v] = fma(difference, difference, sum[c][v]);
      }
    }
  }
  BOREAL_UNROLL
  for (size_t v = 0; v < kTurns; ++v) {
    BOREAL_UNROLL
    for (size_t c = 0; c < C; ++c) take(first + c, v, sum[c][v]);
  }
}

// Points j up to n, C at a time while there are as many, then half of that: none is looked at that is not
// there.
template <typename T, size_t C, typename Take>
inline void point_tiles(const T* turned, const T* packed, uintptr_t ahead, size_t j, size_t n, size_t d,
                        const Take& take) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  if constexpr (C <= kLanes) {
    for (; j + C <= n; j += C) {
      const T* const points = packed + j / kLanes * kLanes * d + j % kLanes;
      point_tile<T, C>(turned, points, ahead, j, d, take);
    }
  }
  if constexpr (C > 1) point_tiles<T, C / 2>(turned, packed, ahead, j, n, d, take);
}

template <typename T>
constexpr size_t kNearestRows = kTurns* Vec<T>::kLanes;

// Turns `rows` of x, no more than kNearestRows, and takes their distances.
template <typename T, typename Take>
inline void take_points(const T* x, size_t xs, const T* packed, size_t rows, size_t n, size_t d, T* scratch,
                        const Take& take) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  for (size_t v = 0; v < kTurns; ++v) {
    const size_t begin = v * kLanes < rows ? v * kLanes : rows;
    const size_t count = rows - begin < kLanes ? rows - begin : kLanes;
    pack_panel(x + begin * xs, xs, count, d, scratch + v * kLanes * d);
  }
  const uintptr_t ahead = reinterpret_cast<uintptr_t>(x) + kBlocksAhead * kNearestRows<T> * xs * sizeof(T);
  point_tiles<T, kPoints>(scratch, packed, ahead, 0, n, d, take);
}

// One row beside vectors of points: a block of rows would cost the same whether it holds one or all.
template <typename T>
inline void nearest_of_row(const T* x, const T* packed, size_t n, size_t d, T* distance, T* index) {
  constexpr size_t kLanes = Vec<T>::kLanes, kPanels = 4;
  const size_t panels = (n + kLanes - 1) / kLanes;
  T least = static_cast<T>(__builtin_huge_valf()), where = 0;
  for (size_t first = 0; first < panels; first += kPanels) {
    const size_t count = panels - first < kPanels ? panels - first : kPanels;
    Vec<T> sum[kPanels];
    BOREAL_UNROLL
    for (size_t p = 0; p < kPanels; ++p) sum[p] = broadcast(T(0));
    for (size_t k = 0; k < d; ++k) {
      const Vec<T> value = broadcast(x[k]);
      BOREAL_UNROLL
      for (size_t p = 0; p < kPanels; ++p) {
        // A panel that is not there is the last one once more.
        const size_t panel = first + (p < count ? p : count - 1);
        const Vec<T> difference = value - load(packed + (panel * d + k) * kLanes);
        sum[p] = fma(difference, difference, sum[p]);
      }
    }
    for (size_t p = 0; p < count; ++p) {
      const size_t point = (first + p) * kLanes;
      const size_t points = n - point < kLanes ? n - point : kLanes;
      if (points == kLanes && lane_bits(less(sum[p], broadcast(least))) == 0) continue;
      T distances[kLanes];
      store(distances, sum[p]);
      for (size_t c = 0; c < points; ++c) {
        if (!(distances[c] < least)) continue;
        least = distances[c];
        where = static_cast<T>(point + c);
      }
    }
  }
  *index = where;
  if (distance != nullptr) *distance = least;
}

template <typename T>
void nearest(const T* x, size_t xs, const T* packed, size_t m, size_t n, size_t d, T* scratch, T* distance,
             T* index) noexcept {
  constexpr size_t kLanes = Vec<T>::kLanes, kRows = kNearestRows<T>;
  T least[kRows], where[kRows];
  for (size_t i = 0; i < m; i += kRows) {
    const size_t rows = m - i < kRows ? m - i : kRows;
    if (rows < kRows / 2) {
      for (size_t r = i; r < m; ++r) {
        nearest_of_row(x + r * xs, packed, n, d, distance == nullptr ? nullptr : distance + r, index + r);
      }
      break;
    }
    for (size_t r = 0; r < kRows; ++r) {
      least[r] = static_cast<T>(__builtin_huge_valf());
      where[r] = 0;
    }
    take_points(x + i * xs, xs, packed, rows, n, d, scratch, [&](size_t point, size_t v, Vec<T> distances) {
      const Vec<T> before = load(least + v * kLanes);
      const auto nearer = less(distances, before);
      store(least + v * kLanes, select(nearer, distances, before));
      store(where + v * kLanes, select(nearer, broadcast(static_cast<T>(point)), load(where + v * kLanes)));
    });
    for (size_t r = 0; r < rows; ++r) {
      index[i + r] = where[r];
      if (distance != nullptr) distance[i + r] = least[r];
    }
  }
}

template <typename T>
void from_points(const T* x, size_t xs, const T* packed, size_t m, size_t n, size_t d, T* scratch, T* out,
                 size_t os) noexcept {
  constexpr size_t kLanes = Vec<T>::kLanes, kRows = kNearestRows<T>;
  for (size_t i = 0; i < m; i += kRows) {
    const size_t rows = m - i < kRows ? m - i : kRows;
    take_points(x + i * xs, xs, packed, rows, n, d, scratch, [&](size_t point, size_t v, Vec<T> distances) {
      T* const to = out + point * os + i + v * kLanes;
      if ((v + 1) * kLanes <= rows) {
        store(to, distances);
      } else if (v * kLanes < rows) {
        store(to, distances, rows - v * kLanes);
      }
    });
  }
}

}  // namespace

namespace BOREAL_ISA {

constexpr ClusterKernels<float> kClusterF32{gather<float>,       own_distances<float>, two_smallest<float>,
                                            kNearestRows<float>, nearest<float>,       from_points<float>};
constexpr ClusterKernels<double> kClusterF64{gather<double>,       own_distances<double>,
                                             two_smallest<double>, kNearestRows<double>,
                                             nearest<double>,      from_points<double>};

}  // namespace BOREAL_ISA
}  // namespace boreal
