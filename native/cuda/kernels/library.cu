// Around a library's products. Memory is the limit of those that run with each pass: flipping codes reads and
// writes a byte, finishing four bytes; sums that become elements are four bytes in and one to four out. The
// others run when a plan is made.
#include "cuda/launch.cuh"
#include "cuda/library_kernels.cuh"

namespace boreal {
namespace cuda {
namespace {

__global__ void flip_kernel(const uint4* codes, uint4* flipped, size_t count) {
  constexpr uint32_t kTops = 0x80808080u;
  for (size_t i = first_element(); i < count; i += element_step()) {
    const uint4 x = codes[i];
    flipped[i] = {x.x ^ kTops, x.y ^ kTops, x.z ^ kTops, x.w ^ kTops};
  }
}

__global__ void finish_kernel(float* numbers, size_t count, Finish finish) {
  float4* const groups = reinterpret_cast<float4*>(numbers);
  for (size_t i = first_element(); i < count / 4; i += element_step()) {
    const float4 x = groups[i];
    groups[i] = {finish_inline(finish, x.x), finish_inline(finish, x.y), finish_inline(finish, x.z),
                 finish_inline(finish, x.w)};
  }
  for (size_t i = count / 4 * 4 + first_element(); i < count; i += element_step()) {
    numbers[i] = finish_inline(finish, numbers[i]);
  }
}

template <int kElement>
__device__ __forceinline__ typename TensorSum<kElement>::Type sum_at(
    const TensorCall& call, const typename TensorSum<kElement>::Type* row, uint32_t column) {
  if (column >= call.n) return 0;
  if constexpr (kElement == BOREAL_CUDA_CODE) return row[column] + 128 * call.columns[column].sum;
  return row[column];
}

template <int kElement>
__global__ void sums_kernel(TensorCall call, const typename TensorSum<kElement>::Type* sums,
                            uint32_t row_groups) {
  const size_t count = size_t{call.m} * row_groups;
  for (size_t i = first_element(); i < count; i += element_step()) {
    const size_t row = i / row_groups;
    const uint32_t column = static_cast<uint32_t>(i % row_groups) * 4;
    typename TensorSum<kElement>::Type own[4];
#pragma unroll
    for (uint32_t e = 0; e < 4; ++e) own[e] = sum_at<kElement>(call, sums + row * call.n, column + e);
    TensorColumns<kElement, 4>(call, column).store(call, row, own);
  }
}

template <int kElement>
void start_sums(const TensorCall& call, const void* sums, cudaStream_t stream) {
  const uint32_t columns = call.elements ? call.out_bytes / element_bytes(kElement) : call.n;
  const uint32_t row_groups = (columns + 3) / 4;
  launch(sums_kernel<kElement>, grid_of(size_t{call.m} * row_groups), kThreads, 0, stream, call,
         static_cast<const typename TensorSum<kElement>::Type*>(sums), row_groups);
}

// ---- Trials ----

__global__ void repeat_kernel(const uint32_t* from, size_t period, uint32_t* out, size_t count) {
  for (size_t i = first_element(); i < count; i += element_step()) out[i] = from[i % period];
}

__global__ void compare_kernel(const uint32_t* found, size_t count, const uint32_t* expected, size_t period,
                               uint32_t* different) {
  for (size_t i = first_element(); i < count; i += element_step()) {
    if (found[i] != expected[i % period]) atomicAdd(different, 1u);
  }
}

__device__ double number_at(int element, const unsigned char* numbers, size_t at) {
  switch (element) {
    case BOREAL_CUDA_CODE:
      return static_cast<int8_t>(numbers[at]);
    case BOREAL_CUDA_FLOAT16:
      return static_cast<double>(from_float16(reinterpret_cast<const uint16_t*>(numbers)[at]));
    case BOREAL_CUDA_BFLOAT16:
      return static_cast<double>(from_bfloat16(reinterpret_cast<const uint16_t*>(numbers)[at]));
    default:
      return static_cast<double>(reinterpret_cast<const float*>(numbers)[at]);
  }
}

__global__ void sums_check_kernel(ProductOperands p, const void* sums, uint32_t* different) {
  const size_t count = size_t{p.m} * p.n;
  for (size_t i = first_element(); i < count; i += element_step()) {
    const size_t row = i / p.n, column = i % p.n;
    double sum = p.bias == nullptr ? 0 : static_cast<double>(p.bias[column]), size = fabs(sum);
    for (size_t k = 0; k < p.k; ++k) {
      const size_t place = p.is_b_turned ? column * p.k + k : k * p.n + column;
      const double term = number_at(p.element, p.a, row * p.k + k) * number_at(p.element, p.b, place);
      sum += term;
      size += fabs(term);
    }
    const bool codes = p.element == BOREAL_CUDA_CODE;
    const double found = codes ? static_cast<double>(static_cast<const int32_t*>(sums)[i])
                               : static_cast<double>(static_cast<const float*>(sums)[i]);
    // Twice the bound of any order of additions in float32: tensor cores cut off what others would round.
    const double error = codes ? 0 : (p.k + 16) * 0x1p-23 * size;
    if (!(fabs(found - sum) <= error)) atomicAdd(different, 1u);
  }
}

}  // namespace

void flip_codes(const void* codes, void* flipped, size_t bytes, cudaStream_t stream) {
  const size_t count = bytes / sizeof(uint4);
  launch(flip_kernel, grid_of(count), kThreads, 0, stream, static_cast<const uint4*>(codes),
         static_cast<uint4*>(flipped), count);
}

void finish_numbers(float* numbers, size_t count, const Finish& finish, cudaStream_t stream) {
  launch(finish_kernel, grid_of(count, 4 * kThreads), kThreads, 0, stream, numbers, count, finish);
}

void write_sums(const TensorCall& call, int element, const void* sums, cudaStream_t stream) {
  switch (element) {
    case BOREAL_CUDA_FLOAT16:
      return start_sums<BOREAL_CUDA_FLOAT16>(call, sums, stream);
    case BOREAL_CUDA_BFLOAT16:
      return start_sums<BOREAL_CUDA_BFLOAT16>(call, sums, stream);
    case BOREAL_CUDA_TF32:
      return start_sums<BOREAL_CUDA_TF32>(call, sums, stream);
    default:
      return start_sums<BOREAL_CUDA_CODE>(call, sums, stream);
  }
}

void repeat_rows(const uint32_t* from, size_t count, uint32_t words, uint32_t* out, size_t rows,
                 cudaStream_t stream) {
  launch(repeat_kernel, grid_of(rows * words), kThreads, 0, stream, from, count * words, out, rows * words);
}

void compare_rows(const uint32_t* found, size_t rows, const uint32_t* expected, size_t count, uint32_t words,
                  uint32_t* different, cudaStream_t stream) {
  launch(compare_kernel, grid_of(rows * words), kThreads, 0, stream, found, rows * words, expected,
         count * words, different);
}

void compare_sums(const ProductOperands& operands, const void* sums, uint32_t* different,
                  cudaStream_t stream) {
  launch(sums_check_kernel, grid_of(size_t{operands.m} * operands.n), kThreads, 0, stream, operands, sums,
         different);
}

}  // namespace cuda
}  // namespace boreal
