// bfloat16 on every instruction set this CPU can run: conversions against the definition, products against
// the float product of the widened weights.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "base/error.h"
#include "test/gemm_support.h"

namespace boreal {
namespace test {
namespace {

float from_bits(uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof(x));
  return x;
}

float widened(uint16_t x) { return from_bits(uint32_t{x} << 16); }

uint16_t rounded(const Kernels& isa, float x) {
  uint16_t y;
  isa.bf16.from_float(&x, &y, 1);
  return y;
}

}  // namespace

TEST_CASE("bf16: widening is exact, rounding goes to the nearest, ties to even, NaN stays NaN") {
  for (const Kernels* isa : available_kernels()) {
    const std::string name = isa->name;
    CAPTURE(name);
    std::vector<uint16_t> all(65536), back(65536);
    std::vector<float> wide(65536);
    for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<uint16_t>(i);
    isa->bf16.to_float(all.data(), wide.data(), all.size());
    isa->bf16.from_float(wide.data(), back.data(), all.size());
    size_t wrong = 0;
    for (size_t i = 0; i < all.size(); ++i) {
      const bool nan = std::isnan(widened(all[i]));
      wrong += nan ? !std::isnan(wide[i]) || !std::isnan(widened(back[i])) : back[i] != all[i];
      wrong += !same_bits(wide[i], widened(all[i]));
      if (nan || (i & 0x7fff) >= 0x7f80) continue;
      // Below, at and above the middle between this value and the next one away from zero.
      const uint32_t bits = static_cast<uint32_t>(i) << 16;
      const uint16_t next = static_cast<uint16_t>(i + 1), even = i % 2 == 0 ? all[i] : next;
      wrong += rounded(*isa, from_bits(bits + 0x7fff)) != all[i];
      wrong += rounded(*isa, from_bits(bits + 0x8000)) != even;
      wrong += rounded(*isa, from_bits(bits + 0x8001)) != next;
    }
    CHECK(wrong == 0);
    CHECK(std::isinf(widened(rounded(*isa, std::numeric_limits<float>::max()))));
    // A NaN whose payload lies in the lower half only.
    CHECK(std::isnan(widened(rounded(*isa, from_bits(0x7f800001u)))));
  }
}

TEST_CASE(
    "PackedBf16Matrix: the bits of the float product of the widened weights; bf16 rows within the bound") {
  std::mt19937 random(12);
  for (const Kernels* isa : available_kernels()) {
    const std::string name = isa->name;
    CAPTURE(name);
    const size_t sizes[][3] = {{0, 3, 4},  {1, 1, 1},   {1, 130, 77},  {2, 33, 2},    {3, 40, 3},
                               {7, 16, 5}, {8, 64, 64}, {13, 31, 390}, {70, 45, 385}, {140, 70, 400}};
    for (const auto& s : sizes) {
      const size_t m = s[0], n = s[1], k = s[2];
      CAPTURE(m);
      CAPTURE(n);
      CAPTURE(k);
      for (bool transpose : {false, true}) {
        Product<float> product(m, n, k, false, transpose, random, 1);
        const PackedBf16Matrix packed(view(product.b), transpose, *isa);
        CHECK(packed.rows() == k);
        CHECK(packed.cols() == n);
        for (size_t i = 0; i < product.b.rows(); ++i) {
          for (size_t j = 0; j < product.b.cols(); ++j) {
            product.b.at(i, j) = widened(rounded(*isa, product.b.at(i, j)));
          }
        }
        product.options.bias = product.bias.data();
        product.options.beta = 0.5f;
        product.options.kernels = isa;
        packed.multiply(view(product.a), writable(product.c), product.options);
        size_t wrong = 0;
        for (size_t e = 0; e < m * n; ++e) {
          wrong += !same_bits(product.c.at(e / n, e % n), product.chain(*isa, e / n, e % n));
        }
        CHECK(wrong == 0);
        CHECK(product.intact());

        FencedMatrix<uint16_t> narrow(m, k, k + k % 3);
        for (size_t i = 0; i < m; ++i) {
          for (size_t p = 0; p < k; ++p) {
            narrow.at(i, p) = rounded(*isa, product.a.at(i, p));
            product.a.at(i, p) = widened(narrow.at(i, p));
          }
        }
        product.c.set(product.before);
        packed.multiply(view(narrow), writable(product.c), product.options);
        wrong = 0;
        for (size_t e = 0; e < m * n; ++e) {
          const size_t i = e / n, j = e % n;
          double exact = product.start(i, j), magnitude = std::fabs(exact);
          for (size_t p = 0; p < k; ++p) {
            const double term = static_cast<double>(product.left(i, p)) * product.right(p, j);
            exact += term;
            magnitude += std::fabs(term);
          }
          wrong += !(std::fabs(product.c.at(i, j) - exact) <= dot_bound<float>(k + 2, magnitude));
        }
        CHECK(wrong == 0);
        CHECK(product.intact());
        CHECK(narrow.intact());
        // Each row alone.
        for (size_t i = 0; i < m; i += 5) {
          std::vector<float> alone(n);
          for (size_t j = 0; j < n; ++j) alone[j] = product.before[i * n + j];
          packed.multiply({narrow.row(i), 1, k, narrow.stride()}, dense_view(alone.data(), 1, n),
                          product.options);
          for (size_t j = 0; j < n; ++j) wrong += !same_bits(alone[j], product.c.at(i, j));
        }
        CHECK(wrong == 0);
      }
    }
  }
}

TEST_CASE("PackedBf16Matrix: shapes that don't fit, and a factor") {
  std::vector<float> values(20), result(16);
  const PackedBf16Matrix packed(dense_view<const float>(values.data(), 5, 4));
  CHECK_THROWS_AS(
      packed.multiply(dense_view<const float>(values.data(), 4, 4), dense_view(result.data(), 4, 4)), Error);
  std::vector<uint16_t> narrow(20);
  GemmOptions<float> options;
  options.alpha = 2;
  CHECK_THROWS_AS(packed.multiply(dense_view<const uint16_t>(narrow.data(), 4, 5),
                                  dense_view(result.data(), 4, 4), options),
                  Error);
}

}  // namespace test
}  // namespace boreal
