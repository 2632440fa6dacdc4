// What k-means is made of. The common rules stand in kernels.h.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace boreal {

constexpr size_t kFewPoints = 32;

template <typename T>
struct ClusterKernels {
  // out[p,:] = row rows[p] of x, side by side.
  void (*gather)(const T* x, size_t xs, const uint32_t* rows, size_t count, size_t d, T* out) noexcept;

  // out[p] = the squared euclidean distance of row rows[p] of x to row labels[rows[p]] of `centres`
  // [clusters, d], within d + 8 ulp. Sums run in lanes: bits depend on the instruction set.
  void (*own_distances)(const T* x, size_t xs, const uint32_t* rows, size_t count, const T* centres,
                        const int32_t* labels, size_t d, T* out) noexcept;

  // index[i] = the first of the points that is nearest to row i of x[m, d], distance[i] (unless null) its
  // squared distance, with the bits of DistanceKernels::distances, and second[i] (unless null) the least of
  // the other distances, infinity where there is none. Where no distance is less than infinity: 0, infinity,
  // infinity. Returns whether there is one in each row. packed: by DistanceKernels::pack of the same
  // instruction set, n <= 2^24 points. scratch: nearest_rows * d values.
  size_t nearest_rows;
  bool (*nearest)(const T* x, size_t xs, const T* packed, size_t m, size_t n, size_t d, T* scratch,
                  T* distance, T* index, T* second) noexcept;

  // out[j * os + i] = the squared distance of row i to point j, of the same arguments and with the same bits.
  void (*from_points)(const T* x, size_t xs, const T* packed, size_t m, size_t n, size_t d, T* scratch,
                      T* out, size_t os) noexcept;

  // out[i * os + j] = the same, or its square root, of no more than kFewPoints points: faster than
  // DistanceKernels::distances where these leave much of their last vector empty.
  void (*few_distances)(bool root, const T* x, size_t xs, const T* packed, size_t m, size_t n, size_t d,
                        T* scratch, T* out, size_t os) noexcept;
};

// Points as float32 sees them, with what is needed to tell which rows it can decide.
struct Screen {
  const float* packed;  // (points - shift) * scale, by DistanceKernels<float>::pack
  const double* shift;  // [d]
  double scale;         // a power of two
  // A row at distance a of one point, and b of all others, is nearest to that one for certain where
  // a * farther + slack < b * nearer.
  float farther, nearer, slack;
};

struct ScreenKernels {
  // ClusterKernels<double>::nearest, with the same indices, by float32: what that cannot decide, float64
  // does, row by row. packed: the points in float64. scratch: scratch_rows * d values.
  size_t rows, scratch_rows;
  bool (*nearest)(const double* x, size_t xs, const double* packed, const Screen& screen, size_t m, size_t n,
                  size_t d, double* scratch, double* index) noexcept;
};

// The tables of each instruction set; dispatch_cluster.h picks one.
#define BOREAL_DECLARE_CLUSTER(isa)                \
  namespace isa {                                  \
  extern const ClusterKernels<float> kClusterF32;  \
  extern const ClusterKernels<double> kClusterF64; \
  extern const ScreenKernels kScreen;              \
  }
BOREAL_DECLARE_CLUSTER(scalar)
BOREAL_DECLARE_CLUSTER(avx2)
BOREAL_DECLARE_CLUSTER(avx512)
BOREAL_DECLARE_CLUSTER(neon)
#undef BOREAL_DECLARE_CLUSTER

}  // namespace boreal
