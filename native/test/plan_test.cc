// Decoding of plans: what is accepted, what is refused and how, and a fuzz test: whatever decode_plan accepts
// must run without touching memory it does not own (build with -DBOREAL_SANITIZE=address,undefined).
#include <doctest/doctest.h>

#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "test/emulation.h"
#include "test/plan_writer.h"
#include "test/program_support.h"

namespace boreal {
namespace test {
namespace {

const double kNan = std::numeric_limits<double>::quiet_NaN();

// A small valid plan with every op: preprocessing, two forests, a dense head, quantiles.
void write_everything(PlanWriter& plan, uint64_t seed) {
  Rng rng(seed);
  const int32_t checked = plan.check(0, FiniteRule::kFiniteOrNan);
  const int32_t numbers = plan.gather(checked, {0, 1, 2});
  const int32_t scaled = plan.affine(plan.impute(numbers, {0.5, -1, 0}), {0.1, 0.2, 0.3}, {2, 3, 0.7});
  const int32_t codes =
      plan.category(plan.gather(checked, {3, 4}), {0, 2, 5}, {1, 2, 0, 5, kNan}, seed % 2 == 0);
  const int32_t hot = plan.one_hot(codes, {2, 3}, {-1, 2});
  const int32_t features = plan.concat({scaled, hot});
  const std::vector<double> cuts = {-1, -0.1, 0, 0.3, 1};
  const int32_t each = random_forest(rng, 5, 7, 1, 30, cuts, true, true, 6)
                           .write(plan, features, ForestAggregate::kPerTree, 1);
  const int32_t spread = plan.quantile(each, {0.1, 0.5, 0.9});
  const int32_t classes =
      random_forest(rng, 3, 7, 2, 20, cuts, false, false, 4).write(plan, features, ForestAggregate::kMean, 2);
  const int32_t head = plan.dense(features, std::vector<double>(7 * 3, 0.25), {0, 1, 2});
  const int32_t shares = plan.softmax(plan.activation(head, Unary::kTanh));
  // Numbers of leaves, mostly: the values of the trees are below 1.
  const int32_t linear = plan.leaf_linear(features, each, {1, 2}, {3, 4}, {0, 2, 2}, {0, 6}, {0.5, -1});
  const int32_t rest = plan.binary(BinaryFunction::kLess, shares, {0.2, 0.3, 0.4});
  const int32_t same = plan.constant_row(shares, {1, 2, 3});
  const int32_t most = plan.reduce(shares, Fold::kMax);
  const int32_t chosen = plan.select(rest, same, plan.binary(BinaryFunction::kSub, shares, most));
  const int32_t looked = plan.lookup(codes, {0, 2, 4}, {5, 6, 7, 8}, {-1, kNan});
  const int32_t near = plan.distance(plan.float32(scaled), Metric::kSquaredEuclidean, 2, {1, 2, 3, 4, 5, 6});
  const int32_t expanded =
      plan.expansion(scaled, KernelFunction::kRbf, 1, {0.5, 0, 3}, {1, 2, 3, 4, 5, 6}, {0.5, -0.25}, {0.1});
  const int32_t between =
      plan.interpolate(shares, Outside::kClip, {0, 2, 3, 5}, {0, 1, 0.5, 0.1, 0.2}, {1, 2, 3, 4, 5});
  const std::vector<double> rows = {1, 2, 3, 4, 5, 6, 0, 0, 0.5, -1, 2, 0};
  const int32_t votes = plan.neighbors(scaled, {0, 0, 2, 2, 0, 1, 2}, rows, {2, 1}, {0, 1, 0, 1}, {});
  const int32_t filled = plan.neighbor_impute(numbers, 2, true, rows, {7, 8, 9});
  const std::vector<uint8_t> weights = {1, 255, 127, 128, 0, 7};
  const int32_t coded = plan.int8_dense(plan.quantize(scaled, 0.1f, 30), 1, Unary::kRelu, weights, {0.1f, 2},
                                        {1, -1}, {0.2f, 3});
  const int32_t whole = plan.int8_dense(coded, 2, Unary::kTanh, {3, 250}, {0.5f, 0.25f}, {0, 1});
  const int32_t own = plan.int8_dense(scaled, 1, Unary::kIdentity, weights, {0.1f, 2}, {1, -1});
  plan.concat({whole, own, spread, classes, shares, plan.argmax(shares), chosen, looked, near,
               plan.coupling(shares, 3), linear, expanded, between, votes, filled});
}

struct Refused {
  std::string code, message;
};
Refused refusal(const PlanWriter& writer) {
  try {
    writer.decode();
  } catch (const Error& error) {
    return {error.code(), error.what()};
  }
  return {"none", ""};
}

TEST_CASE("widths are inferred") {
  PlanWriter writer(5);
  write_everything(writer, 1);
  const Plan plan = writer.decode();
  std::vector<size_t> widths;
  std::vector<std::string> names;
  for (const Op& op : plan.ops) {
    widths.push_back(op.width);
    names.push_back(op_name(op));
  }
  CHECK(widths == std::vector<size_t>{5, 3, 3, 3, 2, 2, 4, 7, 5, 3, 2, 3, 3, 3, 1, 3, 3,
                                      1, 3, 3, 2, 3, 2, 1, 3, 2, 3, 3, 2, 4, 2, 1, 3, 35});
  CHECK(names == std::vector<std::string>{
                     "Check",       "Gather",    "Impute",         "Affine",   "Gather",    "Category",
                     "OneHot",      "Concat",    "Forest",         "Quantile", "Forest",    "Dense",
                     "Activation",  "Softmax",   "LeafLinear",     "Binary",   "Constant",  "Reduce",
                     "Binary",      "Select",    "Lookup",         "Float32",  "Distance",  "Expansion",
                     "Interpolate", "Neighbors", "NeighborImpute", "Quantize", "Int8Dense", "Int8Dense",
                     "Int8Dense",   "ArgMax",    "Coupling",       "Concat"});
  CHECK(plan.slot_width(0) == 5);
  CHECK(plan.output_width() == 35);
}

TEST_CASE("the wire format is checked word by word") {
  const auto refused = [](const std::vector<int32_t>& words) {
    PlanWriter writer(1);
    writer.words = words;
    return refusal(writer).code == "ERR_PLAN";
  };
  CHECK_FALSE(refused({1, 1, 1, 10, 1, 0, 0, 0}));
  CHECK(refused({}));
  CHECK(refused({1}));
  CHECK(refused({2, 1, 1, 10, 1, 0, 0, 0}));              // version
  CHECK(refused({1, 0, 1, 10, 1, 0, 0, 0}));              // input width
  CHECK(refused({1, -1, 1, 10, 1, 0, 0, 0}));             //
  CHECK(refused({1, (1 << 22) + 1, 1, 10, 1, 0, 0, 0}));  //
  CHECK(refused({1, 1, 0}));                              // no op
  CHECK(refused({1, 1, 65537, 10, 1, 0, 0, 0}));          // too many ops
  CHECK(refused({1, 1, 2, 10, 1, 0, 0, 0}));              // fewer than promised
  CHECK(refused({1, 1, 1, 10, 1, 0, 0, 0, 7}));           // more than promised
  CHECK(refused({1, 1, 1, 10, 1, 0, 0}));                 // ends within an op
  CHECK(refused({1, 1, 1, 10, -1, 0, 0, 0}));             // negative count
  CHECK(refused({1, 1, 1, 10, std::numeric_limits<int32_t>::max(), 0, 0, 0}));
  CHECK(refused({1, 1, 1, 0, 1, 0, 0, 0}));      // opcode
  CHECK(refused({1, 1, 1, 28, 1, 0, 0, 0}));     //
  CHECK(refused({1, 1, 1, 10, 1, 1, 0, 0}));     // its own slot
  CHECK(refused({1, 1, 1, 10, 1, -1, 0, 0}));    //
  CHECK(refused({1, 1, 1, 10, 0, 0, 0}));        // no input
  CHECK(refused({1, 1, 1, 10, 2, 0, 0, 0, 0}));  // two inputs
  CHECK(refused({1, 1, 1, 10, 1, 0, 1, 0, 0}));  // an int too many
  CHECK(refused({1, 1, 1, 4, 1, 0, 0, 1, 0}));   // no such constant
}

TEST_CASE("slots that are too wide together are refused") {
  PlanWriter writer(1 << 22);
  for (int i = 0; i < 9; ++i) writer.softmax(0);
  CHECK(refusal(writer).code == "ERR_PLAN");
  PlanWriter concat(1 << 22);
  concat.concat({0, 0});
  CHECK(refusal(concat).code == "ERR_PLAN");
}

TEST_CASE("the error names the op and says what is wrong") {
  PlanWriter writer(2);
  writer.affine(writer.impute(0, {1, 2}), {1, 2, 3}, {1, 2});
  const Refused refused = refusal(writer);
  CHECK(refused.code == "ERR_PLAN");
  CHECK(refused.message == "Malformed plan: op 1 (Affine): shift has 3 values instead of 2.");
}

TEST_CASE("constants and ints are checked") {
  const auto refused = [](const std::function<void(PlanWriter&)>& write) {
    PlanWriter writer(2);
    write(writer);
    const Refused result = refusal(writer);
    INFO(result.message);
    return result.code == "ERR_PLAN";
  };
  using Writer = PlanWriter;
  CHECK(refused([](Writer& plan) { plan.op(1, {0}, {2}); }));
  CHECK(refused([](Writer& plan) { plan.gather(0, {2}); }));
  CHECK(refused([](Writer& plan) { plan.gather(0, {-1}); }));
  CHECK(refused([](Writer& plan) { plan.impute(0, {1}); }));
  CHECK(refused([](Writer& plan) { plan.op(4, {0}, {}, {plan.constant(std::vector<float>{1, 2})}); }));
  CHECK(refused([](Writer& plan) { plan.affine(0, {1, 2}, {1}); }));
  CHECK(refused([](Writer& plan) { plan.category(0, {0, 1}, {1}, false); }));
  CHECK(refused([](Writer& plan) { plan.category(0, {1, 1, 1}, {1}, false); }));
  CHECK(refused([](Writer& plan) { plan.category(0, {0, 1, 1}, {1, 2}, false); }));
  CHECK(refused([](Writer& plan) { plan.category(0, {0, 3, 2}, {1, 2}, false); }));
  CHECK(refused([](Writer& plan) { plan.category(0, {0, -1, 2}, {1, 2}, false); }));
  CHECK(refused([](Writer& plan) { plan.category(0, {0, 2, 2}, {2, 1}, false); }));
  CHECK(refused([](Writer& plan) { plan.category(0, {0, 2, 2}, {1, 1}, false); }));
  CHECK(refused([](Writer& plan) { plan.category(0, {0, 2, 2}, {kNan, 1}, false); }));
  CHECK(refused([](Writer& plan) { plan.category(0, {0, 2, 2}, {kNan, kNan}, false); }));
  CHECK_FALSE(refused([](Writer& plan) { plan.category(0, {0, 2, 3}, {1, kNan, 0}, false); }));
  CHECK(refused([](Writer& plan) { plan.one_hot(0, {1, -1}, {-1, -1}); }));
  CHECK(refused([](Writer& plan) { plan.one_hot(0, {1, 2}, {-1, 2}); }));
  CHECK(refused([](Writer& plan) { plan.one_hot(0, {1, 2}, {-2, -1}); }));
  CHECK(refused([](Writer& plan) { plan.one_hot(0, {1 << 22, 1}, {-1, -1}); }));
  CHECK(refused([](Writer& plan) { plan.dense(0, {1, 2, 3}, {1, 2}); }));
  CHECK(refused([](Writer& plan) { plan.dense(0, {}, {}); }));
  CHECK(refused([](Writer& plan) { plan.op(9, {0}, {kUnaryCount}); }));
  CHECK(refused([](Writer& plan) { plan.argmax(plan.gather(0, {})); }));
  CHECK(refused([](Writer& plan) { plan.quantile(plan.gather(0, {}), {0.5}); }));
  CHECK(refused([](Writer& plan) { plan.quantile(0, {1.5}); }));
  CHECK(refused([](Writer& plan) { plan.quantile(0, {kNan}); }));
  CHECK_FALSE(refused([](Writer& plan) { plan.leaf_linear(0, 0, {1}, {2}, {0, 1}, {0}, {1}); }));
  CHECK(refused([](Writer& plan) { plan.leaf_linear(0, 0, {1}, {}, {0, 1}, {0}, {1}); }));
  CHECK(refused([](Writer& plan) { plan.leaf_linear(0, 0, {1}, {2}, {0, 1}, {2}, {1}); }));
  CHECK(refused([](Writer& plan) { plan.leaf_linear(0, 0, {1}, {2}, {0, 1}, {-1}, {1}); }));
  CHECK(refused([](Writer& plan) { plan.leaf_linear(0, 0, {1}, {2}, {0, 2}, {0}, {1}); }));
  CHECK(refused([](Writer& plan) { plan.leaf_linear(0, 0, {1}, {2}, {0, 1}, {0}, {1, 2}); }));
  CHECK(refused([](Writer& plan) { plan.leaf_linear(0, 0, {1, 1}, {2, 2}, {0, 2, 1}, {0}, {1}); }));
  CHECK(refused([](Writer& plan) { plan.op(14, {0}); }));
  CHECK(refused([](Writer& plan) { plan.op(15, {0, 0}, {kBinaryFunctionCount}); }));
  CHECK(refused([](Writer& plan) { plan.binary(BinaryFunction::kAdd, 0, {1}); }));
  CHECK(refused([](Writer& plan) { plan.binary(BinaryFunction::kAdd, 0, plan.gather(0, {0, 1, 0})); }));
  CHECK_FALSE(refused([](Writer& plan) { plan.binary(BinaryFunction::kAdd, plan.gather(0, {0}), 0); }));
  CHECK(refused([](Writer& plan) { plan.select(0, 0, plan.gather(0, {0})); }));
  CHECK(refused([](Writer& plan) { plan.op(16, {0, 0}); }));
  CHECK(refused([](Writer& plan) { plan.reduce(0, Fold::kSumSquares); }));
  CHECK(refused([](Writer& plan) { plan.reduce(0, Fold::kSumDeviations); }));
  CHECK(refused([](Writer& plan) { plan.lookup(0, {0, 1}, {1}, {0, 0}); }));
  CHECK(refused([](Writer& plan) { plan.lookup(0, {0, 2, 1}, {1}, {0, 0}); }));
  CHECK(refused([](Writer& plan) { plan.lookup(0, {0, 1, 1}, {1, 2}, {0, 0}); }));
  CHECK(refused([](Writer& plan) { plan.lookup(0, {0, 1, 2}, {1, 2}, {0}); }));
  CHECK(refused([](Writer& plan) { plan.distance(0, Metric::kCosine, 1, {1, 2}); }));
  CHECK(refused([](Writer& plan) { plan.distance(0, Metric::kEuclidean, 2, {1, 2}); }));
  const auto expands = [&](int32_t function, int32_t outputs, const std::vector<double>& parameters,
                           const std::vector<double>& vectors) {
    return !refused([&](Writer& plan) {
      plan.expansion(0, static_cast<KernelFunction>(function), outputs, parameters, vectors, {1}, {0});
    });
  };
  CHECK(expands(2, 1, {1, 0, 3}, {1, 2}));
  CHECK_FALSE(expands(2, 1, {1, 0}, {1, 2}));
  CHECK_FALSE(expands(2, 2, {1, 0, 3}, {1, 2}));
  CHECK_FALSE(expands(2, 1, {1, 0, 3}, {1, 2, 3}));
  CHECK_FALSE(expands(4, 1, {1, 0, 3}, {1, 2}));
  const auto interpolates = [&](int32_t outside, const std::vector<int32_t>& offsets,
                                const std::vector<double>& from) {
    return !refused([&](Writer& plan) {
      plan.interpolate(0, static_cast<Outside>(outside), offsets, from, {1, 2, 3});
    });
  };
  CHECK(interpolates(0, {0, 2, 3}, {1, 2, 0}));
  CHECK_FALSE(interpolates(0, {0, 3, 3}, {1, 2, 3}));
  CHECK_FALSE(interpolates(0, {0, 2, 3}, {1, 1, 0}));
  CHECK_FALSE(interpolates(0, {0, 2, 3}, {1, kNan, 0}));
  CHECK_FALSE(interpolates(0, {0, 2, 2}, {1, 2, 3}));
  CHECK_FALSE(interpolates(3, {0, 2, 3}, {1, 2, 0}));
  CHECK(refused([](Writer& plan) { plan.coupling(0, 3); }));
  CHECK(refused([](Writer& plan) { plan.coupling(0, 1); }));
  const auto votes = [&](const std::vector<int32_t>& ints, const std::vector<double>& numbers,
                         const std::vector<int32_t>& classes, const std::vector<double>& values) {
    return refused([&](Writer& plan) { plan.neighbors(0, ints, {1, 2, 3, 4}, numbers, classes, values); });
  };
  CHECK_FALSE(votes({0, 0, 1, 2, 0, 0, 2}, {2, 0}, {0, 1}, {}));
  CHECK(votes({5, 0, 1, 2, 0, 0, 2}, {2, 0}, {0, 1}, {}));  // metric
  CHECK(votes({0, 4, 1, 2, 0, 0, 2}, {2, 0}, {0, 1}, {}));  // search
  CHECK(votes({0, 0, 0, 2, 0, 0, 2}, {2, 0}, {0, 1}, {}));  // leaf size
  CHECK(votes({0, 0, 1, 3, 0, 0, 2}, {2, 0}, {0, 1}, {}));  // more neighbours than rows
  CHECK(votes({0, 0, 1, 2, 4, 0, 2}, {2, 0}, {0, 1}, {}));  // vote
  CHECK(votes({0, 0, 1, 2, 0, 0, 1}, {2, 0}, {0, 1}, {}));  // a class that does not exist
  CHECK(votes({0, 0, 1, 2, 0, 0, 2}, {2, 0}, {0}, {}));     // a row without class
  CHECK(votes({0, 0, 1, 2, 0, 0, 2}, {kNan, 0}, {0, 1}, {}));
  CHECK(votes({0, 0, 1, 0, 0, 0, 2}, {2, -1}, {0, 1}, {}));  // radius
  CHECK_FALSE(votes({0, 0, 1, 1, 1, 0, 2}, {2, 0}, {}, {1, 2, 3, 4}));
  CHECK(votes({0, 0, 1, 1, 1, 0, 2}, {2, 0}, {}, {1, 2, 3}));  // targets
  CHECK(votes({0, 0, 1, 0, 2, 0, 1}, {2, 0}, {}, {1, 2, 3, 4}));
  CHECK(votes({0, 0, 1, 2, 3, 0, 1}, {2, 0}, {}, {}));  // columns of distances
  CHECK_FALSE(refused([](Writer& plan) { plan.neighbor_impute(0, 9, false, {1, 2, 3, kNan}, {0, 0}); }));
  CHECK(refused([](Writer& plan) { plan.neighbor_impute(0, 0, false, {1, 2, 3, 4}, {0, 0}); }));
  CHECK(refused([](Writer& plan) { plan.neighbor_impute(0, 1, false, {1, 2, 3}, {0, 0}); }));
  CHECK(refused([](Writer& plan) { plan.neighbor_impute(0, 1, false, {1, 2, 3, 4}, {0}); }));
}

TEST_CASE("trees are checked node by node") {
  // Root 0 with children 1 and 2; 2 with children 3 and 4.
  const auto make = [] {
    ForestArrays forest;
    forest.tree_offsets = {0, 5};
    forest.feature = {0, -1, 1, -1, -1};
    forest.left = {1, 0, 3, 1, 2};
    forest.threshold = {0, kNan, 1, -2, -2};  // a leaf's threshold means nothing
    forest.values = {1, 2, 3};
    return forest;
  };
  const auto refused = [&](const std::function<void(ForestArrays&)>& change, int32_t aggregate = 0,
                           int32_t outputs = 1) {
    ForestArrays forest = make();
    change(forest);
    PlanWriter writer(2);
    forest.write(writer, 0, static_cast<ForestAggregate>(aggregate), outputs);
    return refusal(writer).code == "ERR_PLAN";
  };
  using Forest = ForestArrays;
  CHECK_FALSE(refused([](Forest&) {}));
  CHECK(refused([](Forest&) {}, 3));
  CHECK(refused([](Forest&) {}, 0, 0));
  CHECK(refused([](Forest&) {}, 0, 2));
  CHECK(refused([](Forest& f) { f.values = {1, 2, 3, 4, 5, 6}; }, 2, 2));
  CHECK(refused([](Forest& f) { f.tree_offsets = {0}; }));
  CHECK(refused([](Forest& f) { f.tree_offsets = {}; }));
  CHECK(refused([](Forest& f) { f.tree_offsets = {0, 4}; }));
  CHECK(refused([](Forest& f) { f.tree_offsets = {1, 5}; }));
  CHECK(refused([](Forest& f) { f.tree_offsets = {0, 0, 5}; }));
  CHECK(refused([](Forest& f) { f.tree_offsets = {0, 9, 5}; }));
  CHECK(refused([](Forest& f) { f.tree_offsets = {0, -3, 5}; }));
  CHECK(refused([](Forest& f) { f.threshold.pop_back(); }));
  CHECK(refused([](Forest& f) { f.left.push_back(0); }));
  CHECK(refused([](Forest& f) { f.rules = {1}; }));
  CHECK(refused([](Forest& f) { f.rules = {16, 0, 0, 0, 0}; }));
  CHECK(refused([](Forest& f) { f.rules = {6, 0, 0, 0, 0}; }));  // NaN cannot be zero and missing
  CHECK(refused([](Forest& f) { f.rules = {8, 0, 0, 0, 0}; }));  // no sets
  const auto with_sets = [](Forest& f) {
    f.rules = {8, 0, 9, 0, 0};
    f.set_offsets = {0, 1, 3};
    f.set_words = {5, 0, 7};
  };
  CHECK_FALSE(refused(with_sets));
  for (const double set : {-1.0, 0.5, 2.0, 1e300}) {
    CHECK(refused([&](Forest& f) {
      with_sets(f);
      f.threshold[0] = set;
    }));
  }
  for (const std::vector<int32_t>& offsets :
       {std::vector<int32_t>{}, {0}, {1, 3}, {0, 1, 2}, {0, 4, 3}, {0, -1, 3}}) {
    CHECK(refused([&](Forest& f) {
      with_sets(f);
      f.set_offsets = offsets;
    }));
  }
  const auto grouped = [&](const std::vector<int32_t>& groups, int32_t aggregate, int32_t outputs) {
    return refused([&](Forest& f) { f.groups = groups; }, aggregate, outputs);
  };
  CHECK_FALSE(grouped({0, 1}, 1, 1));
  CHECK(grouped({0, 1}, 0, 1));  // only sums have groups
  for (const std::vector<int32_t>& groups :
       {std::vector<int32_t>{0}, {1}, {1, 1}, {0, 2}, {0, -1}, {0, 0, 1}, {0, 1, 1}}) {
    CHECK(grouped(groups, 1, 1));
    CHECK(grouped(groups, 1, 2));
  }
  CHECK(refused([](Forest& f) { f.compare = static_cast<ForestCompare>(2); }));
  CHECK(refused([](Forest& f) { f.cover = {1, 2}; }));
  CHECK(refused([](Forest& f) { f.values.clear(); }));
  CHECK(refused([](Forest& f) { f.threshold[2] = kNan; }));
  CHECK(refused([](Forest& f) { f.feature[2] = 2; }));
  CHECK(refused([](Forest& f) { f.feature[2] = -2; }));
  CHECK(refused([](Forest& f) { f.left[1] = 3; }));   // row of values
  CHECK(refused([](Forest& f) { f.left[1] = -1; }));  //
  CHECK(refused([](Forest& f) { f.left[2] = 4; }));   // right child beyond the tree
  CHECK(refused([](Forest& f) { f.left[2] = 1; }));   // before its parent, and a second parent
  CHECK(refused([](Forest& f) { f.left[2] = 2; }));   // its own child
  CHECK(refused([](Forest& f) { f.left[0] = 2; }));   // node 1 without a parent
  CHECK(refused([](Forest& f) { f.left[0] = 3; }));   // two parents for 3 and 4
  CHECK(refused([](Forest& f) {
    f.feature[0] = -1;
    f.left[0] = 0;
  }));  // unreachable nodes
}

TEST_CASE("8-bit codes are read by 8-bit ops only") {
  const auto accepts = [](const std::function<void(PlanWriter&)>& write) {
    PlanWriter writer(2);
    write(writer);
    const Refused result = refusal(writer);
    INFO(result.message);
    CHECK((result.code == "none" || result.code == "ERR_PLAN"));
    return result.code == "none";
  };
  using Writer = PlanWriter;
  const std::vector<uint8_t> w = {1, 2};
  const auto dense = [&](Writer& plan, int32_t x, const std::vector<float>& codes = {}) {
    return plan.int8_dense(x, 1, Unary::kRelu, w, {1}, {0}, codes);
  };
  CHECK(accepts([&](Writer& plan) { dense(plan, plan.quantize(0, 1, 255)); }));
  CHECK(accepts([&](Writer& plan) { dense(plan, 0); }));
  CHECK_FALSE(accepts([](Writer& plan) { plan.quantize(0, 1, 0); }));  // the result of a plan is numbers
  CHECK_FALSE(accepts([](Writer& plan) { plan.softmax(plan.quantize(0, 1, 0)); }));
  CHECK_FALSE(accepts([](Writer& plan) { plan.check(plan.quantize(0, 1, 0), FiniteRule::kFinite); }));
  CHECK_FALSE(accepts([](Writer& plan) { plan.concat({0, plan.quantize(0, 1, 0)}); }));
  CHECK_FALSE(accepts([&](Writer& plan) { plan.quantize(plan.quantize(0, 1, 0), 1, 0); }));
  CHECK_FALSE(accepts([&](Writer& plan) {  // numbers in, codes out
    plan.int8_dense(dense(plan, 0, {1, 0}), 1, Unary::kRelu, {1}, {1}, {0});
  }));
  CHECK_FALSE(accepts([&](Writer& plan) { dense(plan, plan.quantize(0, 0, 0)); }));
  CHECK_FALSE(accepts([&](Writer& plan) { dense(plan, plan.quantize(0, -1, 0)); }));
  CHECK_FALSE(accepts([&](Writer& plan) { dense(plan, plan.quantize(0, static_cast<float>(kNan), 0)); }));
  CHECK_FALSE(accepts([&](Writer& plan) { dense(plan, plan.quantize(0, 1, 256)); }));
  CHECK_FALSE(accepts([&](Writer& plan) { dense(plan, plan.quantize(0, 1, 0.5f)); }));
  CHECK_FALSE(accepts([&](Writer& plan) { plan.int8_dense(0, 3, Unary::kRelu, w, {1}, {0}); }));
  CHECK_FALSE(accepts([&](Writer& plan) { plan.int8_dense(0, 0, Unary::kRelu, w, {1}, {0}); }));
  CHECK_FALSE(accepts([&](Writer& plan) { plan.int8_dense(0, 1, Unary::kRelu, {1}, {1}, {0}); }));
  CHECK_FALSE(accepts([&](Writer& plan) { plan.int8_dense(0, 1, Unary::kRelu, w, {1, 1}, {0}); }));
  CHECK_FALSE(accepts([&](Writer& plan) { plan.int8_dense(0, 1, static_cast<Unary>(24), w, {1}, {0}); }));
  PlanWriter wide(65794);
  wide.int8_dense(0, 1, Unary::kRelu, std::vector<uint8_t>(65794), {1}, {0});
  CHECK(refusal(wide).code == "ERR_PLAN");
}

// Changes one thing somewhere: a word, the length of the words, a constant's bytes, length or type.
void mutate(PlanWriter& plan, Rng& rng) {
  const auto interesting = [&](int32_t old) -> int32_t {
    switch (rng.below(6)) {
      case 0:
        return old + 1;
      case 1:
        return old - 1;
      case 2:
        return static_cast<int32_t>(rng.below(20)) - 2;
      case 3:
        return std::numeric_limits<int32_t>::max() - static_cast<int32_t>(rng.below(2));
      case 4:
        return std::numeric_limits<int32_t>::min() + static_cast<int32_t>(rng.below(2));
      default:
        return static_cast<int32_t>(rng.next());
    }
  };
  const size_t word = rng.below(static_cast<uint32_t>(plan.words.size()));
  const size_t index = rng.below(static_cast<uint32_t>(plan.constants.size()));
  Constant& constant = plan.constants[index];
  const size_t bytes = constant.size * PlanWriter::element_bytes(constant.type);
  switch (rng.below(10)) {
    case 0:
    case 1:
      // Wraps around on purpose.
      plan.words[word] =
          interesting(static_cast<int32_t>(static_cast<uint32_t>(plan.words[word]) & 0x7ffffff));
      break;
    case 2:
      plan.words.resize(word);
      if (rng.below(2) == 0) plan.words.resize(word + rng.below(10));
      break;
    case 3:
      plan.words.insert(plan.words.begin() + static_cast<std::ptrdiff_t>(word), interesting(0));
      break;
    case 4:
      plan.resize_constant(index, rng.below(static_cast<uint32_t>(constant.size + 3)));
      break;
    case 5:
      constant.type = static_cast<ConstantType>(rng.below(4));
      constant.size = bytes / PlanWriter::element_bytes(constant.type);
      break;
    default:
      if (bytes == 0) break;
      if (constant.type == ConstantType::kI32) {
        int32_t value;
        unsigned char* at = plan.bytes(index) + 4 * rng.below(static_cast<uint32_t>(constant.size));
        std::memcpy(&value, at, sizeof(value));
        value = interesting(static_cast<int32_t>(static_cast<uint32_t>(value) & 0x7ffffff));
        std::memcpy(at, &value, sizeof(value));
      } else {
        plan.bytes(index)[rng.below(static_cast<uint32_t>(bytes))] = static_cast<unsigned char>(rng.next());
      }
  }
}

template <typename T>
void run_accepted(const Plan& plan, Rng& rng) {
  if (plan.input_width > 1000 || plan.output_width() > 100000) return;  // valid, but slow to run
  const auto& tables = available_kernels();
  std::unique_ptr<Program<T>> program;
  try {
    program = prepare_cpu<T>(plan, *tables[rng.below(static_cast<uint32_t>(tables.size()))]);
  } catch (const Error& error) {
    // What only an engine sees: values of points, the code of a layer.
    CHECK(std::string(error.code()).rfind("ERR_", 0) == 0);
    return;
  }
  for (const size_t rows : {1, 5, 40}) {
    const std::vector<T> x = random_rows<T>(rng, rows, plan.input_width, 6);
    try {
      run(*program, x);
    } catch (const Error& error) {
      CHECK(error.row() >= 0);  // a value that Check or Category refuses, nothing else
      CHECK(error.row() < static_cast<int64_t>(rows));
    }
  }
}

TEST_CASE("a mutated plan is refused, or runs within its memory") {
  Rng rng(31);
  size_t refused = 0, accepted = 0;
  const size_t trials = fewer(8000);
  for (size_t trial = 0; trial < trials; ++trial) {
    CAPTURE(trial);
    PlanWriter writer(5);
    write_everything(writer, trial % 16);
    for (uint32_t changes = rng.below(4) == 0 ? 2 : 1; changes > 0; --changes) {
      if (!writer.words.empty()) mutate(writer, rng);
    }
    Plan plan;
    try {
      plan = writer.decode();
    } catch (const Error& error) {
      REQUIRE(std::string(error.code()) == "ERR_PLAN");
      ++refused;
      continue;
    }
    ++accepted;
    if (trial % 2 == 0) {
      run_accepted<float>(plan, rng);
    } else {
      run_accepted<double>(plan, rng);
    }
  }
  CHECK(refused > trials / 8);
  CHECK(accepted > trials / 8);
}

}  // namespace
}  // namespace test
}  // namespace boreal
