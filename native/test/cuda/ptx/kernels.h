// The kernels of this library as nvcc has compiled them: where BOREAL_EMULATED_PTX names a folder of PTX
// files, one for each source with kernels, launches run what is in there and not the C++ of the sources.
#pragma once

#include <cuda_runtime.h>

#include <vector>

#include "test/cuda/ptx/machine.h"

namespace emulator {
namespace ptx {

// Whether there is such a folder.
bool is_used();
// The compute capability that it was compiled for, times ten.
int target();
// Makes every kernel in there ready to run; how many there are. One with an instruction that nobody knows is
// a Fault.
size_t link_all();
// Of shared memory that its declarations take.
size_t shared_bytes(const void* kernel);
// Runs the kernel at that address of the library.
void run(const void* kernel, const Launch& launch, const std::vector<std::vector<unsigned char>>& parameters);

}  // namespace ptx

// All memory that kernels may access now.
std::vector<ptx::Region> regions();

}  // namespace emulator
