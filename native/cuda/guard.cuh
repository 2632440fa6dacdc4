// What every function of the C interface runs in: no exception leaves the library.
#pragma once

#include <cstdio>
#include <new>

#include "cuda/launch.cuh"
#include "cuda/program.cuh"

namespace boreal {
namespace cuda {

inline int status_of(cudaError_t error) {
  switch (error) {
    case cudaErrorInsufficientDriver:
    case cudaErrorCallRequiresNewerDriver:
    case cudaErrorUnsupportedPtxVersion:
      return BOREAL_CUDA_OLD_DRIVER;
    case cudaErrorNoDevice:
    case cudaErrorInvalidDevice:
    case cudaErrorNoKernelImageForDevice:
      return BOREAL_CUDA_NO_DEVICE;
    case cudaErrorInitializationError:
    case cudaErrorStubLibrary:
    case cudaErrorSystemNotReady:
    case cudaErrorSystemDriverMismatch:
    case cudaErrorCompatNotSupportedOnDevice:
      return BOREAL_CUDA_NO_DRIVER;
    case cudaErrorMemoryAllocation:
      return BOREAL_CUDA_OUT_OF_MEMORY;
    default:
      return BOREAL_CUDA_FAILED;
  }
}

// Runs body; turns what it throws into a status and *error.
template <typename F>
int guarded(BorealCudaError* error, F body) {
  cudaGetLastError();  // what a destructor has met is not this call's
  try {
    body();
    return BOREAL_CUDA_OK;
  } catch (const Failure& failure) {
    std::snprintf(error->message, sizeof(error->message), "%s: %s (%s)", failure.what(),
                  cudaGetErrorString(failure.error()), cudaGetErrorName(failure.error()));
    return status_of(failure.error());
  } catch (const Refused& refused) {
    error->reason = refused.reason;
    error->op = refused.op;
    error->row = static_cast<int64_t>(refused.row);
    error->column = refused.column;
    return BOREAL_CUDA_REJECTED;
  } catch (const Aborted&) {
    return BOREAL_CUDA_ABORTED;
  } catch (const std::bad_alloc&) {
    std::snprintf(error->message, sizeof(error->message), "the host's memory is exhausted");
    return BOREAL_CUDA_OUT_OF_MEMORY;
  } catch (const std::exception& exception) {
    std::snprintf(error->message, sizeof(error->message), "%s", exception.what());
    return BOREAL_CUDA_FAILED;
  } catch (...) {
    std::snprintf(error->message, sizeof(error->message), "an unknown failure");
    return BOREAL_CUDA_FAILED;
  }
}

// A function of the C interface, on a handle of type H, that does no more than call a method of the part P
// that the handle holds: method<&H::part, &P::name>.
template <auto kPart, auto kMethod, typename H, typename P, typename... Arguments>
constexpr auto method_of(P H::*, void (P::*)(Arguments...)) {
  return +[](H* handle, Arguments... arguments, BorealCudaError* error) {
    return guarded(error, [&] { (handle->*kPart.*kMethod)(arguments...); });
  };
}
template <auto kPart, auto kMethod>
constexpr auto method = method_of<kPart, kMethod>(kPart, kMethod);

}  // namespace cuda
}  // namespace boreal
