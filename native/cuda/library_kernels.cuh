// Kernels around a library's products: what it cannot read or write, and trials of what it does.
#pragma once

#include "cuda/tensor.cuh"

namespace boreal {
namespace cuda {

// Codes as signed bytes 128 lower; the number of bytes is a multiple of 16.
void flip_codes(const void* codes, void* flipped, size_t bytes, cudaStream_t stream);
// finish of each number, in place.
void finish_numbers(float* numbers, size_t count, const Finish& finish, cudaStream_t stream);
// What a tensor product makes of sums [m, n]: float32 with their bias, or int32 of codes that were flipped.
void write_sums(const TensorCall& call, int element, const void* sums, cudaStream_t stream);

// out [rows, words] of `count` rows [count, words], again and again.
void repeat_rows(const uint32_t* from, size_t count, uint32_t words, uint32_t* out, size_t rows,
                 cudaStream_t stream);
// Adds to *different where `rows` rows are not bit by bit those `count` rows, again and again.
void compare_rows(const uint32_t* found, size_t rows, const uint32_t* expected, size_t count, uint32_t words,
                  uint32_t* different, cudaStream_t stream);

// Operands of a product: a [m, k]; b [n, k], or [k, n]; bias or null. Codes are flipped.
struct ProductOperands {
  int element;
  const unsigned char *a, *b;
  const float* bias;
  uint32_t m, n, k;
  bool is_b_turned;  // [n, k]
};
// Adds to *different where sums [m, n] are not near those in float64; those of codes have to be exact.
void compare_sums(const ProductOperands& operands, const void* sums, uint32_t* different,
                  cudaStream_t stream);

}  // namespace cuda
}  // namespace boreal
