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

// Vectors of rows, and points, whose distances are in registers together.
constexpr size_t kTurns = kRegisters == 32 ? 3 : 2;
constexpr size_t kPoints = kRegisters == 32 ? 8 : 4;
// Memory to ask for on the way, in as many steps as there are columns.
struct Ahead {
  uintptr_t from;
  size_t step;
};

// C points of a panel, of which the first is number `first`: gives take(number, v, distances) those of the
// rows of vector v.
template <typename T, size_t C, typename Take>
inline void point_tile(const T* turned, const T* points, Ahead ahead, size_t first, size_t d,
                       const Take& take) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  Vec<T> sum[C][kTurns];
  BOREAL_UNROLL
  for (size_t c = 0; c < C; ++c) {
    BOREAL_UNROLL
    for (size_t v = 0; v < kTurns; ++v) sum[c][v] = broadcast(T(0));
  }
  for (size_t k = 0; k < d; ++k) {
    ask_for_later(ahead.from + k * ahead.step, ahead.step);
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
inline void point_tiles(const T* turned, const T* packed, Ahead ahead, size_t j, size_t n, size_t d,
                        const Take& take) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  if constexpr (C <= kLanes) {
    for (; j + C <= n; j += C, ahead.step = 0) {
      const T* const points = packed + j / kLanes * kLanes * d + j % kLanes;
      point_tile<T, C>(turned, points, ahead, j, d, take);
    }
  }
  if constexpr (C > 1) point_tiles<T, C / 2>(turned, packed, ahead, j, n, d, take);
}

template <typename T>
constexpr size_t kNearestRows = kTurns* Vec<T>::kLanes;

// Rows asked for while a block of them, which begins at x, is looked at: the one after the next.
template <typename T, typename X>
inline Ahead ahead_of(const X* x, size_t xs) {
  constexpr size_t kRows = kNearestRows<T>;
  return {reinterpret_cast<uintptr_t>(x) + 2 * kRows * xs * sizeof(X), kRows * sizeof(X)};
}

// Turns vector v of `rows` of x, no more than kNearestRows.
template <typename T>
inline void turn_vector(const T* x, size_t xs, size_t v, size_t rows, size_t d, T* turned) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  const size_t begin = v * kLanes < rows ? v * kLanes : rows;
  const size_t count = rows - begin < kLanes ? rows - begin : kLanes;
  pack_panel(x + begin * xs, xs, count, d, turned + v * kLanes * d);
}

template <typename T>
inline void turn_rows(const T* x, size_t xs, size_t rows, size_t d, T* turned) {
  for (size_t v = 0; v < kTurns; ++v) turn_vector(x, xs, v, rows, d, turned);
}

// Of a block of rows.
template <typename T>
struct Found {
  T least[kNearestRows<T>], second[kNearestRows<T>], index[kNearestRows<T>];
};

template <bool kSecond, typename T>
inline void find_nearest(const T* turned, const T* packed, Ahead ahead, size_t n, size_t d, Found<T>* found) {
  constexpr size_t kLanes = Vec<T>::kLanes;
  const Vec<T> infinity = broadcast(static_cast<T>(__builtin_huge_valf()));
  for (size_t v = 0; v < kTurns; ++v) {
    store(found->least + v * kLanes, infinity);
    store(found->second + v * kLanes, infinity);
    store(found->index + v * kLanes, broadcast(T(0)));
  }
  point_tiles<T, kPoints>(turned, packed, ahead, 0, n, d, [&](size_t point, size_t v, Vec<T> distances) {
    T* const least = found->least + v * kLanes;
    T* const second = found->second + v * kLanes;
    T* const index = found->index + v * kLanes;
    const Vec<T> before = load(least);
    const auto nearer = less(distances, before);
    if (kSecond) {
      // No minimum, which may be NaN where the distance is.
      const Vec<T> last = load(second);
      store(second, select(nearer, before, select(less(distances, last), distances, last)));
    }
    store(least, select(nearer, distances, before));
    store(index, select(nearer, broadcast(static_cast<T>(point)), load(index)));
  });
}

// One row beside vectors of points: a block of rows would cost the same whether it holds one or all.
template <typename T>
inline void nearest_of_row(const T* x, const T* packed, size_t n, size_t d, T* distance, T* index,
                           T* second) {
  constexpr size_t kLanes = Vec<T>::kLanes, kPanels = 4;
  const size_t panels = (n + kLanes - 1) / kLanes;
  T least = static_cast<T>(__builtin_huge_valf()), next = least, where = 0;
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
      if (points == kLanes && lane_bits(less(sum[p], broadcast(next))) == 0) continue;
      T distances[kLanes];
      store(distances, sum[p]);
      for (size_t c = 0; c < points; ++c) {
        if (!(distances[c] < next)) continue;
        const bool nearer = distances[c] < least;
        next = nearer ? least : distances[c];
        if (!nearer) continue;
        least = distances[c];
        where = static_cast<T>(point + c);
      }
    }
  }
  *index = where;
  *distance = least;
  *second = next;
}

