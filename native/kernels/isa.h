// The tables that each instruction set defines. generic/<group>.cc is compiled once for each ISA, with that
// ISA's flags, BOREAL_ISA as its namespace and BOREAL_SIMD as the path of its simd.h; CMakeLists.txt says
// which ISA has which groups, and dispatch.cc puts them together.
#pragma once

#include "kernels/kernels.h"

#define BOREAL_DECLARE_ISA(isa)              \
  namespace isa {                            \
  extern const RowKernels<float> kRowsF32;   \
  extern const RowKernels<double> kRowsF64;  \
  extern const GemmKernels<float> kGemmF32;  \
  extern const GemmKernels<double> kGemmF64; \
  extern const Bf16Kernels kBf16;            \
  extern const ForestKernels kForest;        \
  }

namespace boreal {

BOREAL_DECLARE_ISA(scalar)
BOREAL_DECLARE_ISA(avx2)
BOREAL_DECLARE_ISA(avx512)
BOREAL_DECLARE_ISA(avx512bf16)
BOREAL_DECLARE_ISA(neon)

}  // namespace boreal

#undef BOREAL_DECLARE_ISA
