// The kernels of one instruction set as a table of function pointers. The comments here ARE the contract:
// every ISA obeys them, test/kernels_test.cc checks them on every ISA.
//
// Common rules, unless a kernel says otherwise:
//  - Matrices are row-major, element (i, j) at x[i * xs + j]; xs >= cols is the row stride in elements.
//  - No alignment is needed. y may equal x with ys == xs (in place); any other overlap is not allowed.
//  - rows == 0 or cols == 0 does nothing.
//  - Row independence: the bits of a result row depend only on that input row, never on rows, on its
//    position or on what lies around it. Kernels write nothing beyond cols in a row.
//  - noexcept, no allocation, no threads, no I/O; no standard library (see CMakeLists.txt on weak symbols).
//  - NaN propagates as IEEE 754 says.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace boreal {

enum class Activation : int32_t { kIdentity = 0, kRelu = 1, kSigmoid = 2, kTanh = 3, kExp = 4 };

// How find_invalid judges a value.
enum class FiniteRule : int32_t { kFinite = 0, kFiniteOrNan = 1 };

template <typename T>
struct RowKernels {
  // y[i,j] = isnan(x[i,j]) ? fill[j] : x[i,j]
  void (*impute)(const T* x, size_t xs, const T* fill, T* y, size_t ys, size_t rows, size_t cols) noexcept;

  // y[i,j] = (x[i,j] - shift[j]) / scale[j], a true division
  void (*affine)(const T* x, size_t xs, const T* shift, const T* scale, T* y, size_t ys, size_t rows,
                 size_t cols) noexcept;

  // y = f(x). exp, sigmoid and tanh within 4 ulp of the exact value over the whole range (no flush of
  // subnormal results beyond 1 ulp of the smallest normal number), f(+-inf) exact, relu(NaN) = NaN.
  void (*activate)(Activation kind, const T* x, size_t xs, T* y, size_t ys, size_t rows,
                   size_t cols) noexcept;

  // y[i,:] = exp(x[i,:] - max) / sum, the maximum taken first so that nothing overflows. A row with a NaN
  // becomes all NaN.
  void (*softmax)(const T* x, size_t xs, T* y, size_t ys, size_t rows, size_t cols) noexcept;

  // y[i * ys] = index of the first largest value of row i, as T; a NaN counts as the largest (numpy's rule).
  // y must not overlap x. cols >= 1.
  void (*argmax)(const T* x, size_t xs, T* y, size_t ys, size_t rows, size_t cols) noexcept;

  // y[i,j] = bias[j] + sum_k x[i,k] * w[k,j], k summed in one fixed order that depends on (k, n) only.
  // packed comes from dense_pack; y must not overlap x. k == 0 gives the bias.
  void (*dense)(const T* x, size_t xs, const T* packed, const T* bias, T* y, size_t ys, size_t rows, size_t k,
                size_t n) noexcept;
  // Elements (T) that dense_pack writes for w[k, n].
  size_t (*dense_packed_size)(size_t k, size_t n) noexcept;
  // Reorders w[k, n] (row-major, stride n) into this ISA's own layout. packed is 64-byte aligned.
  void (*dense_pack)(const T* w, size_t k, size_t n, T* packed) noexcept;

  // Index (i * cols + j) of the first value of the matrix that breaks the rule, or rows * cols.
  size_t (*find_invalid)(FiniteRule rule, const T* x, size_t xs, size_t rows, size_t cols) noexcept;
};

// A node of a prepared forest: one word, so that a step of the walk is one load, and eight nodes fill a cache
// line.
//   bits 0..31         inner: the threshold as ordered bits; leaf: its row in the table of leaf values
//   next feature_bits  staged column
//   the rest           inner: index of the left child within the tree (right child = left + 1);
//                      leaf: its own index, a self-loop through the pad column
// Ordered bits (device/forest_layout.h) are uint32 that compare as the floats they stand for: an integer
// compare feeds the next address 1.5 times as fast as a float compare, and 0 lies below every float and
// 0xffffffff above, which is how missing values take their side.
using ForestNode = uint64_t;

// Nodes of all trees, prepared by device/forest_layout.cc.
struct ForestTable {
  const ForestNode* nodes;     // all trees, one after another, each starting on a cache line
  const size_t* tree_begin;    // [trees] index of each tree's root in nodes
  const uint32_t* tree_depth;  // [trees] most edges from root to leaf
  size_t trees;
  uint32_t feature_bits;
};

// A step goes right iff x > threshold. x is the staged matrix of ordered bits; its pad column holds 0, so
// that a leaf (which reads it) always stays where it is.
struct ForestKernels {
  // leaf[i] = row of the leaf value that row i reaches in tree `tree`.
  void (*walk_rows)(const ForestTable* forest, size_t tree, const uint32_t* x, size_t xs, size_t rows,
                    uint32_t* leaf) noexcept;
  // leaf[t] for every tree and one staged row.
  void (*walk_trees)(const ForestTable* forest, const uint32_t* x, uint32_t* leaf) noexcept;
};

struct Kernels {
  const char* name;  // "scalar", "avx2", "avx512", "avx512vnni", "neon"
  RowKernels<float> f32;
  RowKernels<double> f64;
  ForestKernels forest;
};

template <typename T>
const RowKernels<T>& row_kernels(const Kernels& kernels);
template <>
inline const RowKernels<float>& row_kernels<float>(const Kernels& kernels) {
  return kernels.f32;
}
template <>
inline const RowKernels<double>& row_kernels<double>(const Kernels& kernels) {
  return kernels.f64;
}

// One per ISA, defined in <isa>/table.cc; only those that the compiler can build exist (BOREAL_HAVE_<ISA>).
namespace scalar {
extern const Kernels kKernels;
}
namespace avx2 {
extern const Kernels kKernels;
}
namespace avx512 {
extern const Kernels kKernels;
}
namespace avx512vnni {
extern const Kernels kKernels;
}
namespace neon {
extern const Kernels kKernels;
}

}  // namespace boreal
