// A stand-in for cublasLt on emulated streams: the functions that the plug-in calls, and a plain product. It
// refuses what the library would. BOREAL_CUBLASLT_EMULATED makes it misbehave: "slow"; "batch", sums run the
// other way in odd numbers of rows; "place", they do from the eighth row on; "wrong", they are a hundredth
// larger; "mixed", only the first of its two algorithms is like "batch"; "split", its algorithms split k;
// "none", it has no algorithm; "fails", its products do; "half", those of the first
// algorithm do; "lost", they fail from the first that is recorded
// on; "old", its version is 11.
#include <emulated.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "device/cuda_elements.h"

namespace {

using boreal::from_bfloat16;
using boreal::from_float16;

// Numbers and structures of its interface.
constexpr int kFloat32 = 0, kFloat16 = 2, kInt8 = 3, kInt32 = 10, kBfloat16 = 14;
constexpr int kComputeInt32 = 72, kComputeTf32 = 77;
constexpr int kTransposeA = 3, kEpilogue = 7, kBias = 8, kMostWorkspace = 1, kReductions = 3, kSplits = 2,
              kReduction = 3;
constexpr uint32_t kEpilogueBias = 4;
struct Algorithm {
  uint64_t data[8];
};
struct Candidate {
  Algorithm algorithm;
  size_t workspace_bytes;
  int status;
  float waves;
  int reserved[4];
};

constexpr int kOk = 0, kInvalid = 7, kFailed = 13, kNotSupported = 15;
constexpr size_t kWorkspace = 1000;

bool behaves(const char* how) {
  const char* const given = std::getenv("BOREAL_CUBLASLT_EMULATED");
  return given != nullptr && std::string(given) == how;
}

struct Layout {
  int type;
  uint64_t rows, columns;
  int64_t stride;
};
struct Product {
  int compute, scale;
  int32_t transposes_a = 0;
  uint32_t epilogue = 1;
  const float* bias = nullptr;
};
struct Preference {
  uint64_t workspace = 0;
  uint32_t reductions = 7;
};

template <typename T>
int destroy(void* object) {
  if (object == nullptr) return kInvalid;
  delete static_cast<T*>(object);
  --emulator::live.library_objects;
  return kOk;
}
template <typename T>
int create(void** object, T value) {
  *object = new T(value);
  ++emulator::live.library_objects;
  return kOk;
}
template <typename T>
int read(T* to, const void* value, size_t bytes) {
  if (bytes != sizeof(T)) return kInvalid;
  std::memcpy(to, value, bytes);
  return kOk;
}

bool fits(const Product& product, const Layout& a, const Layout& b, const Layout& d) {
  const uint64_t k = product.transposes_a != 0 ? a.rows : a.columns,
                 m = product.transposes_a != 0 ? a.columns : a.rows;
  const bool whole = product.compute == kComputeInt32;
  const bool types = whole ? a.type == kInt8 && d.type == kInt32 && product.scale == kInt32
                           : a.type != kInt8 && d.type == kFloat32 && product.scale == kFloat32;
  const bool float32_only = product.compute == kComputeTf32;
  return types && a.type == b.type && b.rows == k && d.rows == m && d.columns == b.columns &&
         a.stride >= static_cast<int64_t>(a.rows) && b.stride >= static_cast<int64_t>(b.rows) &&
         (!float32_only || a.type == kFloat32) && (!whole || product.transposes_a != 0) &&
         (product.epilogue == 1 || (product.epilogue == kEpilogueBias && product.bias != nullptr && !whole));
}

float number(const Layout& layout, const void* data, uint64_t row, uint64_t column) {
  const uint64_t at = column * static_cast<uint64_t>(layout.stride) + row;
  switch (layout.type) {
    case kInt8:
      return static_cast<const int8_t*>(data)[at];
    case kFloat16:
      return from_float16(static_cast<const uint16_t*>(data)[at]);
    case kBfloat16:
      return from_bfloat16(static_cast<const uint16_t*>(data)[at]);
    default:
      return static_cast<const float*>(data)[at];
  }
}

struct Call {
  Product product;
  Layout a, b, d;
  const void *in_a, *in_b;
  void* out;
  uint64_t algorithm;
};

// The factors of each column of the result, one after another.
std::vector<float> columns_of(const Layout& layout, const void* data, bool transposed, uint64_t k) {
  const uint64_t count = transposed ? layout.columns : layout.rows;
  std::vector<float> numbers(count * k);
  for (uint64_t j = 0; j < count; ++j) {
    for (uint64_t i = 0; i < k; ++i) {
      numbers[j * k + i] = transposed ? number(layout, data, i, j) : number(layout, data, j, i);
    }
  }
  return numbers;
}

void multiply(const Call& call) {
  const Product& p = call.product;
  const bool whole = p.compute == kComputeInt32, wrong = behaves("wrong"), place = behaves("place");
  const bool by_batch =
      call.d.columns % 2 != 0 && (behaves("batch") || (behaves("mixed") && call.algorithm == 1));
  const uint64_t k = call.b.rows, outputs = call.d.rows;
  const std::vector<float> a = columns_of(call.a, call.in_a, p.transposes_a != 0, k),
                           b = columns_of(call.b, call.in_b, true, k);
  for (uint64_t row = 0; row < call.d.columns; ++row) {
    const bool backwards = by_batch || (place && row >= 8);
    const float* const x = b.data() + row * k;
    for (uint64_t column = 0; column < outputs; ++column) {
      const float* const w = a.data() + column * k;
      const uint64_t to = row * static_cast<uint64_t>(call.d.stride) + column;
      if (whole) {
        int32_t sum = wrong ? 1 : 0;
        for (uint64_t i = 0; i < k; ++i) sum += static_cast<int32_t>(x[i]) * static_cast<int32_t>(w[i]);
        static_cast<int32_t*>(call.out)[to] = sum;
        continue;
      }
      float sum = 0;
      for (uint64_t i = 0; i < k; ++i) {
        const uint64_t at = backwards ? k - 1 - i : i;
        sum += x[at] * w[at];
      }
      if (p.epilogue == kEpilogueBias) sum += p.bias[column];
      static_cast<float*>(call.out)[to] = wrong ? sum * 1.01f : sum;
    }
  }
}

Candidate candidate(uint64_t number) {
  Candidate made{};
  made.algorithm.data[0] = number;
  made.algorithm.data[1] = behaves("split") ? 2 : 1;
  made.workspace_bytes = kWorkspace;
  return made;
}

}  // namespace