template <bool kSecond, typename T>
bool find_rows(const T* x, size_t xs, const T* packed, size_t m, size_t n, size_t d, T* scratch, T* distance,
               T* index, T* second) {
  constexpr size_t kRows = kNearestRows<T>;
  bool all = true;
  for (size_t i = 0; i < m; i += kRows) {
    const size_t rows = m - i < kRows ? m - i : kRows;
    Found<T> found;
    if (rows < kRows / 2) {
      for (size_t r = 0; r < rows; ++r) {
        nearest_of_row(x + (i + r) * xs, packed, n, d, found.least + r, found.index + r, found.second + r);
      }
    } else {
      turn_rows(x + i * xs, xs, rows, d, scratch);
      find_nearest<kSecond>(scratch, packed, ahead_of<T>(x + i * xs, xs), n, d, &found);
    }
    for (size_t r = 0; r < rows; ++r) {
      index[i + r] = found.index[r];
      all &= found.least[r] < static_cast<T>(__builtin_huge_valf());
      if (distance != nullptr) distance[i + r] = found.least[r];
      if (kSecond) second[i + r] = found.second[r];
    }
  }
  return all;
}

template <typename T>
bool nearest(const T* x, size_t xs, const T* packed, size_t m, size_t n, size_t d, T* scratch, T* distance,
             T* index, T* second) noexcept {
  if (second == nullptr) return find_rows<false>(x, xs, packed, m, n, d, scratch, distance, index, second);
  return find_rows<true>(x, xs, packed, m, n, d, scratch, distance, index, second);
}

// Bits of the rows of vector v that are not nearest to one point for certain.
inline uint32_t undecided(const Screen& screen, const Found<float>& found, size_t v) {
  constexpr size_t kLanes = Vec<float>::kLanes;
  // A distance of infinity is one that is larger than floats are.
  const Vec<float> largest = broadcast(__FLT_MAX__);
  const Vec<float> least = sqrt(load(found.least + v * kLanes));
  const Vec<float> second = sqrt(min(load(found.second + v * kLanes), largest));
  const Vec<float> far = fma(least, broadcast(screen.farther), broadcast(screen.slack));
  return lane_bits(not_less(far, second * broadcast(screen.nearer)));
}

constexpr size_t kScreenRows = kNearestRows<float>;
// In doubles: rows turned, in float32 before it one vector of rows, or in float64.
constexpr size_t kScreenScratch = kScreenRows;

// Columns in chunks of a known number, the last of them over what the one before it has done already.
inline void round_row(const double* x, const Screen& screen, size_t d, float* rounded) {
  constexpr size_t kChunk = 16;
  const auto round_columns = [&](size_t first, size_t count) {
    for (size_t k = first; k < first + count; ++k) {
      rounded[k] = static_cast<float>((x[k] - screen.shift[k]) * screen.scale);
    }
  };
  size_t k = 0;
  for (; k + kChunk <= d; k += kChunk) round_columns(k, kChunk);
  if (k == d) return;
  if (d < kChunk) {
    round_columns(k, d - k);
  } else {
    round_columns(d - kChunk, kChunk);
  }
}

