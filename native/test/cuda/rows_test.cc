// Rows on the device beside plain loops: products in their error bounds, clusters to the row.
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "base/rng.h"
#include "device/cuda_rows.h"
#include "test/cuda/devices.h"
#include "test/program_support.h"
#include "train/kmeans.h"

namespace boreal {
namespace test {
namespace {

struct Data {
  Data(size_t rows_, size_t cols_, double offset = 0, uint64_t seed = 1) : rows(rows_), cols(cols_) {
    Rng rng(seed + rows * 31 + cols);
    for (size_t i = 0; i < rows * cols; ++i) {
      x.push_back(rng.uniform() * 2 - 1 + offset);
      weights.push_back(rng.below(4) / 2.0);
    }
    weights.resize(rows);
  }
  MatrixView<const double> view() const { return {x.data(), rows, cols, cols}; }

  size_t rows, cols;
  std::vector<double> x, weights;
};

void check_near(const std::vector<double>& found, const std::vector<double>& expected, double bound) {
  REQUIRE(found.size() == expected.size());
  double most = 0;
  for (size_t i = 0; i < found.size(); ++i) most = std::fmax(most, std::fabs(found[i] - expected[i]));
  CHECK(most <= bound);
}

std::vector<double> values(size_t count, uint64_t seed) {
  Rng rng(seed);
  std::vector<double> result(count);
  for (double& value : result) value = rng.uniform() * 2 - 1;
  return result;
}

// sum over k of a(i, k) b(k, j)
template <typename A, typename B>
std::vector<double> product(size_t m, size_t n, size_t terms, const A& a, const B& b) {
  std::vector<double> out(m * n);
  for (size_t i = 0; i < m; ++i) {
    for (size_t j = 0; j < n; ++j) {
      for (size_t k = 0; k < terms; ++k) out[i * n + j] += a(i, k) * b(k, j);
    }
  }
  return out;
}

}  // namespace

TEST_CASE("rows: products with all of them") {
  // Values are below 2: sums of some hundred of them in float32 are off by some u of their size.
  for (const auto& [rows, cols] : {std::pair<size_t, size_t>{1, 1}, {3, 40}, {600, 5}, {1100, 70}}) {
    CAPTURE(rows);
    const Data data(rows, cols);
    const std::vector<double> mean = values(cols, 5);
    const auto x = [&, c = cols](size_t i, size_t j) { return data.x[i * c + j] - mean[j]; };
    each_device([&](const CudaLibrary& library, int32_t device) {
      if (device > 0 && rows > 3) return;
      const CudaRows placed({&library, device}, data.view(), {mean.data(), mean.size()}, nullptr);
      const size_t m = rows, c = cols;
      const double bound = 1e-6 * double(rows);
      check_near(placed.gram(),
                 product(
                     c, c, m, [&](size_t i, size_t k) { return x(k, i); },
                     [&](size_t k, size_t j) { return x(k, j); }),
                 bound);
      for (const size_t n : {size_t{1}, size_t{33}}) {
        const std::vector<double> wide = values(c * n, 7), tall = values(m * n, 8);
        check_near(placed.times({wide.data(), wide.size()}, n),
                   product(m, n, c, x, [&](size_t k, size_t j) { return wide[k * n + j]; }), 2e-5);
        check_near(placed.transposed_times({tall.data(), tall.size()}, n),
                   product(
                       c, n, m, [&](size_t i, size_t k) { return x(k, i); },
                       [&](size_t k, size_t j) { return tall[k * n + j]; }),
                   bound);
      }
    });
  }
}

TEST_CASE("rows: nearest centres, sums of clusters, and what has moved") {
  for (const size_t clusters : {1u, 7u, 33u, 200u}) {
    CAPTURE(clusters);
    for (const bool weighted : {false, true}) {
      const Data data(clusters == 200 ? 130 : 300, clusters == 33 ? 35 : 4);
      std::vector<double> centres = values(clusters * data.cols, 3);
      if (clusters > 7) std::copy_n(centres.begin(), data.cols, centres.begin() + long(data.cols));  // a tie
      each_device([&](const CudaLibrary& library, int32_t device) {
        if (device > 0) return;
        const CudaRows placed({&library, device}, data.view(), {}, nullptr);
        if (weighted) placed.weigh({data.weights.data(), data.weights.size()});
        std::vector<double> sums;
        CHECK(placed.assign(centres, clusters, false, &sums));
        CHECK(!placed.assign(centres, clusters, false, &sums));
        CHECK(placed.assign(centres, clusters, true, &sums));
        std::vector<int32_t> labels(data.rows);
        std::vector<float> distances(data.rows);
        placed.labels(labels.data(), distances.data());
        std::vector<double> expected(sums.size());
        size_t wrong = 0;
        for (size_t i = 0; i < data.rows; ++i) {
          double least = INFINITY, own = 0;
          for (size_t c = 0; c < clusters; ++c) {
            double distance = 0;
            for (size_t j = 0; j < data.cols; ++j) {
              distance += std::pow(data.x[i * data.cols + j] - centres[c * data.cols + j], 2);
            }
            least = std::fmin(least, distance);
            if (c == size_t(labels[i])) own = distance;
          }
          wrong += std::fabs(own - least) > 1e-5 || (clusters > 7 && labels[i] == 1);
          wrong += std::fabs(distances[i] - own) > 1e-5;
          const double weight = weighted ? data.weights[i] : 1;
          double* const sum = expected.data() + size_t(labels[i]) * (data.cols + 1);
          for (size_t j = 0; j < data.cols; ++j) sum[j] += weight * float(data.x[i * data.cols + j]);
          sum[data.cols] += weight;
        }
        CHECK(wrong == 0);
        check_near(sums, expected, 1e-12);
      });
    }
  }
}

TEST_CASE("rows: k-means finds the CPU's clusters from the CPU's starts") {
  for (const size_t clusters : {1u, 3u, 40u}) {
    CAPTURE(clusters);
    const Data data(200, 3, 100);
    KMeansSpec spec;
    spec.clusters = static_cast<uint32_t>(clusters);
    spec.restarts = 2;
    spec.max_iter = 20;
    const auto fit = [&](const Span<double> weights) {
      return fit_kmeans(data.view(), weights, {}, spec, nullptr, {});
    };
    for (const Span<double> weights : {Span<double>{}, Span<double>{data.weights.data(), data.rows}}) {
      spec.target = {};
      const KMeansModel expected = fit(weights);
      each_device([&](const CudaLibrary& library, int32_t device) {
        if (device > 0) return;
        spec.target = {&library, device};
        const KMeansModel found = fit(weights);
        CHECK(found.labels == expected.labels);
        CHECK(found.iterations == expected.iterations);
        CHECK(found.inertia == doctest::Approx(expected.inertia).epsilon(1e-5));
        check_near(found.centres, expected.centres, 1e-5);
      });
    }
  }
}

TEST_CASE("rows: an outlier takes no digits from the others, whichever row it is") {
  for (const size_t outlier : {size_t{0}, size_t{7}}) {
    Data data(300, 2);
    data.x[outlier * 2] = data.x[outlier * 2 + 1] = 1e8;
    KMeansSpec spec;
    spec.clusters = 4;
    spec.max_iter = 20;
    const auto fit = [&] { return fit_kmeans(data.view(), {}, {}, spec, nullptr, {}); };
    const KMeansModel expected = fit();
    each_device([&](const CudaLibrary& library, int32_t device) {
      spec.target = {&library, device};
      const KMeansModel found = fit();
      CHECK(found.labels == expected.labels);
      CHECK(found.inertia == doctest::Approx(expected.inertia).epsilon(1e-5));
    });
  }
}

TEST_CASE("rows: more columns than a grid numbers are refused") {
  const std::vector<double> row(BOREAL_CUDA_MOST_COLUMNS + 1);
  each_device([&](const CudaLibrary& library, int32_t device) {
    const MatrixView<const double> x{row.data(), 1, row.size(), row.size()};
    CHECK(error_code([&] { CudaRows({&library, device}, x, {}, nullptr); }) == "ERR_SHAPE");
  });
}

TEST_CASE("rows: a call that fails leaves nothing behind") {
  if (!cuda_devices().emulated) return;
  const CudaLibrary& library = *cuda_devices().library;
  const Data data(200, 3);
  KMeansSpec spec;
  spec.clusters = 3;
  spec.max_iter = 3;
  spec.target = {&library, 0};
  const auto fit = [&] { return fit_kmeans(data.view(), {}, {}, spec, nullptr, {}); };
  const auto multiply = [&] {
    const CudaRows placed(spec.target, data.view(), {}, nullptr);
    const std::vector<double> b = values(200, 2), product = placed.transposed_times({b.data(), 200}, 1);
    return std::make_pair(placed.gram(), placed.times({product.data(), 3}, 1));
  };
  const std::vector<int32_t> labels = fit().labels;
  const auto products = multiply();
  const uint64_t before = free_bytes(library, 0);
  for (const std::string kind : {"memory ", "work "}) {
    CAPTURE(kind);
    const std::string expected = kind == "work " ? "ERR_CUDA" : "ERR_OUT_OF_MEMORY";
    for (const bool clusters : {true, false}) {
      std::string code = expected;
      int nth = 0;
      while (code == expected) {
        const Failing failing(kind + std::to_string(++nth));
        code = error_code([&] {
          if (clusters) fit();
          if (!clusters) multiply();
        });
        CHECK(free_bytes(library, 0) == before);
      }
      CHECK(code == "none");
      CHECK(nth > 3);
      CHECK(fit().labels == labels);
      CHECK(multiply() == products);
    }
  }
}

TEST_CASE("rows: clusters that lose their rows begin anew, and an abort ends a fit") {
  each_device([&](const CudaLibrary& library, int32_t device) {
    const Data data(50, 2);
    const std::vector<double> far = {0, 0, 900, 900, 901, 901};
    KMeansSpec spec;
    spec.clusters = 3;
    spec.init = CentreInit::kGiven;
    const Span<double> given{far.data(), far.size()};
    const KMeansModel expected = fit_kmeans(data.view(), {}, given, spec, nullptr, {});
    spec.target = {&library, device};
    const KMeansModel found = fit_kmeans(data.view(), {}, given, spec, nullptr, {});
    CHECK(found.labels == expected.labels);
    CancelToken token;
    token.cancel();
    CHECK(error_code([&] { fit_kmeans(data.view(), {}, given, spec, &token, {}); }) == "ERR_ABORTED");
  });
}

}  // namespace test
}  // namespace boreal
