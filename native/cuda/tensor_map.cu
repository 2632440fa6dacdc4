#include "cuda/hopper.cuh"
#include "cuda/launch.cuh"
#include "cuda/tensor_map.cuh"

namespace boreal {
namespace cuda {
namespace {

using Encode = decltype(&cuTensorMapEncodeTiled);

Encode encode() {
  static const Encode function = [] {
    void* found = nullptr;
    cudaDriverEntryPointQueryResult result = cudaDriverEntryPointSymbolNotFound;
#if CUDART_VERSION >= 12050
    check(
        cudaGetDriverEntryPointByVersion("cuTensorMapEncodeTiled", &found, 12000, cudaEnableDefault, &result),
        "looking for a function of the driver");
#else
    check(cudaGetDriverEntryPoint("cuTensorMapEncodeTiled", &found, cudaEnableDefault, &result),
          "looking for a function of the driver");
#endif
    if (result != cudaDriverEntryPointSuccess || found == nullptr) {
      throw Failure(cudaErrorNotSupported, "looking for cuTensorMapEncodeTiled");
    }
    return reinterpret_cast<Encode>(found);
  }();
  return function;
}

}  // namespace

CUtensorMap map_rows(const void* data, uint32_t bytes, uint32_t rows, uint32_t tile_rows) {
  CUtensorMap map;
  const cuuint64_t sides[2] = {bytes, rows}, strides[1] = {bytes};
  const cuuint32_t box[2] = {kTileBytes, tile_rows}, steps[2] = {1, 1};
  const CUresult result =
      encode()(&map, CU_TENSOR_MAP_DATA_TYPE_UINT8, 2, const_cast<void*>(data), sides, strides, box, steps,
               CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_128B, CU_TENSOR_MAP_L2_PROMOTION_L2_128B,
               CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
  if (result != CUDA_SUCCESS) throw Failure(cudaErrorInvalidValue, "describing a matrix to the driver");
  return map;
}

}  // namespace cuda
}  // namespace boreal