bool screened_nearest(const double* x, size_t xs, const double* packed, const Screen& screen, size_t m,
                      size_t n, size_t d, double* scratch, double* index) noexcept {
  constexpr size_t kLanes = Vec<float>::kLanes, kRows = kScreenRows;
  float* const turned = reinterpret_cast<float*>(scratch);
  float* const rounded = turned + kRows * d;
  bool all = true;
  for (size_t i = 0; i < m; i += kRows) {
    const size_t rows = m - i < kRows ? m - i : kRows;
    const double* const block = x + i * xs;
    bool screens = rows >= kRows / 2;
    uint32_t bits[kTurns] = {};
    if (screens) {
      size_t doubts = 0;
      for (size_t v = 0; v < kTurns; ++v) {
        const size_t begin = v * kLanes < rows ? v * kLanes : rows;
        const size_t count = rows - begin < kLanes ? rows - begin : kLanes;
        for (size_t r = 0; r < count; ++r) {
          round_row(block + (begin + r) * xs, screen, d, rounded + r * d);
        }
        pack_panel(rounded, d, count, d, turned + v * kLanes * d);
      }
      Found<float> found;
      find_nearest<true>(turned, screen.packed, ahead_of<float>(block, xs), n, d, &found);
      for (size_t r = 0; r < rows; ++r) index[i + r] = static_cast<double>(found.index[r]);
      for (size_t v = 0; v * kLanes < rows; ++v) {
        bits[v] = undecided(screen, found, v);
        if (rows - v * kLanes < kLanes) bits[v] &= (uint32_t{1} << (rows - v * kLanes)) - 1;
        doubts += count_bits(bits[v]);
      }
      screens = doubts <= kRows / 8;
    }
    if (!screens) {
      all &= find_rows<false, double>(block, xs, packed, rows, n, d, scratch, nullptr, index + i, nullptr);
      continue;
    }
    for (size_t v = 0; v < kTurns; ++v) {
      for (; bits[v] != 0; bits[v] &= bits[v] - 1) {
        const size_t r = v * kLanes + lowest_bit(bits[v]);
        double least, second;
        nearest_of_row(block + r * xs, packed, n, d, &least, index + i + r, &second);
        all &= least < __builtin_huge_val();
      }
    }
  }
  return all;
}

template <typename T>
void from_points(const T* x, size_t xs, const T* packed, size_t m, size_t n, size_t d, T* scratch, T* out,
                 size_t os) noexcept {
  constexpr size_t kLanes = Vec<T>::kLanes, kRows = kNearestRows<T>;
  for (size_t i = 0; i < m; i += kRows) {
    const size_t rows = m - i < kRows ? m - i : kRows;
    turn_rows(x + i * xs, xs, rows, d, scratch);
    const auto take = [&](size_t point, size_t v, Vec<T> distances) {
      T* const to = out + point * os + i + v * kLanes;
      if ((v + 1) * kLanes <= rows) {
        store(to, distances);
      } else if (v * kLanes < rows) {
        store(to, distances, rows - v * kLanes);
      }
    };
    point_tiles<T, kPoints>(scratch, packed, ahead_of<T>(x + i * xs, xs), 0, n, d, take);
  }
}

template <typename T>
void few_distances(bool root, const T* x, size_t xs, const T* packed, size_t m, size_t n, size_t d,
                   T* scratch, T* out, size_t os) noexcept {
  constexpr size_t kLanes = Vec<T>::kLanes, kRows = kNearestRows<T>;
  const Vec<T> zero = broadcast(T(0));
  T sums[kFewPoints * kRows];
  for (size_t i = 0; i < m; i += kRows) {
    const size_t rows = m - i < kRows ? m - i : kRows;
    turn_rows(x + i * xs, xs, rows, d, scratch);
    const auto take = [&](size_t point, size_t v, Vec<T> distances) {
      store(sums + point * kRows + v * kLanes, distances);
    };
    point_tiles<T, kPoints>(scratch, packed, ahead_of<T>(x + i * xs, xs), 0, n, d, take);
    for (size_t v = 0; v * kLanes < rows; ++v) {
      T* const to = out + (i + v * kLanes) * os;
      const size_t count = rows - v * kLanes < kLanes ? rows - v * kLanes : kLanes;
      for (size_t j = 0; j < n; j += kLanes) {
        const size_t points = n - j < kLanes ? n - j : kLanes;
        Vec<T> square[kLanes];
        BOREAL_UNROLL
        for (size_t c = 0; c < kLanes; ++c) {
          if (c >= points) {
            square[c] = zero;
            continue;
          }
          const Vec<T> squares = load(sums + (j + c) * kRows + v * kLanes);
          square[c] = root ? sqrt(squares) : squares;
        }
        transpose(square);
        BOREAL_UNROLL
        for (size_t r = 0; r < kLanes; ++r) {
          if (r >= count) break;
          if (points == kLanes) {
            store(to + r * os + j, square[r]);
          } else {
            store(to + r * os + j, square[r], points);
          }
        }
      }
    }
  }
}

}  // namespace

namespace BOREAL_ISA {

constexpr ClusterKernels<float> kClusterF32{gather<float>,  own_distances<float>, kNearestRows<float>,
                                            nearest<float>, from_points<float>,   few_distances<float>};
constexpr ClusterKernels<double> kClusterF64{gather<double>,  own_distances<double>, kNearestRows<double>,
                                             nearest<double>, from_points<double>,   few_distances<double>};
constexpr ScreenKernels kScreen{kScreenRows, kScreenScratch, screened_nearest};

}  // namespace BOREAL_ISA
}  // namespace boreal
