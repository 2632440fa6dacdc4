// The tables that each instruction set defines. generic/<group>.cc is compiled once for each ISA, with that
// ISA's flags, BOREAL_ISA as its namespace and BOREAL_SIMD as the path of its simd.h; CMakeLists.txt says
// which ISA has which groups, and dispatch.cc puts them together.
#pragma once

#include "kernels/kernels.h"

#define BOREAL_DECLARE_ISA(isa)             \
  namespace isa {                           \
  extern const RowKernels<float> kRowsF32;  \
  extern const RowKernels<double> kRowsF64; \
  extern const ForestKernels kForest;       \
  extern const Int8Kernels kInt8;           \
  }

namespace boreal {

BOREAL_DECLARE_ISA(scalar)
BOREAL_DECLARE_ISA(avx2)
BOREAL_DECLARE_ISA(avx512)
BOREAL_DECLARE_ISA(neon)
// These differ from avx512 and neon in the groups named here only.
namespace avx512vnni {
extern const Int8Kernels kInt8;
}
namespace neondot {
extern const Int8Kernels kInt8;
}

}  // namespace boreal

#undef BOREAL_DECLARE_ISA
