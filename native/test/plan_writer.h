// Writes plans in the wire format, for tests. Constants live in exactly sized allocations of their own, so
// that AddressSanitizer sees the first byte read beyond one.
#pragma once

#include <cstring>
#include <memory>
#include <vector>

#include "base/rng.h"
#include "plan/plan.h"

namespace boreal {
namespace test {

class PlanWriter {
 public:
  explicit PlanWriter(int32_t input_width) : words{kPlanVersion, input_width, 0} {}

  // Appends an op and returns the slot it writes.
  int32_t op(int32_t opcode, const std::vector<int32_t>& inputs, const std::vector<int32_t>& ints = {},
             const std::vector<int32_t>& constant_indices = {}) {
    words.push_back(opcode);
    for (const std::vector<int32_t>* list : {&inputs, &ints, &constant_indices}) {
      words.push_back(static_cast<int32_t>(list->size()));
      words.insert(words.end(), list->begin(), list->end());
    }
    return ++words[2];
  }

  int32_t constant(const std::vector<double>& values) { return add(ConstantType::kF64, values); }
  int32_t constant(const std::vector<float>& values) { return add(ConstantType::kF32, values); }
  int32_t constant(const std::vector<int32_t>& values) { return add(ConstantType::kI32, values); }
  int32_t constant(const std::vector<uint8_t>& values) { return add(ConstantType::kU8, values); }

  int32_t check(int32_t x, FiniteRule rule) { return op(1, {x}, {static_cast<int32_t>(rule)}); }
  int32_t gather(int32_t x, const std::vector<int32_t>& columns) { return op(2, {x}, columns); }
  int32_t concat(const std::vector<int32_t>& parts) { return op(3, parts); }
  int32_t impute(int32_t x, const std::vector<double>& fill) { return op(4, {x}, {}, {constant(fill)}); }
  int32_t affine(int32_t x, const std::vector<double>& shift, const std::vector<double>& scale) {
    const int32_t first = constant(shift);
    return op(5, {x}, {}, {first, constant(scale)});
  }
  int32_t category(int32_t x, const std::vector<int32_t>& offsets, const std::vector<double>& values,
                   bool reject) {
    const int32_t first = constant(offsets);
    return op(6, {x}, {reject ? 1 : 0}, {first, constant(values)});
  }
  int32_t one_hot(int32_t x, const std::vector<int32_t>& sizes, const std::vector<int32_t>& drop) {
    const int32_t first = constant(sizes);
    return op(7, {x}, {}, {first, constant(drop)});
  }
  int32_t dense(int32_t x, const std::vector<double>& weights, const std::vector<double>& bias,
                Unary activation = Unary::kIdentity) {
    const int32_t first = constant(weights);
    return op(8, {x}, {static_cast<int32_t>(bias.size()), static_cast<int32_t>(activation)},
              {first, constant(bias)});
  }
  int32_t activation(int32_t x, Unary kind) { return op(9, {x}, {static_cast<int32_t>(kind)}); }
  int32_t softmax(int32_t x) { return op(10, {x}); }
  int32_t argmax(int32_t x) { return op(11, {x}); }
  int32_t quantile(int32_t x, const std::vector<double>& probabilities) {
    return op(13, {x}, {}, {constant(probabilities)});
  }
  int32_t leaf_linear(int32_t x, int32_t leaves, const std::vector<double>& intercept,
                      const std::vector<double>& otherwise, const std::vector<int32_t>& offsets,
                      const std::vector<int32_t>& features, const std::vector<double>& coefficients) {
    const int32_t first = constant(intercept);
    constant(otherwise);
    constant(offsets);
    constant(features);
    constant(coefficients);
    return op(14, {x, leaves}, {}, {first, first + 1, first + 2, first + 3, first + 4});
  }

