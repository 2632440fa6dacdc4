// Rows and boxes near a row, against distances and plain loops on every ISA.
#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "base/rng.h"
#include "kernels/dispatch.h"
#include "kernels/dispatch_box.h"

namespace boreal {
namespace test {
namespace {

const Metric kMetrics[] = {Metric::kSquaredEuclidean, Metric::kManhattan, Metric::kChebyshev};

template <typename T>
void check_rows(const Kernels& isa, size_t n, size_t d) {
  Rng rng(71);
  const DistanceKernels<T>& kernels = distance_kernels<T>(isa);
  std::vector<T> x(d), y(n * d), packed((n + kernels.lanes) * d), expected(n), distances(n);
  for (T& value : x) value = static_cast<T>(rng.uniform());
  for (T& value : y) value = static_cast<T>(rng.uniform());
  kernels.pack(y.data(), d, n, d, packed.data());
  std::vector<int32_t> found(n);
  for (const Metric metric : kMetrics) {
    kernels.distances(metric, x.data(), d, packed.data(), expected.data(), n, 1, n, d);
    for (const T limit : {T(-1), expected[n / 2], std::numeric_limits<T>::infinity()}) {
      const size_t count = box_kernels<T>(isa).near_rows(metric, x.data(), packed.data(), n, d, limit,
                                                         found.data(), distances.data());
      size_t c = 0;
      for (size_t j = 0; j < n; ++j) {
        if (!(expected[j] <= limit)) continue;
        REQUIRE(c < count);
        CHECK(found[c] == static_cast<int32_t>(j));
        CHECK(distances[c++] == expected[j]);
      }
      CHECK(c == count);
    }
  }
}

// Boxes around rows each: none is further than the nearest of its rows, and one of a single row is as far.
template <typename T>
void check_boxes(const Kernels& isa, size_t n, size_t d) {
  Rng rng(72);
  const DistanceKernels<T>& kernels = distance_kernels<T>(isa);
  const size_t lanes = kernels.lanes, whole = (n + lanes - 1) / lanes * lanes;
  std::vector<T> x(d), boxes(whole * 2 * d, T(0)), rows, distances(n), out(4);
  std::vector<int32_t> found(n);
  for (T& value : x) value = static_cast<T>(rng.uniform());
  for (size_t b = 0; b < n; ++b) {
    std::vector<T> own((1 + b % 4) * d);
    for (T& value : own) value = static_cast<T>(rng.uniform());
    for (size_t k = 0; k < d; ++k) {
      T least = own[k], greatest = own[k];
      for (size_t r = 0; r <= b % 4; ++r) {
        least = std::min(least, own[r * d + k]);
        greatest = std::max(greatest, own[r * d + k]);
      }
      T* const box = boxes.data() + b / lanes * lanes * 2 * d + 2 * k * lanes + b % lanes;
      box[0] = least;
      box[lanes] = greatest;
    }
    rows.insert(rows.end(), own.begin(), own.end());
  }
  for (const Metric metric : kMetrics) {
    const T all = std::numeric_limits<T>::infinity();
    const size_t count = box_kernels<T>(isa).near_boxes(metric, x.data(), boxes.data(), n, d, all,
                                                        found.data(), distances.data());
    REQUIRE(count == n);
    const T* own = rows.data();
    for (size_t b = 0; b < n; ++b) {
      CHECK(found[b] == static_cast<int32_t>(b));
      const size_t held = 1 + b % 4;
      std::vector<T> packed((held + lanes) * d);
      kernels.pack(own, d, held, d, packed.data());
      kernels.distances(metric, x.data(), d, packed.data(), out.data(), 4, 1, held, d);
      const T nearest = *std::min_element(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(held));
      CHECK(distances[b] <= nearest);
      if (held == 1) CHECK(distances[b] == nearest);
      own += held * d;
    }
    const T limit = distances[n / 2];
    const std::vector<T> before = distances;
    const size_t near = box_kernels<T>(isa).near_boxes(metric, x.data(), boxes.data(), n, d, limit,
                                                       found.data(), distances.data());
    CHECK(near == static_cast<size_t>(std::count_if(before.begin(), before.end(),
                                                    [&](T distance) { return distance <= limit; })));
  }
}

}  // namespace

TEST_CASE_TEMPLATE("rows and boxes near a row on every ISA", T, float, double) {
  for (const Kernels* isa : available_kernels()) {
    CAPTURE(isa->name);
    for (const size_t n : {1, 7, 16, 33, 64, 129}) {
      for (const size_t d : {1, 3, 10}) {
        CAPTURE(n);
        CAPTURE(d);
        check_rows<T>(*isa, n, d);
        check_boxes<T>(*isa, n, d);
      }
    }
  }
}

}  // namespace test
}  // namespace boreal
