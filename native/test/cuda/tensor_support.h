// Shared by the tests of tensor cores.
#pragma once

#include <memory>
#include <vector>

#include "device/cuda_program.h"
#include "test/cuda/devices.h"
#include "test/program_support.h"

namespace boreal {
namespace test {

constexpr BorealCudaElement kKinds[] = {BOREAL_CUDA_FLOAT16, BOREAL_CUDA_BFLOAT16, BOREAL_CUDA_TF32};

inline bool multiplies(const CudaLibrary& library, int32_t device, BorealCudaElement kind) {
  return library.device(device).major >= 8 || kind == BOREAL_CUDA_FLOAT16;
}
inline std::unique_ptr<Program<float>> prepare_tensor(const Plan& plan, const CudaLibrary& library,
                                                      int32_t device, BorealCudaElement kind) {
  return prepare_cuda(plan, library, device, kCudaPassBytes, kind);
}
// body(library, device, kind) for all that multiply such elements.
template <typename F>
void each_kind(F body) {
  each_device([&](const CudaLibrary& library, int32_t device) {
    for (const BorealCudaElement kind : kKinds) {
      CAPTURE(device);
      CAPTURE(static_cast<int>(kind));
      if (multiplies(library, device, kind)) body(library, device, kind);
    }
  });
}

// From -6 to 6: their products add up exactly in float32.
template <typename T>
std::vector<T> whole_numbers(Rng& rng, size_t count) {
  std::vector<T> values(count);
  for (T& value : values) value = static_cast<T>(static_cast<int>(rng.below(13)) - 6);
  return values;
}
inline std::vector<float> real_numbers(Rng& rng, size_t count) { return random_rows<float>(rng, count, 1); }

inline std::vector<uint8_t> random_weights(Rng& rng, size_t count) {
  std::vector<uint8_t> weights(count);
  for (uint8_t& weight : weights) weight = static_cast<uint8_t>(static_cast<int>(rng.below(255)) - 127);
  return weights;
}
inline std::vector<float> random_scales(Rng& rng, size_t count) {
  std::vector<float> scales(count);
  for (float& scale : scales) scale = 0.001f + static_cast<float>(rng.uniform()) / 64;
  return scales;
}

inline std::vector<float> first_rows(const std::vector<float>& x, size_t rows, size_t width) {
  return {x.begin(), x.begin() + static_cast<std::ptrdiff_t>(rows * width)};
}

}  // namespace test
}  // namespace boreal
