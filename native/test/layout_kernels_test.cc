// The kernels of layouts against plain code on every ISA.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/rng.h"
#include "kernels/dispatch.h"
#include "kernels/dispatch_layout.h"
#include "neighbors/umap_row.h"
#include "train/tsne_exact.h"

namespace boreal {
namespace test {
namespace {

void check_umap_forces(const Kernels& isa) {
  constexpr size_t kCount = 48;
  Rng rng(3);
  for (const double b : {0.1, 0.79, 0.9, 1.0, 3.0}) {
    CAPTURE(b);
    const double a = 1.5, most = std::min(std::exp2(1000 / b), 1e300);
    std::vector<double> squares(kCount), soft(kCount), constant(kCount), slope(kCount), forces(kCount);
    for (size_t l = 0; l < kCount; ++l) {
      squares[l] = l == 0 ? 0.0 : l == 1 ? 1e301 : std::exp2(40 * rng.uniform() - 30);
      soft[l] = l % 3 == 0 ? 0.001 : 0;
      constant[l] = l % 3 == 0 ? 1.8 : 0;
      slope[l] = l % 3 == 0 ? 0 : -2.7;
    }
    const LayoutSteps steps{squares.data(), soft.data(), constant.data(), slope.data()};
    layout_kernels(isa).umap_forces(steps, kCount, a, b, most, forces.data());
    for (size_t l = 0; l < kCount; ++l) {
      const double power = quick_power(std::min(std::max(squares[l], 1 / most), most), b);
      CHECK(forces[l] == (constant[l] + slope[l] * power) / ((soft[l] + squares[l]) * (a * power + 1)));
    }
  }
}

void check_tsne_point(const Kernels& isa) {
  Rng rng(4);
  for (size_t dims = 1; dims <= 3; ++dims) {
    for (const size_t count : {size_t{0}, size_t{1}, size_t{7}, size_t{8}, size_t{29}}) {
      CAPTURE(dims);
      CAPTURE(count);
      std::vector<double> at(dims * count), p(count), own(dims), pull(dims, 0.5), push(dims, 0.5);
      for (double& value : at) value = 4 * rng.uniform() - 2;
      for (double& value : p) value = rng.uniform();
      for (double& value : own) value = rng.uniform();
      std::vector<const double*> where;
      for (size_t d = 0; d < dims; ++d) where.push_back(at.data() + d * count);
      std::vector<double> pulls(dims, 0.5), pushes(dims, 0.5);
      double z = 2, sum = 2;
      for (size_t j = 0; j < count; ++j) {
        double square = 0;
        for (size_t d = 0; d < dims; ++d) square += (own[d] - where[d][j]) * (own[d] - where[d][j]);
        const double w = dims == 3 ? std::pow(1 + square / 2, -1.5) : 1 / (1 + square);
        sum += w;
        for (size_t d = 0; d < dims; ++d) {
          pulls[d] += p[j] * w * (own[d] - where[d][j]);
          pushes[d] += w * w * (own[d] - where[d][j]);
        }
      }
      layout_kernels(isa).tsne_point(dims, own.data(), where.data(), p.data(), count, pull.data(),
                                     push.data(), &z);
      CHECK(z == doctest::Approx(sum).epsilon(1e-14));
      for (size_t d = 0; d < dims; ++d) {
        CHECK(pull[d] == doctest::Approx(pulls[d]).epsilon(1e-13));
        CHECK(push[d] == doctest::Approx(pushes[d]).epsilon(1e-13));
      }
    }
  }
}

// Rows whose affinities all are above 0, and rows that lack some.
void check_exact_forces(size_t dims) {
  constexpr size_t kRows = 37;
  Rng rng(5);
  std::vector<double> y(kRows * dims), p(kRows * kRows, 0.0), pull(y.size()), push(y.size());
  for (double& value : y) value = rng.uniform();
  RowGraph graph;
  graph.offsets.push_back(0);
  for (size_t i = 0; i < kRows; ++i) {
    for (size_t j = 0; j < kRows; ++j) {
      if (j == i || (i % 2 == 0 && rng.below(3) == 0)) continue;
      p[i * kRows + j] = rng.uniform();
      graph.columns.push_back(static_cast<int32_t>(j));
      graph.weights.push_back(p[i * kRows + j]);
    }
    graph.offsets.push_back(static_cast<double>(graph.columns.size()));
  }
  const double z = ExactForces(graph, dims).run(y, nullptr, pull, push);
  double sum = 0;
  for (size_t i = 0; i < kRows; ++i) {
    std::vector<double> pulls(dims, 0.0), pushes(dims, 0.0);
    for (size_t j = 0; j < kRows; ++j) {
      double square = 0;
      for (size_t d = 0; d < dims; ++d) square += std::pow(y[i * dims + d] - y[j * dims + d], 2);
      const double w = dims == 3 ? std::pow(1 + square / 2, -1.5) : 1 / (1 + square);
      sum += j == i ? 0 : w;
      for (size_t d = 0; d < dims; ++d) {
        pulls[d] += p[i * kRows + j] * w * (y[i * dims + d] - y[j * dims + d]);
        pushes[d] += w * w * (y[i * dims + d] - y[j * dims + d]);
      }
    }
    for (size_t d = 0; d < dims; ++d) {
      CHECK(pull[i * dims + d] == doctest::Approx(pulls[d]).epsilon(1e-12));
      CHECK(push[i * dims + d] == doctest::Approx(pushes[d]).epsilon(1e-12));
    }
  }
  CHECK(z == doctest::Approx(sum).epsilon(1e-13));
}

TEST_CASE("forces of UMAP have the same bits on every instruction set") {
  for (const Kernels* isa : available_kernels()) {
    CAPTURE(isa->name);
    check_umap_forces(*isa);
  }
}

TEST_CASE("t-SNE's forces on a point") {
  for (const Kernels* isa : available_kernels()) {
    CAPTURE(isa->name);
    check_tsne_point(*isa);
  }
}

TEST_CASE("forces of exact t-SNE") {
  for (size_t dims = 1; dims <= 3; ++dims) check_exact_forces(dims);
}

}  // namespace
}  // namespace test
}  // namespace boreal
