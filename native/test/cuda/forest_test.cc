// Forests: the GPU's bits are the reference's and the CPU's, whatever the shape of the trees and their rules.
#include <doctest/doctest.h>

#include <limits>
#include <vector>

#include "device/cuda_program.h"
#include "test/cuda/devices.h"
#include "test/plan_writer.h"
#include "test/program_support.h"

namespace boreal {
namespace test {
namespace {

const std::vector<double> kCuts = {-1.5, -1, -0.5, -1e-36, 0, 1e-36, 0.25, 0.3, 1, 1.75};

// Rows on, just beside and far from the cuts, some of them missing.
std::vector<float> rows_near(Rng& rng, const std::vector<double>& cuts, size_t rows, size_t width) {
  std::vector<float> x(rows * width);
  for (float& value : x) {
    const float cut = static_cast<float>(cuts[rng.below(static_cast<uint32_t>(cuts.size()))]);
    switch (rng.below(8)) {
      case 0:
        value = std::numeric_limits<float>::quiet_NaN();
        break;
      case 1:
        value = std::nextafter(cut, -INFINITY);
        break;
      case 2:
        value = std::nextafter(cut, INFINITY);
        break;
      case 3:
        value = rng.below(2) == 0 ? 0.0f : -0.0f;
        break;
      case 4:
        value = static_cast<float>(rng.uniform() * 6 - 3);
        break;
      default:
        value = cut;
    }
  }
  return x;
}

void check_forest(const ForestArrays& forest, ForestAggregate aggregate, size_t outputs, size_t width,
                  Rng& rng) {
  PlanWriter writer(static_cast<int32_t>(width));
  forest.write(writer, 0, aggregate, static_cast<int32_t>(outputs));
  const Plan plan = writer.decode();
  for (const size_t rows : {1u, 33u, 2100u}) {
    const std::vector<float> x = rows_near(rng, kCuts, rows, width);
    const std::vector<float> expected = reference<float>(plan, x);
    CHECK(same(run(*prepare_cpu<float>(plan, kernels()), x), expected));
    each_device([&](const CudaLibrary& library, int32_t device) {
      if (device > 0 && rows > 100) return;
      CAPTURE(rows);
      CHECK(same(run(*prepare_cuda(plan, library, device), x), expected));
    });
  }
}

}  // namespace

TEST_CASE("small trees: means, sums and single trees") {
  for (const ForestAggregate aggregate :
       {ForestAggregate::kMean, ForestAggregate::kSum, ForestAggregate::kPerTree}) {
    for (const size_t outputs : {1u, 3u, 6u}) {
      if (aggregate == ForestAggregate::kPerTree && outputs > 1) continue;
      Rng rng(outputs * 10 + static_cast<size_t>(aggregate));
      const ForestArrays forest = random_forest(rng, 23, 5, outputs, 60, kCuts, outputs != 3, false, 9);
      check_forest(forest, aggregate, outputs, 5, rng);
    }
  }
}

TEST_CASE("trees in several batches, and trees that are leaves") {
  Rng rng(77);
  // 40 trees of 500 nodes are 80 KB: more than half of the emulated 96.
  check_forest(random_forest(rng, 40, 4, 1, 500, kCuts, true, false, 50), ForestAggregate::kSum, 1, 4, rng);
  check_forest(random_forest(rng, 9, 4, 1, 1, kCuts, false, false, 5), ForestAggregate::kMean, 1, 4, rng);
}

TEST_CASE("many rows: their ranks go through shared memory, unless they are wide") {
  Rng rng(76);
  for (const size_t width : {5u, 48u}) {
    PlanWriter writer(static_cast<int32_t>(width));
    random_forest(rng, 5, width, 1, 31, kCuts, true, false, 30).write(writer, 0, ForestAggregate::kSum, 1);
    const Plan plan = writer.decode();
    const std::vector<float> x = rows_near(rng, kCuts, (1 << 14) + 300, width);
    const std::vector<float> expected = run(*prepare_cpu<float>(plan, kernels()), x);
    each_device([&](const CudaLibrary& library, int32_t device) {
      CHECK(same(run(*prepare_cuda(plan, library, device), x), expected));
    });
  }
}

TEST_CASE("groups: classes of boosted trees") {
  Rng rng(78);
  ForestArrays forest = random_forest(rng, 12, 4, 1, 30, kCuts, false, false, 20);
  forest.groups = {0, 5, 7, 12};
  check_forest(forest, ForestAggregate::kSum, 3, 4, rng);
}

TEST_CASE("large trees and features of many cuts") {
  Rng rng(79);
  check_forest(random_forest(rng, 5, 4, 2, 2001, kCuts, true, false, 300), ForestAggregate::kMean, 2, 4, rng);
  std::vector<double> many;
  for (int k = 0; k < 2000; ++k) many.push_back(rng.uniform() * 4 - 2);
  check_forest(random_forest(rng, 30, 3, 1, 101, many, true, false, 300), ForestAggregate::kSum, 1, 3, rng);
  check_forest(random_forest(rng, 4, 3, 1, 1501, many, true, false, 300), ForestAggregate::kSum, 1, 3, rng);
}

TEST_CASE("rules: missing values, zeros, categories; float64 comparisons") {
  for (const ForestCompare compare : {ForestCompare::kFloat32, ForestCompare::kFloat64}) {
    for (const size_t nodes : {41u, 1501u}) {
      Rng rng(80 + nodes + static_cast<size_t>(compare));
      ForestArrays forest = random_forest(rng, 7, 4, 1, nodes, kCuts, true, false, 30);
      forest.compare = compare;
      forest.set_offsets = {0, 1, 3};
      forest.set_words = {0b1011, 0, 5};
      for (size_t k = 0; k < forest.feature.size(); ++k) {
        if (forest.feature[k] < 0) continue;
        const uint8_t missing[] = {0, kMissingLeft, kMissingIsZero, kZeroIsMissing,
                                   kZeroIsMissing | kMissingLeft};
        forest.rules[k] = missing[rng.below(5)];
        if (rng.below(3) == 0) {
          forest.rules[k] |= kCategories;
          forest.threshold[k] = rng.below(2);
        }
      }
      check_forest(forest, ForestAggregate::kSum, 1, 4, rng);
    }
  }
}

}  // namespace test
}  // namespace boreal