#define LT_FUNCTION extern "C" __attribute__((visibility("default")))

LT_FUNCTION size_t cublasLtGetVersion() { return behaves("old") ? 111103 : 130105; }
LT_FUNCTION int cublasLtCreate(void** handle) { return create(handle, int{0}); }
LT_FUNCTION int cublasLtDestroy(void* handle) { return destroy<int>(handle); }

LT_FUNCTION int cublasLtMatmulDescCreate(void** product, int compute, int scale) {
  Product made{};
  made.compute = compute;
  made.scale = scale;
  return create(product, made);
}
LT_FUNCTION int cublasLtMatmulDescDestroy(void* product) { return destroy<Product>(product); }
LT_FUNCTION int cublasLtMatmulDescSetAttribute(void* product, int attribute, const void* value,
                                               size_t bytes) {
  Product& p = *static_cast<Product*>(product);
  switch (attribute) {
    case kTransposeA:
      return read(&p.transposes_a, value, bytes);
    case kEpilogue:
      return read(&p.epilogue, value, bytes);
    case kBias:
      return read(&p.bias, value, bytes);
    default:
      return kInvalid;
  }
}

LT_FUNCTION int cublasLtMatrixLayoutCreate(void** layout, int type, uint64_t rows, uint64_t columns,
                                           int64_t stride) {
  return create(layout, Layout{type, rows, columns, stride});
}
LT_FUNCTION int cublasLtMatrixLayoutDestroy(void* layout) { return destroy<Layout>(layout); }

