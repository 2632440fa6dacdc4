// Matrix products on every instruction set this CPU can run: each element is the defined chain of fma, bit
// for bit, whatever the shape, the strides, the transposes, the blocks, the packing, the batch and the
// threads.
#include "linalg/gemm.h"

#include <doctest/doctest.h>

#include <limits>
#include <random>
#include <string>
#include <vector>

#include "base/error.h"
#include "test/gemm_support.h"

namespace boreal {
namespace test {

TEST_CASE_TEMPLATE(
    "gemm: sizes around every vector and tile, all transposes, nothing read or written outside", T, float,
    double) {
  std::mt19937 random(5);
  for (const Kernels* isa : available_kernels()) {
    const std::string name = isa->name;
    CAPTURE(name);
    size_t wrong = 0, damaged = 0;
    for (size_t m : {0, 1, 2, 3, 5, 6, 7, 11, 12, 13, 25}) {
      for (size_t n : {0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 65}) {
        for (size_t k : {0, 1, 2, 3, 4, 5, 15, 17, 64}) {
          const size_t which = (m + n + k) % 4;
          Product<T> product(m, n, k, which / 2 != 0, which % 2 != 0, random, which, (m + k) % 3);
          product.run(*isa);
          wrong += product.count_wrong(*isa);
          damaged += !product.intact();
        }
      }
    }
    CHECK(wrong == 0);
    CHECK(damaged == 0);
  }
}

TEST_CASE_TEMPLATE("gemm: blocks of k, rows and columns change no bit", T, float, double) {
  std::mt19937 random(6);
  for (const Kernels* isa : available_kernels()) {
    const std::string name = isa->name;
    CAPTURE(name);
    // k around a block's depth; m around its rows; both sides packed, one, and none; rows 4 KiB apart, which
    // meet in one set of a cache; columns that end in half a panel, with few rows and with many.
    const size_t shapes[][3] = {{7, 40, 383},  {31, 70, 385}, {130, 17, 384},  {131, 70, 400},
                                {3, 150, 390}, {1, 300, 770}, {200, 1, 50},    {64, 48, 64},
                                {60, 1, 900},  {90, 3, 1000}, {20, 144, 1024}, {70, 1024, 20},
                                {13, 48, 514}, {5, 112, 30},  {12, 16, 520}};
    for (const auto& s : shapes) {
      for (size_t which = 0; which < 4; ++which) {
        CAPTURE(s[0]);
        CAPTURE(which);
        Product<T> product(s[0], s[1], s[2], which / 2 != 0, which % 2 != 0, random, which);
        product.options.bias = product.bias.data();
        product.run(*isa);
        CHECK(product.count_wrong(*isa) == 0);
        CHECK(product.intact());
      }
    }
  }
}

TEST_CASE_TEMPLATE("gemm: a few columns of a wide matrix are the chains that they are in the whole", T, float,
                   double) {
  std::mt19937 random(9);
  for (const Kernels* isa : available_kernels()) {
    const std::string name = isa->name;
    CAPTURE(name);
    for (size_t n : {1, 2, 4}) {
      for (bool transpose_b : {false, true}) {
        Product<T> product(7, n, 900, false, transpose_b, random);
        product.options.whole_cols = 33;
        CHECK(product.is_chain(*isa));
        product.run(*isa);
        CHECK(product.count_wrong(*isa) == 0);
      }
    }
  }
}

TEST_CASE_TEMPLATE("gemm: alpha, beta and bias", T, float, double) {
  std::mt19937 random(7);
  for (const Kernels* isa : available_kernels()) {
    const std::string name = isa->name;
    CAPTURE(name);
    size_t wrong = 0;
    for (T alpha : {T(0), T(1), T(-1), T(0.3)}) {
      for (T beta : {T(0), T(1), T(-0.7)}) {
        for (bool bias : {false, true}) {
          for (size_t n : {1, 3, 18, 40}) {
            for (bool transposed : {false, true}) {
              Product<T> product(14, n, 30, transposed, false, random);
              product.options.alpha = alpha;
              product.options.beta = beta;
              if (bias) product.options.bias = product.bias.data();
              product.run(*isa);
              wrong += product.count_wrong(*isa);
            }
          }
        }
      }
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE_TEMPLATE("gemm: beta 0 does not read C, alpha 0 neither A nor B; NaN and infinity pass through", T,
                   float, double) {
  constexpr T kNaN = std::numeric_limits<T>::quiet_NaN(), kInfinity = std::numeric_limits<T>::infinity();
  std::mt19937 random(8);
  for (const Kernels* isa : available_kernels()) {
    const std::string name = isa->name;
    CAPTURE(name);
    for (size_t n : {1, 5, 40}) {
      CAPTURE(n);
      Product<T> fresh(20, n, 40, false, false, random);
      fresh.before.assign(20 * n, kNaN);
      fresh.run(*isa);
      CHECK(fresh.count_wrong(*isa) == 0);

      Product<T> unread(20, n, 40, false, false, random);
      unread.a.at(3, 3) = unread.b.at(4, 0) = kNaN;
      unread.options.alpha = 0;
      unread.options.beta = 1;
      unread.run(*isa);
      CHECK(count_differing(unread.result(), unread.before) == 0);

      Product<T> special(2, n, 40, false, false, random);
      special.a.at(0, 3) = kNaN;
      special.a.at(1, 39) = kInfinity;
      special.run(*isa);
      for (size_t j = 0; j < n; ++j) {
        CHECK(std::isnan(special.c.at(0, j)));
        CHECK(std::isinf(special.c.at(1, j)));
      }
    }
  }
}

TEST_CASE_TEMPLATE("gemm: the activation on the way out is the one of the finished product", T, float,
                   double) {
  std::mt19937 random(9);
  for (const Kernels* isa : available_kernels()) {
    const std::string name = isa->name;
    CAPTURE(name);
    for (Unary f : {Unary::kRelu, Unary::kSigmoid, Unary::kTanh, Unary::kExp}) {
      for (size_t m : {1, 9, 70}) {
        for (size_t n : {1, 5, 45}) {
          for (size_t k : {0, 13, 390}) {
            Product<T> product(m, n, k, n == 1 && m == 9, false, random, 1);
            product.options.bias = product.bias.data();
            product.run(*isa);
            std::vector<T> expected = product.result();
            elementwise_kernels<T>(*isa).unary(f, expected.data(), n, expected.data(), n, m, n);
            product.options.activation = f;
            product.run(*isa);
            CHECK(count_differing(product.result(), expected) == 0);
          }
        }
      }
    }
  }
}

TEST_CASE_TEMPLATE("gemm: a row's bits depend neither on its batch nor on the threads nor on packing", T,
                   float, double) {
  std::mt19937 random(10);
  for (const Kernels* isa : available_kernels()) {
    const std::string name = isa->name;
    CAPTURE(name);
    for (size_t n : {1, 2, 6, 50, 130}) {
      for (size_t k : {20, 150, 500}) {
        CAPTURE(n);
        CAPTURE(k);
        const size_t m = 150;
        Product<T> product(m, n, k, false, false, random);
        product.options.bias = product.bias.data();
        product.options.max_threads = 1;
        product.run(*isa);
        const std::vector<T> whole = product.result();
        product.options.max_threads = 0;
        product.run(*isa);
        CHECK(count_differing(product.result(), whole) == 0);

        const PackedMatrix<T> packed(view(product.b), false, *isa);
        product.c.set(product.before);
        packed.multiply(view(product.a), writable(product.c), product.options);
        CHECK(count_differing(product.result(), whole) == 0);
        CHECK(product.intact());

        size_t differing = 0;
        for (size_t batch : {1, 2, 3, 4, 5, 7, 8, 11}) {
          for (size_t first : {0, 1, 77}) {
            std::vector<T> part(batch * n), other(batch * n);
            const MatrixView<const T> rows{product.a.row(first), batch, k, k};
            gemm(rows, view(product.b), dense_view(part.data(), batch, n), product.options);
            packed.multiply(rows, dense_view(other.data(), batch, n), product.options);
            for (size_t e = 0; e < batch * n; ++e) {
              differing += !same_bits(part[e], whole[first * n + e]) || !same_bits(other[e], part[e]);
            }
          }
        }
        CHECK(differing == 0);
      }
    }
  }
}

TEST_CASE_TEMPLATE("PackedMatrix: a transposed matrix, every factor, no rows", T, float, double) {
  std::mt19937 random(11);
  for (const Kernels* isa : available_kernels()) {
    const std::string name = isa->name;
    CAPTURE(name);
    for (size_t n : {1, 4, 31, 33}) {
      for (size_t k : {0, 1, 19, 200}) {
        Product<T> product(11, n, k, false, true, random, 2);
        product.options.alpha = T(-0.3);
        product.options.beta = T(0.5);
        product.options.bias = product.bias.data();
        product.run(*isa);
        const std::vector<T> expected = product.result();
        const PackedMatrix<T> packed(view(product.b), true, *isa);
        CHECK(packed.rows() == k);
        CHECK(packed.cols() == n);
        product.c.set(product.before);
        packed.multiply(view(product.a), writable(product.c), product.options);
        CHECK(count_differing(product.result(), expected) == 0);
        packed.multiply({nullptr, 0, k, k}, {nullptr, 0, n, n});
      }
    }
  }
}

TEST_CASE("gemm: shapes that don't fit, and cancellation") {
  std::vector<double> values(100);
  const auto code_of = [](auto f) -> std::string {
    try {
      f();
    } catch (const Error& error) {
      return error.code();
    }
    return "";
  };
  const MatrixView<const double> a = dense_view<const double>(values.data(), 4, 5);
  std::vector<double> result(16);
  const MatrixView<double> c = dense_view(result.data(), 4, 4);
  CHECK(code_of([&] { gemm(a, a, c); }) == "ERR_SHAPE");
  const PackedMatrix<double> packed(a);
  CHECK(code_of([&] { packed.multiply(a, c); }) == "ERR_SHAPE");
  CancelToken token;
  GemmOptions<double> options;
  options.transpose_b = true;
  options.cancel = &token;
  CHECK(code_of([&] { gemm(a, a, c, options); }) == "");
  token.cancel();
  CHECK(code_of([&] { gemm(a, a, c, options); }) == "ERR_ABORTED");
}

}  // namespace test
}  // namespace boreal
