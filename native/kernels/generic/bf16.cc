// Products by bfloat16 weights of one instruction set: the loops and tiles of the float product, which widen
// B as they load it. Pairs of k lie together, so that widening is a shift or a mask, and so that they are
// what AVX-512's dot product wants.
#include BOREAL_SIMD

#include <string.h>

#include "kernels/generic/gemm_loops.inl.h"
#include "kernels/isa.h"

namespace boreal {
namespace {

inline uint16_t round_to_bf16(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof(bits));
  if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<uint16_t>(bits >> 16 | 0x40u);
  return static_cast<uint16_t>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

// Plain loops that the compiler vectorises.
void from_float(const float* x, uint16_t* y, size_t count) noexcept {
  for (size_t i = 0; i < count; ++i) y[i] = round_to_bf16(x[i]);
}

void to_float(const uint16_t* x, float* y, size_t count) noexcept {
  for (size_t i = 0; i < count; ++i) {
    const uint32_t bits = uint32_t{x[i]} << 16;
    memcpy(y + i, &bits, sizeof(bits));
  }
}

// B as pairs of rows, [k / 2][columns][2].
struct Paired {
  using Value = float;
  using Element = uint16_t;
  static constexpr bool kPlain = false, kPacksA = true;
  static constexpr size_t padded(size_t k) { return round_up(k, 2); }
  static const uint16_t* advance(const uint16_t* b, size_t steps, size_t b_step) {
    return b + steps * b_step;
  }
  template <size_t kStep>
  static Vec<float> row(const uint16_t* b, size_t b_step, size_t v) {
    const uint16_t* pairs = b + kStep / 2 * 2 * b_step + v * 2 * Vec<float>::kLanes;
    return kStep % 2 == 0 ? load_first_bf16(pairs) : load_second_bf16(pairs);
  }
  static void add(Vec<float>& sum, Vec<float> a, Vec<float> b) { add_product(sum, a, b); }
};
static_assert(kDepth % 2 == 0, "a block of k must not tear a pair");

size_t packed_size(size_t k, size_t n) noexcept { return round_up(k, 2) * round_up(n, kPanel<float>); }

void pack(const float* b, size_t b_row, size_t b_col, size_t k, size_t n, uint16_t* packed) noexcept {
  for (size_t j = 0; j < n; j += kPanel<float>) {
    for (size_t p = 0; p < round_up(k, 2); p += 2, packed += 2 * kPanel<float>) {
      for (size_t lane = 0; lane < 2 * kPanel<float>; ++lane) {
        const size_t row = p + lane % 2, col = j + lane / 2;
        packed[lane] = row < k && col < n ? round_to_bf16(b[row * b_row + col * b_col]) : uint16_t{0};
      }
    }
  }
}

#if defined(BOREAL_HAS_BF16_DOT)
// A and B as matrices of pairs: half as deep, each pair in a lane of its own that only loads, broadcasts and
// the dot product touch.
struct Pairs : Plain<float> {
  static constexpr bool kPlain = false, kPacksA = false;
  static void add(Vec<float>& sum, Vec<float> a, Vec<float> b) { add_bf16_pairs(sum, a, b); }
};

GemmTask<float> task_of_pairs(const GemmTask<float, uint16_t, uint16_t>& t) {
  return {t.m,
          t.n,
          (t.k + 1) / 2,
          reinterpret_cast<const float*>(t.a),
          t.a_row / 2,
          1,
          reinterpret_cast<const float*>(t.b),
          0,
          1,
          true,
          t.c,
          t.c_row,
          t.alpha,
          t.beta,
          t.bias,
          t.activation,
          t.activate};
}

// A with rows of whole pairs, where it has not got them itself.
bool copies_rows(const GemmTask<float, uint16_t, uint16_t>& t) { return t.k % 2 != 0 || t.a_row % 2 != 0; }

size_t workspace_bf16(const GemmTask<float, uint16_t, uint16_t>& t) noexcept {
  return copies_rows(t) ? t.m * ((t.k + 1) / 2) : 0;
}

void multiply_bf16(const GemmTask<float, uint16_t, uint16_t>& t, float* workspace) noexcept {
  GemmTask<float> pairs = task_of_pairs(t);
  if (copies_rows(t)) {
    for (size_t i = 0; i < t.m; ++i) {
      float* const row = workspace + i * pairs.k;
      if (t.k % 2 != 0) row[pairs.k - 1] = 0;  // both halves, the second stays
      memcpy(row, t.a + i * t.a_row, t.k * sizeof(uint16_t));
    }
    pairs.a = workspace;
    pairs.a_row = pairs.k;
  }
  multiply<Pairs>(pairs, nullptr);
}
constexpr auto kWorkspaceBf16 = workspace_bf16;
constexpr auto kMultiplyBf16 = multiply_bf16;
#else
constexpr decltype(Bf16Kernels::workspace_bf16) kWorkspaceBf16 = nullptr;
constexpr decltype(Bf16Kernels::multiply_bf16) kMultiplyBf16 = nullptr;
#endif

}  // namespace

namespace BOREAL_ISA {

constexpr Bf16Kernels kBf16{from_float, to_float,          kTileRows,        kPanel<float>,  packed_size,
                            pack,       workspace<Paired>, multiply<Paired>, kWorkspaceBf16, kMultiplyBf16};

}  // namespace BOREAL_ISA
}  // namespace boreal