  int32_t binary(BinaryFunction function, int32_t a, int32_t b) {
    return op(15, {a, b}, {static_cast<int32_t>(function)});
  }
  int32_t binary(BinaryFunction function, int32_t x, const std::vector<double>& operand) {
    return op(15, {x}, {static_cast<int32_t>(function)}, {constant(operand)});
  }
  int32_t select(int32_t condition, int32_t a, int32_t b) { return op(16, {condition, a, b}); }
  int32_t constant_row(int32_t x, const std::vector<double>& values) {
    return op(17, {x}, {}, {constant(values)});
  }
  int32_t reduce(int32_t x, Fold fold) { return op(18, {x}, {static_cast<int32_t>(fold)}); }
  int32_t lookup(int32_t x, const std::vector<int32_t>& offsets, const std::vector<double>& values,
                 const std::vector<double>& otherwise) {
    const int32_t first = constant(offsets);
    constant(values);
    return op(19, {x}, {}, {first, first + 1, constant(otherwise)});
  }
  int32_t float32(int32_t x) { return op(20, {x}); }
  int32_t distance(int32_t x, Metric metric, int32_t outputs, const std::vector<double>& points) {
    return op(21, {x}, {static_cast<int32_t>(metric), outputs}, {constant(points)});
  }
  int32_t draw(int32_t x, int32_t seed) { return op(29, {x}, {seed}); }
  int32_t coupling(int32_t x, int32_t classes) { return op(22, {x}, {classes}); }
  int32_t non_negative(int32_t x, const std::vector<double>& gram, double tolerance, int32_t rounds) {
    return op(23, {x}, {rounds}, {constant(gram), constant(std::vector<double>{tolerance})});
  }
  int32_t divergence(int32_t x, const std::vector<double>& parts, const std::vector<double>& settings,
                     int32_t outputs, int32_t rounds) {
    return op(34, {x}, {outputs, rounds}, {constant(parts), constant(settings)});
  }

  int32_t expansion(int32_t x, KernelFunction function, int32_t outputs,
                    const std::vector<double>& parameters, const std::vector<double>& vectors,
                    const std::vector<double>& weights, const std::vector<double>& bias) {
    const int32_t first = constant(parameters);
    constant(vectors);
    constant(weights);
    constant(bias);
    return op(24, {x}, {static_cast<int32_t>(function), outputs}, {first, first + 1, first + 2, first + 3});
  }
  int32_t interpolate(int32_t x, Outside outside, const std::vector<int32_t>& offsets,
                      const std::vector<double>& from, const std::vector<double>& to) {
    const int32_t first = constant(offsets);
    constant(from);
    constant(to);
    return op(25, {x}, {static_cast<int32_t>(outside)}, {first, first + 1, first + 2});
  }
  int32_t neighbors(int32_t x, const std::vector<int32_t>& ints, const std::vector<double>& points,
                    const std::vector<double>& numbers, const std::vector<int32_t>& classes,
                    const std::vector<double>& values) {
    const int32_t first = constant(points);
    constant(numbers);
    constant(classes);
    return op(26, {x}, ints, {first, first + 1, first + 2, constant(values)});
  }
  int32_t neighbor_impute(int32_t x, int32_t neighbors, bool distance_weights,
                          const std::vector<double>& points, const std::vector<double>& fill) {
    const int32_t first = constant(points);
    return op(27, {x}, {neighbors, distance_weights ? 1 : 0}, {first, constant(fill)});
  }

  int32_t quantize(int32_t x, float scale, float zero) {
    return op(31, {x}, {}, {constant(std::vector<float>{scale, zero})});
  }
  // codes: scale and zero of the result, or nothing where it is numbers.
  int32_t int8_dense(int32_t x, int32_t positions, Unary activation, const std::vector<uint8_t>& weights,
                     const std::vector<float>& scale, const std::vector<float>& bias,
                     const std::vector<float>& codes = {}) {
    const int32_t first = constant(weights);
    constant(scale);
    std::vector<int32_t> indices = {first, first + 1, constant(bias)};
    if (!codes.empty()) indices.push_back(constant(codes));
    const std::vector<int32_t> ints = {positions, static_cast<int32_t>(bias.size()),
                                       static_cast<int32_t>(activation)};
    return op(32, {x}, ints, indices);
  }

  int32_t int8_conv(int32_t x, int32_t outputs, Unary activation, const std::vector<double>& code,
                    const std::vector<uint8_t>& weights, const std::vector<float>& scale,
                    const std::vector<float>& bias, const std::vector<float>& codes = {}) {
    const int32_t first = constant(code);
    constant(weights);
    constant(scale);
    std::vector<int32_t> indices = {first, first + 1, first + 2, constant(bias)};
    if (!codes.empty()) indices.push_back(constant(codes));
    return op(33, {x}, {outputs, static_cast<int32_t>(activation)}, indices);
  }

  Plan decode() const { return decode_plan({words.data(), words.size()}, constants); }

