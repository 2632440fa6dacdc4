// The tables that each instruction set defines. generic/<group>.cc is compiled once for each ISA, with that
// ISA's flags, BOREAL_ISA as its namespace and BOREAL_SIMD as the path of its simd.h; CMakeLists.txt says
// which ISA has which groups, and dispatch.cc puts them together.
#pragma once

#include "kernels/kernels.h"

// The tables over one element type, T, whose names end in `type`.
#define BOREAL_DECLARE_FLOAT_TABLES(T, type)             \
  extern const RowKernels<T> kRows##type;                \
  extern const ElementwiseKernels<T> kElementwise##type; \
  extern const GemmKernels<T> kGemm##type;               \
  extern const DistanceKernels<T> kDistance##type;       \
  extern const SelectKernels<T> kSelect##type;           \
  extern const ColumnKernels<T> kColumns##type;          \
  extern const LinearKernels<T> kLinear##type
#define BOREAL_DECLARE_ISA(isa)             \
  namespace isa {                           \
  BOREAL_DECLARE_FLOAT_TABLES(float, F32);  \
  BOREAL_DECLARE_FLOAT_TABLES(double, F64); \
  extern const ConvertKernels kConvert;     \
  extern const ForestKernels kForest;       \
  extern const VectorKernels kVectors;      \
  extern const LogisticKernels kLogistic;   \
  extern const NeuralKernels kNeural;       \
  extern const Int8Kernels kInt8;           \
  extern const Bf16Kernels kBf16;           \
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
namespace avx512bf16 {
extern const Bf16Kernels kBf16;
}
namespace neondot {
extern const Int8Kernels kInt8;
}

}  // namespace boreal

#undef BOREAL_DECLARE_ISA
#undef BOREAL_DECLARE_FLOAT_TABLES
