// The 8-bit kernels of one instruction set.
#include BOREAL_SIMD

#include BOREAL_INT8_DOT

#include "kernels/generic/int8_gemm.inl.h"
#include "kernels/generic/int8_quantize.inl.h"
#include "kernels/isa.h"

namespace boreal {
namespace BOREAL_ISA {

constexpr Int8Kernels kInt8 = {
    kDotRows, kPanel,   kGroup,     sizeof(Code),  kCodeOffset, kBlockInputs, pack,
    prepare,  multiply, row_ranges, column_ranges, quantize,    dequantize,
};

}  // namespace BOREAL_ISA
}  // namespace boreal
