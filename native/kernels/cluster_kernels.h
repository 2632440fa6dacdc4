// What k-means is made of. The common rules stand in kernels.h.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace boreal {

template <typename T>
struct ClusterKernels {
  // out[p,:] = row rows[p] of x, side by side.
  void (*gather)(const T* x, size_t xs, const uint32_t* rows, size_t count, size_t d, T* out) noexcept;

  // out[p] = the squared euclidean distance of row rows[p] of x to row labels[rows[p]] of `centres`
  // [clusters, d], within d + 8 ulp. Sums run in lanes: bits depend on the instruction set.
  void (*own_distances)(const T* x, size_t xs, const uint32_t* rows, size_t count, const T* centres,
                        const int32_t* labels, size_t d, T* out) noexcept;

  // Of each row of x: the first smallest value, its column, and the smallest of the other values, infinity
  // where there is none. cols >= 1. Of NaN some column is named.
  void (*two_smallest)(const T* x, size_t xs, size_t rows, size_t cols, T* value, int32_t* index,
                       T* second) noexcept;

  // index[i] = the first of the points that is nearest to row i of x[m, d], distance[i] (unless null) its
  // squared distance, with the bits of DistanceKernels::distances. Where no distance is less than infinity:
  // 0, infinity. packed: by DistanceKernels::pack of the same instruction set, n <= 2^24 points.
  // scratch: nearest_rows * d values.
  size_t nearest_rows;
  void (*nearest)(const T* x, size_t xs, const T* packed, size_t m, size_t n, size_t d, T* scratch,
                  T* distance, T* index) noexcept;

  // out[j * os + i] = the squared distance of row i to point j, of the same arguments and with the same bits.
  void (*from_points)(const T* x, size_t xs, const T* packed, size_t m, size_t n, size_t d, T* scratch,
                      T* out, size_t os) noexcept;
};

// The tables of each instruction set; dispatch_cluster.h picks one.
#define BOREAL_DECLARE_CLUSTER(isa)                \
  namespace isa {                                  \
  extern const ClusterKernels<float> kClusterF32;  \
  extern const ClusterKernels<double> kClusterF64; \
  }
BOREAL_DECLARE_CLUSTER(scalar)
BOREAL_DECLARE_CLUSTER(avx2)
BOREAL_DECLARE_CLUSTER(avx512)
BOREAL_DECLARE_CLUSTER(neon)
#undef BOREAL_DECLARE_CLUSTER

}  // namespace boreal
