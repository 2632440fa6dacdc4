// Marks a function that kernels of the GPU call too; nothing elsewhere.
#pragma once

#if defined(__CUDACC__)
#define BOREAL_HOST_DEVICE __host__ __device__
#else
#define BOREAL_HOST_DEVICE
#endif