LT_FUNCTION int cublasLtMatmulPreferenceCreate(void** preference) { return create(preference, Preference{}); }
LT_FUNCTION int cublasLtMatmulPreferenceDestroy(void* preference) { return destroy<Preference>(preference); }
LT_FUNCTION int cublasLtMatmulPreferenceSetAttribute(void* preference, int attribute, const void* value,
                                                     size_t bytes) {
  Preference& p = *static_cast<Preference*>(preference);
  return attribute == kMostWorkspace ? read(&p.workspace, value, bytes)
         : attribute == kReductions  ? read(&p.reductions, value, bytes)
                                     : kInvalid;
}

LT_FUNCTION int cublasLtMatmulAlgoGetHeuristic(void*, void* product, void* a, void* b, void*, void* d,
                                               void* preference, int most, Candidate* found, int* count) {
  const Preference& wanted = *static_cast<Preference*>(preference);
  *count = 0;
  if (!fits(*static_cast<Product*>(product), *static_cast<Layout*>(a), *static_cast<Layout*>(b),
            *static_cast<Layout*>(d))) {
    return kInvalid;
  }
  if (behaves("none") || wanted.workspace < kWorkspace || wanted.reductions != 0 || most < 2) {
    return kNotSupported;
  }
  found[(*count)++] = candidate(1);
  found[(*count)++] = candidate(2);
  return kOk;
}
LT_FUNCTION int cublasLtMatmulAlgoCheck(void*, void* product, void* a, void* b, void*, void* d,
                                        const Algorithm* algorithm, Candidate* result) {
  if (!fits(*static_cast<Product*>(product), *static_cast<Layout*>(a), *static_cast<Layout*>(b),
            *static_cast<Layout*>(d))) {
    return kInvalid;
  }
  *result = candidate(algorithm->data[0]);
  return kOk;
}
LT_FUNCTION int cublasLtMatmulAlgoConfigGetAttribute(const Algorithm* algorithm, int setting, void* value,
                                                     size_t bytes, size_t* written) {
  if (bytes != 4 || (setting != kSplits && setting != kReduction)) return kInvalid;
  const int32_t splits = static_cast<int32_t>(algorithm->data[1]), answer = setting == kSplits ? splits : 0;
  std::memcpy(value, &answer, bytes);
  *written = bytes;
  return kOk;
}

LT_FUNCTION int cublasLtMatmul(void*, void* product, const void*, const void* a, void* layout_a,
                               const void* b, void* layout_b, const void*, const void* c, void*, void* d,
                               void* layout_d, const Algorithm* algorithm, void* workspace, size_t bytes,
                               cudaStream_t stream) {
  const Call call{*static_cast<Product*>(product),
                  *static_cast<Layout*>(layout_a),
                  *static_cast<Layout*>(layout_b),
                  *static_cast<Layout*>(layout_d),
                  a,
                  b,
                  d,
                  algorithm->data[0]};
  const auto is_aligned = [](const void* p) { return reinterpret_cast<uintptr_t>(p) % 256 == 0; };
  if (!fits(call.product, call.a, call.b, call.d) || bytes < kWorkspace || c != d || !is_aligned(a) ||
      !is_aligned(b) || !is_aligned(d) || !is_aligned(workspace)) {
    return kInvalid;
  }
  if (behaves("fails") || (behaves("half") && call.algorithm == 1) ||
      (behaves("lost") && emulator::is_recorded(stream)))
    return kFailed;
  if (behaves("slow")) std::this_thread::sleep_for(std::chrono::milliseconds(60));
  emulator::enqueue(stream, [call, workspace] {
    std::memset(workspace, 0xab, kWorkspace);
    multiply(call);
  });
  return kOk;
}
