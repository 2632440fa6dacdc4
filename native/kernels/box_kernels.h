// What of boxes and of packed rows is near a row: the steps of a search in a KD-tree. The common rules stand
// in kernels.h, metrics and the layout of packed rows in distance_kernels.h; kEuclidean and kCosine are not
// for these.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "kernels/distance_kernels.h"

namespace boreal {

template <typename T>
struct BoxKernels {
  // The rows at distances <= limit: found [n], ascending, and distances [n], with the bits of
  // DistanceKernels::distances. Returns how many there are.
  size_t (*near_rows)(Metric metric, const T* x, const T* packed, size_t n, size_t d, T limit, int32_t* found,
                      T* distances) noexcept;

  // The same for boxes, [ceil(n / lanes)][d][2][lanes], the least and then the greatest values: none of the
  // rows in a box has a distance below that of the box, not by a bit.
  size_t (*near_boxes)(Metric metric, const T* x, const T* boxes, size_t n, size_t d, T limit, int32_t* found,
                       T* distances) noexcept;
};

// The tables of each instruction set; dispatch_box.h picks one.
#define BOREAL_DECLARE_BOX(isa)            \
  namespace isa {                          \
  extern const BoxKernels<float> kBoxF32;  \
  extern const BoxKernels<double> kBoxF64; \
  }
BOREAL_DECLARE_BOX(scalar)
BOREAL_DECLARE_BOX(avx2)
BOREAL_DECLARE_BOX(avx512)
BOREAL_DECLARE_BOX(neon)
#undef BOREAL_DECLARE_BOX

}  // namespace boreal
