// Every forest engine on every instruction set against a plain walk, bit for bit: rows on thresholds, missing
// values, zeros, categories, trees of all shapes, blocks of all lengths.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "base/aligned_buffer.h"
#include "device/cpu_forest.h"
#include "test/plan_writer.h"
#include "test/program_support.h"

namespace boreal {
namespace test {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Setting {
  size_t width, outputs;
  ForestAggregate aggregate;
};

// Runs the engine on the first `rows` rows only, so that rows after them cannot help.
template <typename T>
std::vector<T> run_rows(const CpuOp<T>& op, size_t width, const std::vector<T>& x, size_t in, size_t rows) {
  const std::vector<T> some(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(rows * in));
  const T* slots[] = {some.data()};
  std::vector<T> out(rows * width, T(-12345));
  AlignedBuffer<unsigned char> scratch(op.scratch_bytes(rows));
  std::fill(scratch.begin(), scratch.end(), static_cast<unsigned char>(0xa5));
  op.run({0, rows, slots, out.data(), scratch.data(), nullptr, 1});
  return out;
}

// Returns how many engines ran.
template <typename T>
size_t check_engines(const ForestArrays& forest, const Setting& setting, const std::vector<T>& x) {
  PlanWriter writer(static_cast<int32_t>(setting.width));
  forest.write(writer, 0, setting.aggregate, static_cast<int32_t>(setting.outputs));
  const Plan plan = writer.decode();
  const std::vector<T> expected = reference<T>(plan, x);
  const size_t rows = x.size() / setting.width, width = plan.output_width();
  const ForestOp& op = std::get<ForestOp>(plan.ops[0].kind);
  size_t engines = 0;
  for (const Kernels* kernels : available_kernels()) {
    INFO(kernels->name);
    for (const ForestEngine engine :
         {ForestEngine::kAuto, ForestEngine::kWalk, ForestEngine::kMux, ForestEngine::kPerfectMux}) {
      CAPTURE(static_cast<int>(engine));
      const CpuOpPtr<T> prepared = make_cpu_forest<T>(op, OpPlace{plan, 0}, *kernels, engine);
      if (prepared == nullptr) continue;
      ++engines;
      for (const size_t count :
           {1, 2, 15, 16, 17, 31, 33, 63, 64, 65, 127, 128, 129, 191, 193, 255, 256, 257, 300}) {
        if (count > rows) break;
        CAPTURE(count);
        const std::vector<T> wanted(expected.begin(),
                                    expected.begin() + static_cast<std::ptrdiff_t>(count * width));
        REQUIRE(same(run_rows<T>(*prepared, width, x, setting.width, count), wanted));
      }
    }
  }
  return engines / available_kernels().size();
}

// Rows of which every second value is exactly a threshold or its neighbour, and some are missing or odd.
template <typename T>
std::vector<T> hard_rows(Rng& rng, size_t rows, size_t width, const std::vector<double>& cuts) {
  const double odd[] = {NAN, 0.0, -0.0, 1e-36, -1e-36, 1e-35, -1e-35, kInfinity, -kInfinity, 5, 31.5, 64, -1};
  std::vector<T> x = random_rows<T>(rng, rows, width);
  for (T& value : x) {
    const uint32_t kind = rng.below(8);
    if (kind < 4) {
      value = static_cast<T>(cuts[rng.below(static_cast<uint32_t>(cuts.size()))]);
      if (kind < 2) value = std::nextafter(value, static_cast<T>(kind == 0 ? -kInfinity : kInfinity));
    } else if (kind == 4) {
      value = static_cast<T>(odd[rng.below(13)]);
    }
  }
  return x;
}

// Rules at random at each inner node; a share of them asks for a set of categories.
void add_random_rules(ForestArrays& forest, Rng& rng, bool sets) {
  const uint8_t missing[] = {0, kMissingIsZero, kZeroIsMissing};
  for (int32_t s = 0; sets && s < 5; ++s) {
    forest.set_offsets.push_back(static_cast<int32_t>(forest.set_words.size()));
    for (int32_t w = 0; w < s % 3; ++w) forest.set_words.push_back(static_cast<int32_t>(rng.next()));
  }
  if (sets) forest.set_offsets.push_back(static_cast<int32_t>(forest.set_words.size()));
  forest.rules.assign(forest.feature.size(), 0);
  for (size_t node = 0; node < forest.feature.size(); ++node) {
    if (forest.feature[node] < 0) continue;
    forest.rules[node] = static_cast<uint8_t>(missing[rng.below(3)] | rng.below(2));
    if (!sets || rng.below(4) != 0) continue;
    forest.rules[node] |= kCategories;
    forest.threshold[node] = static_cast<double>(rng.below(5));
  }
}

std::vector<double> random_cuts(Rng& rng, size_t count) {
  std::vector<double> cuts = {0.0, -0.0, 1e-36, -1e-36, 1.0 / 3, kInfinity, -kInfinity};
  while (cuts.size() < count) cuts.push_back(rng.uniform() * 4 - 2);
  return cuts;
}

TEST_CASE_TEMPLATE("forest engines agree with a plain walk", T, float, double) {
  Rng rng(31);
  for (const size_t max_nodes : {1, 3, 7, 21, 63, 511}) {
    for (const size_t count : {9, 200, 900}) {
      for (const ForestCompare compare : {ForestCompare::kFloat32, ForestCompare::kFloat64}) {
        CAPTURE(max_nodes);
        CAPTURE(count);
        const std::vector<double> cuts = random_cuts(rng, count);
        // Few features, so that 900 cuts need several segments of ranks.
        ForestArrays forest = random_forest(rng, 1 + rng.below(9), 2, 1, max_nodes, cuts, false, false, 40);
        forest.compare = compare;
        if (rng.below(2) == 0) add_random_rules(forest, rng, rng.below(2) == 0);
        const std::vector<T> x = hard_rows<T>(rng, 300, 2, cuts);
        CHECK(check_engines<T>(forest, {2, 1, ForestAggregate::kSum}, x) >= 3);
      }
    }
  }
}

TEST_CASE_TEMPLATE("forest engines add up alike", T, float, double) {
  Rng rng(32);
  const std::vector<double> cuts = random_cuts(rng, 40);
  for (const size_t trees : {1, 4, 5, 13}) {
    CAPTURE(trees);
    const std::vector<T> x = hard_rows<T>(rng, 257, 6, cuts);
    const ForestArrays numbers = random_forest(rng, trees, 6, 1, 31, cuts, true, false, 25);
    check_engines<T>(numbers, {6, 1, ForestAggregate::kMean}, x);
    check_engines<T>(numbers, {6, 1, ForestAggregate::kPerTree}, x);
    const ForestArrays vectors = random_forest(rng, trees, 6, 3, 31, cuts, true, false, 25);
    check_engines<T>(vectors, {6, 3, ForestAggregate::kMean}, x);
    check_engines<T>(vectors, {6, 3, ForestAggregate::kSum}, x);
    if (trees < 4) continue;
    ForestArrays groups = numbers;
    groups.groups = {0, 1, 3, static_cast<int32_t>(trees)};
    check_engines<T>(groups, {6, 3, ForestAggregate::kSum}, x);
  }
}

// A perfect tree of 256 leaves, whose value is their number, and a chain of as many.
ForestArrays largest_trees() {
  ForestArrays forest;
  for (int32_t k = 0; k < 511; ++k) {
    forest.feature.push_back(k < 255 ? k % 3 : -1);
    forest.left.push_back(k < 255 ? 2 * k + 1 : k - 255);
    forest.threshold.push_back(std::sin(k) * 2);
  }
  for (int32_t k = 0; k < 255; ++k) {
    for (const bool inner : {true, false}) {
      forest.feature.push_back(inner ? k % 3 : -1);
      forest.left.push_back(inner ? 2 * k + 1 : k);
      forest.threshold.push_back(inner ? 2 * std::cos(k) - 1 : 0);
    }
  }
  forest.feature.push_back(-1);
  forest.left.push_back(255);
  forest.threshold.push_back(0);
  forest.tree_offsets = {0, 511, 1022};
  for (int32_t leaf = 0; leaf < 256; ++leaf) forest.values.push_back(leaf);
  return forest;
}

TEST_CASE("the largest trees that a byte can index") {
  Rng rng(33);
  const std::vector<float> x = random_rows<float>(rng, 300, 3);
  ForestArrays forest = largest_trees();
  CHECK(check_engines<float>(forest, {3, 1, ForestAggregate::kPerTree}, x) == 3);
  // The chain is too deep for a perfect tree; without it all engines run.
  forest.tree_offsets = {0, 511};
  for (auto* nodes : {&forest.feature, &forest.left}) nodes->resize(511);
  forest.threshold.resize(511);
  CHECK(check_engines<float>(forest, {3, 1, ForestAggregate::kPerTree}, x) == 4);
}

TEST_CASE("trees with more leaves are walked") {
  Rng rng(34);
  const std::vector<double> cuts = random_cuts(rng, 30);
  const ForestArrays forest = random_forest(rng, 2, 3, 1, 2001, cuts, true, true, 90);
  const std::vector<float> x = hard_rows<float>(rng, 64, 3, cuts);
  CHECK(check_engines<float>(forest, {3, 1, ForestAggregate::kSum}, x) == 2);
}

TEST_CASE("explain names the engine") {
  Rng rng(35);
  const auto explained = [&](size_t trees, size_t max_nodes) {
    PlanWriter writer(4);
    random_forest(rng, trees, 4, 1, max_nodes, {0.1, 0.5}, false, false, 9)
        .write(writer, 0, ForestAggregate::kSum, 1);
    return prepare_cpu<float>(writer.decode(), kernels())->explain();
  };
  CHECK(explained(50, 15).find("byte ranks") != std::string::npos);
  CHECK(explained(2, 3000).find("walks over words") != std::string::npos);
}

}  // namespace
}  // namespace test
}  // namespace boreal