  void resize_constant(size_t index, size_t elements) {
    const size_t bytes = elements * element_bytes(constants[index].type);
    std::unique_ptr<unsigned char[]> memory(new unsigned char[bytes]());
    const size_t kept = std::min(bytes, constants[index].size * element_bytes(constants[index].type));
    if (kept > 0) std::memcpy(memory.get(), constants[index].data, kept);
    memory_[index] = std::move(memory);
    constants[index].data = memory_[index].get();
    constants[index].size = elements;
  }
  unsigned char* bytes(size_t index) const { return memory_[index].get(); }
  static size_t element_bytes(ConstantType type) {
    return type == ConstantType::kF64 ? 8 : type == ConstantType::kU8 ? 1 : 4;
  }

  std::vector<int32_t> words;
  std::vector<Constant> constants;

 private:
  template <typename T>
  int32_t add(ConstantType type, const std::vector<T>& values) {
    const size_t index = constants.size();
    constants.push_back({type, nullptr, 0});
    memory_.emplace_back();
    resize_constant(index, values.size());
    if (!values.empty()) std::memcpy(memory_[index].get(), values.data(), values.size() * sizeof(T));
    return static_cast<int32_t>(index);
  }

  std::vector<std::unique_ptr<unsigned char[]>> memory_;
};

// The arrays of a ForestOp.
struct ForestArrays {
  std::vector<int32_t> tree_offsets{0}, feature, left;
  std::vector<double> threshold, values;
  std::vector<uint8_t> rules;
  std::vector<float> cover;
  std::vector<int32_t> set_offsets, set_words, groups;
  ForestCompare compare = ForestCompare::kFloat32;

  int32_t write(PlanWriter& plan, int32_t x, ForestAggregate aggregate, int32_t outputs) const {
    const int32_t first = plan.constant(tree_offsets);
    plan.constant(feature);
    plan.constant(threshold);
    plan.constant(left);
    plan.constant(rules);
    plan.constant(cover);
    plan.constant(values);
    plan.constant(set_offsets);
    plan.constant(set_words);
    plan.constant(groups);
    return plan.op(12, {x}, {static_cast<int32_t>(aggregate), outputs, static_cast<int32_t>(compare)},
                   {first, first + 1, first + 2, first + 3, first + 4, first + 5, first + 6, first + 7,
                    first + 8, first + 9});
  }
};

// Trees of random shape: each leaf in turn splits with a probability that falls with the depth. Thresholds
// are drawn from `cuts`, so that tests can put rows exactly on them; leaves share `distinct_leaves` rows of
// values.
inline ForestArrays random_forest(Rng& rng, size_t trees, size_t width, size_t outputs, size_t max_nodes,
                                  const std::vector<double>& cuts, bool with_missing, bool with_cover,
                                  size_t distinct_leaves) {
  ForestArrays forest;
  for (size_t t = 0; t < trees; ++t) {
    const size_t begin = forest.feature.size();
    const auto add_leaf = [&] {
      forest.feature.push_back(-1);
      forest.left.push_back(static_cast<int32_t>(rng.below(static_cast<uint32_t>(distinct_leaves))));
      forest.threshold.push_back(-2);
      if (with_missing) forest.rules.push_back(0);
    };
    add_leaf();
    for (size_t k = 0; begin + k < forest.feature.size(); ++k) {
      const size_t count = forest.feature.size() - begin;
      // The newest leaf always splits, so that trees do not end early; the others half the time.
      if (count + 2 > max_nodes || (k + 1 < count && rng.below(2) == 0)) continue;
      const size_t node = begin + k;
      forest.feature[node] = static_cast<int32_t>(rng.below(static_cast<uint32_t>(width)));
      forest.left[node] = static_cast<int32_t>(count);
      forest.threshold[node] = cuts[rng.below(static_cast<uint32_t>(cuts.size()))];
      if (with_missing) forest.rules[node] = static_cast<uint8_t>(rng.below(2));
      add_leaf();
      add_leaf();
    }
    forest.tree_offsets.push_back(static_cast<int32_t>(forest.feature.size()));
  }
  if (with_cover) {
    for (size_t k = 0; k < forest.feature.size(); ++k)
      forest.cover.push_back(static_cast<float>(rng.uniform()));
  }
  for (size_t k = 0; k < distinct_leaves * outputs; ++k) forest.values.push_back(rng.uniform() * 2 - 1);
  return forest;
}

}  // namespace test
}  // namespace boreal
