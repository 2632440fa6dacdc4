// The table of functions that the core asks for. No exception leaves the library.
#include <cstdio>
#include <cstring>

#include "cuda/forest_growth.cuh"
#include "cuda/guard.cuh"
#include "cuda/measure.cuh"
#include "cuda/program.cuh"
#include "cuda/training.cuh"
#include "cuda/tree_growth.cuh"

// The handle of the C interface.
struct BorealCudaProgram {
  boreal::cuda::Program program;
};

namespace boreal {
namespace cuda {
namespace {

// The runtime is linked into the plug-in and reports a missing driver as one that is too old.
int explain_driver(int status, BorealCudaError* error) {
  int driver = 0, needed = 0;
  if (status != BOREAL_CUDA_OLD_DRIVER) return status;
  if (cudaDriverGetVersion(&driver) != cudaSuccess || driver <= 0) {
    cudaGetLastError();
    return BOREAL_CUDA_NO_DRIVER;
  }
  if (cudaRuntimeGetVersion(&needed) == cudaSuccess) {
    std::snprintf(error->message, sizeof(error->message),
                  "it is one for CUDA %d.%d, and one for CUDA %d.%d is needed", driver / 1000,
                  driver % 1000 / 10, needed / 1000, needed % 1000 / 10);
  }
  return status;
}

int device_count(int32_t* count, BorealCudaError* error) {
  *count = 0;
  const int status = guarded(error, [&] {
    int found = 0;
    const cudaError_t result = cudaGetDeviceCount(&found);
    if (result == cudaErrorNoDevice) {
      cudaGetLastError();
      return;
    }
    check(result, "looking for devices");
    *count = found;
  });
  return explain_driver(status, error);
}

int device_info(int32_t device, BorealCudaDevice* info, BorealCudaError* error) {
  return guarded(error, [&] {
    cudaDeviceProp properties;
    check(cudaGetDeviceProperties(&properties, device), "asking for a device");
    std::memset(info, 0, sizeof(*info));
    std::snprintf(info->name, sizeof(info->name), "%s", properties.name);
    info->major = properties.major;
    info->minor = properties.minor;
    info->multiprocessors = properties.multiProcessorCount;
    info->shared_bytes = properties.sharedMemPerBlockOptin;
#ifndef __CUDACC__
    info->emulated = 1;
#endif
    check(cudaDriverGetVersion(&info->driver), "asking for the driver");
    check(cudaRuntimeGetVersion(&info->runtime), "asking for the runtime");
    info->total_bytes = properties.totalGlobalMem;
  });
}

int free_bytes(int32_t device, uint64_t* bytes, BorealCudaError* error) {
  return guarded(error, [&] {
    use_device(device);
    size_t available = 0, total = 0;
    check(cudaMemGetInfo(&available, &total), "asking for memory");
    *bytes = available;
  });
}

int measure_device(int32_t device, BorealCudaFigures* figures, BorealCudaError* error) {
  return guarded(error, [&] {
    use_device(device);
    *figures = measure(device);
  });
}

int create(int32_t device, const BorealCudaPlan* plan, BorealCudaProgram** program, BorealCudaError* error) {
  return guarded(error, [&] { *program = new BorealCudaProgram{{device, *plan}}; });
}

void destroy(BorealCudaProgram* program) { delete program; }

int run(BorealCudaProgram* program, const float* x, uint64_t rows, float* out, int (*stop)(const void*),
        const void* context, BorealCudaError* error) {
  return guarded(error, [&] { program->program.run(x, rows, out, stop, context); });
}

int time_pass(BorealCudaProgram* program, const float* x, uint64_t rows, uint32_t repeats, double* ns,
              BorealCudaError* error) {
  return guarded(error, [&] { *ns = program->program.time_pass(x, rows, repeats); });
}

uint64_t memory_bytes(const BorealCudaProgram* program) { return program->program.memory_bytes(); }

int32_t step_library(const BorealCudaProgram* program, uint32_t step, const char** note) {
  const LibraryChoice* const choice = program->program.choice(step);
  *note = choice == nullptr ? "" : choice->note.c_str();
  return choice != nullptr && choice->product != nullptr ? 1 : 0;
}

constexpr BorealCudaApi kApi = {BOREAL_CUDA_ABI,
                                sizeof(BorealCudaApi),
                                device_count,
                                device_info,
                                free_bytes,
                                measure_device,
                                create,
                                destroy,
                                run,
                                time_pass,
                                memory_bytes,
                                step_library,
                                &kTreeTraining,
                                &kTraining,
                                &kForestTraining};

}  // namespace
}  // namespace cuda
}  // namespace boreal

#if defined(_WIN32)
#define BOREAL_EXPORT __declspec(dllexport)
#else
#define BOREAL_EXPORT __attribute__((visibility("default")))
#endif

extern "C" BOREAL_EXPORT const BorealCudaApi* boreal_cuda_api(void) { return &boreal::cuda::kApi; }
