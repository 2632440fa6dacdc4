// Tensor maps: what the copies of whole tiles of compute capability 9.0 need to know of a matrix in memory.
#pragma once

#include <cuda.h>
#include <cuda_runtime.h>

#include <cstdint>

namespace boreal {
namespace cuda {

// Of rows of so many bytes, one after another; a multiple of 16. A tile is tile_rows rows of 128 bytes, which
// are turned for the products of warp groups (hopper.cuh). The driver makes it; this library is not linked to
// that.
CUtensorMap map_rows(const void* data, uint32_t bytes, uint32_t rows, uint32_t tile_rows);

}  // namespace cuda
}  // namespace boreal
