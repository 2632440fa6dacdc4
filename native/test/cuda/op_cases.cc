#include "test/cuda/op_cases.h"

#include <cmath>
#include <limits>

#include "test/cuda/conv_shape.h"

namespace boreal {
namespace test {
namespace {

int32_t between(Rng& rng, uint32_t least, uint32_t most) {
  return static_cast<int32_t>(least + rng.below(most - least + 1));
}
Numbers random_numbers(Rng& rng, int32_t count, double low = -1, double high = 1) {
  Numbers values(static_cast<size_t>(count));
  for (double& value : values) value = static_cast<float>(low + (high - low) * rng.uniform());
  return values;
}
Floats random_floats(Rng& rng, int32_t count, double low = -1, double high = 1) {
  const Numbers values = random_numbers(rng, count, low, high);
  return Floats(values.begin(), values.end());
}

// A plan of so many columns, written by `body`.
template <typename F>
PlanWriter plan_of(int32_t width, F body) {
  PlanWriter plan(width);
  body(plan);
  return plan;
}

}  // namespace

PlanWriter layer_plan(int32_t width, int32_t outputs, const Numbers& code, const Floats& parameters,
                      Unary activation) {
  return plan_of(width, [&](PlanWriter& plan) {
    const int32_t first = plan.constant(code);
    plan.op(28, {0}, {outputs, static_cast<int32_t>(activation)}, {first, plan.constant(parameters)});
  });
}

Numbers grid_points(Rng& rng, int32_t count) {
  Numbers values(static_cast<size_t>(count));
  for (double& value : values) value = between(rng, 0, 4) * 0.5 - 1;
  return values;
}
namespace {

PlanWriter conv_plan(Rng& rng, const ConvShape& s, bool bias, Unary activation) {
  return layer_plan(s.width(), s.outputs(), s.code(bias),
                    random_floats(rng, s.depth() * s.filters + (bias ? s.filters : 0)), activation);
}
PlanWriter pool_plan(Rng& rng, bool mean) {
  const double in = between(rng, 4, 9), channels = between(rng, 1, 5), kernel = between(rng, 1, 3);
  const double stride = between(rng, 1, 3), pad = between(rng, 0, static_cast<uint32_t>(kernel) - 1);
  const double out = std::floor((in + 2 * pad - kernel) / stride) + 1;
  return layer_plan(
      static_cast<int32_t>(in * in * channels), static_cast<int32_t>(out * out * channels),
      {4, 12, mean ? 1.0 : 0.0, in, in, channels, kernel, kernel, stride, stride, pad, pad, pad, pad}, {});
}

PlanWriter neighbors_plan(Rng& rng, int32_t metric, double p, int32_t neighbors, NeighborVote vote,
                          bool weights) {
  const int32_t width = between(rng, 1, 6), rows = between(rng, 40, 90);
  const bool classes = vote == NeighborVote::kClasses;
  const int32_t outputs = vote == NeighborVote::kDistances ? neighbors
                          : vote == NeighborVote::kOutlier ? 1
                                                           : between(rng, 1, 3);
  std::vector<int32_t> codes;
  for (int32_t i = 0; classes && i < rows; ++i)
    codes.push_back(between(rng, 0, static_cast<uint32_t>(outputs) - 1));
  Numbers values;
  if (vote == NeighborVote::kMean || vote == NeighborVote::kPlace)
    values = random_numbers(rng, rows * outputs);
  if (vote == NeighborVote::kOutlier) values = random_numbers(rng, 2 * rows, 0.1, 1);
  Numbers numbers = {p, 1.25};
  if (vote == NeighborVote::kPlace) numbers.insert(numbers.end(), {1.6, 0.9, 1, 5, 20, 1, 1, 0.5, 42});
  return plan_of(width, [&](PlanWriter& plan) {
    plan.neighbors(0, {metric, 1, 30, neighbors, static_cast<int32_t>(vote), weights ? 1 : 0, outputs},
                   grid_points(rng, rows * width), numbers, codes, values);
  });
}

ForestArrays leaves_of_trees(Rng& rng, int32_t width) {
  ForestArrays forest =
      random_forest(rng, 5, static_cast<size_t>(width), 1, 15, {-0.5, 0, 0.5}, false, false, 6);
  for (size_t l = 0; l < forest.values.size(); ++l) forest.values[l] = static_cast<double>(l);
  return forest;
}

constexpr double kClose = 2e-5;

}  // namespace

const std::vector<OpCase>& op_cases() {
  static const std::vector<OpCase> all = {
      {"check", Rows::kNumbers, 0,
       [](Rng& rng) {
         return plan_of(between(rng, 1, 40), [](PlanWriter& p) { p.check(0, FiniteRule::kFinite); });
       }},
      {"gather and concat", Rows::kWithMissing, 0,
       [](Rng& rng) {
         const int32_t width = between(rng, 1, 40);
         return plan_of(width, [&](PlanWriter& p) { p.concat({p.gather(0, {width - 1, 0, width / 2}), 0}); });
       }},
      {"impute", Rows::kWithMissing, 0,
       [](Rng& rng) {
         const int32_t width = between(rng, 1, 40);
         return plan_of(width, [&](PlanWriter& p) { p.impute(0, random_numbers(rng, width)); });
       }},
      {"affine", Rows::kWithMissing, 0,
       [](Rng& rng) {
         const int32_t width = between(rng, 1, 40);
         return plan_of(width, [&](PlanWriter& p) {
           p.affine(0, random_numbers(rng, width), random_numbers(rng, width, 0.5, 2));
         });
       }},
      {"scale", Rows::kWithMissing, 0,
       [](Rng& rng) {
         const int32_t channels = between(rng, 1, 7);
         return plan_of(channels * between(rng, 1, 5), [&](PlanWriter& p) {
           const int32_t first = p.constant(random_numbers(rng, channels));
           p.op(30, {0}, {}, {first, p.constant(random_numbers(rng, channels))});
         });
       }},
      {"category, one-hot, lookup", Rows::kSmallWhole, 0,
       [](Rng&) {
         return plan_of(2, [](PlanWriter& p) {
           const int32_t codes = p.category(0, {0, 3, 5}, {0, 1, 3, 1, 2}, false);
           p.concat({codes, p.one_hot(codes, {3, 2}, {1, -1}),
                     p.lookup(codes, {0, 2, 4}, {5, 6, 7, 8}, {-1, -2})});
         });
       }},
      {"dense", Rows::kNumbers, kClose,
       [](Rng& rng) {
         const int32_t width = between(rng, 1, 40), hidden = between(rng, 129, 160), out = between(rng, 1, 9);
         return plan_of(width, [&](PlanWriter& p) {
           const int32_t x =
               p.dense(0, random_numbers(rng, width * hidden), random_numbers(rng, hidden), Unary::kTanh);
           p.dense(x, random_numbers(rng, hidden * out, -0.1, 0.1), random_numbers(rng, out));
         });
       }},
      {"activation", Rows::kWithMissing, kClose,
       [](Rng& rng) {
         return plan_of(between(rng, 1, 40), [](PlanWriter& p) { p.activation(0, Unary::kGelu); });
       }},
      {"softmax", Rows::kNumbers, kClose,
       [](Rng& rng) { return plan_of(between(rng, 1, 50), [](PlanWriter& p) { p.softmax(0); }); }},
      {"argmax", Rows::kWithMissing, 0,
       [](Rng& rng) { return plan_of(between(rng, 1, 50), [](PlanWriter& p) { p.argmax(0); }); }},
      {"forest", Rows::kNumbers, 0,
       [](Rng& rng) {
         const int32_t width = between(rng, 1, 6);
         return plan_of(width, [&](PlanWriter& p) {
           random_forest(rng, 9, static_cast<size_t>(width), 2, 31, {-1, 0, 0.5, 1}, true, false, 9)
               .write(p, 0, ForestAggregate::kMean, 2);
         });
       }},
      {"quantile", Rows::kWithMissing, kClose,
       [](Rng& rng) {
         return plan_of(between(rng, 1, 70), [](PlanWriter& p) { p.quantile(0, {0, 0.05, 0.5, 0.75, 1}); });
       }},
      {"quantile of equal values", Rows::kSmallWhole, kClose,
       [](Rng& rng) {
         return plan_of(between(rng, 1, 40), [](PlanWriter& p) { p.quantile(0, {0.1, 0.5, 0.9}); });
       }},
      {"linear models in leaves", Rows::kWithMissing, 0,
       [](Rng& rng) {
         const int32_t width = between(rng, 2, 6);
         return plan_of(width, [&](PlanWriter& p) {
           const int32_t leaves = leaves_of_trees(rng, width).write(p, 0, ForestAggregate::kPerTree, 1);
           p.leaf_linear(0, leaves, random_numbers(rng, 5), random_numbers(rng, 5), {0, 2, 2, 3, 5, 6},
                         {0, 1, 1, 0, 1, 0}, random_numbers(rng, 6));
         });
       }},
      {"functions of two numbers", Rows::kWithMissing, kClose,
       [](Rng& rng) {
         const int32_t width = between(rng, 1, 20);
         return plan_of(width, [&](PlanWriter& p) {
           p.binary(BinaryFunction::kMax, 0, p.binary(BinaryFunction::kMul, 0, random_numbers(rng, width)));
         });
       }},
      {"select and constant", Rows::kWithMissing, 0,
       [](Rng& rng) {
         const int32_t width = between(rng, 1, 20);
         return plan_of(width, [&](PlanWriter& p) {
           const Numbers zeros(static_cast<size_t>(width), 0);
           p.select(p.binary(BinaryFunction::kLess, 0, zeros), 0,
                    p.constant_row(0, random_numbers(rng, width)));
         });
       }},
      {"fold", Rows::kNumbers, kClose,
       [](Rng& rng) { return plan_of(between(rng, 1, 70), [](PlanWriter& p) { p.reduce(0, Fold::kSum); }); }},
      {"float32", Rows::kNumbers, 0,
       [](Rng& rng) {
         return plan_of(between(rng, 1, 9),
                        [](PlanWriter& p) { p.activation(p.float32(0), Unary::kNegate); });
       }},
      {"distances to points", Rows::kNumbers, kClose,
       [](Rng& rng) {
         const int32_t width = between(rng, 1, 20), points = between(rng, 1, 80);
         return plan_of(width, [&](PlanWriter& p) {
           p.distance(0, Metric::kEuclidean, points, random_numbers(rng, points * width));
         });
       }},
      // Few classes take a thread for a row, many a warp.
      {"coupling", Rows::kNumbers, kClose,
       [](Rng& rng) {
         const int32_t classes = rng.below(2) == 0 ? between(rng, 2, 8) : between(rng, 9, 40);
         return plan_of(classes * (classes - 1) / 2,
                        [&](PlanWriter& p) { p.coupling(p.activation(0, Unary::kSigmoid), classes); });
       }},
      {"non-negative coordinates", Rows::kNumbers, 0,
       [](Rng& rng) {
         const int32_t width = between(rng, 1, 9);
         const size_t w = static_cast<size_t>(width);
         Numbers gram(w * w, 0.25);
         for (size_t k = 0; k < w; ++k) gram[k * w + k] = k == 2 ? 0 : 1 + rng.uniform();
         return plan_of(width, [&](PlanWriter& p) { p.non_negative(0, gram, 1e-4, 60); });
       }},
      {"coordinates of a divergence", Rows::kSmallWhole, 1e-4,
       [](Rng& rng) {
         const int32_t width = between(rng, 1, 9), outputs = between(rng, 1, 5);
         const double beta = 0.5 * between(rng, 2, 6);
         return plan_of(width, [&](PlanWriter& p) {
           p.divergence(0, random_numbers(rng, width * outputs, 0.1, 1),
                        {beta, 0.01, 0.1, rng.below(2) * 1e-4}, outputs, 30);
         });
       }},
      {"kernel machine", Rows::kNumbers, 1e-4,
       [](Rng& rng) {
         const int32_t width = between(rng, 1, 12), vectors = between(rng, 1, 70);
         return plan_of(width, [&](PlanWriter& p) {
           p.expansion(0, KernelFunction::kRbf, 2, {0.25, 0, 0}, random_numbers(rng, vectors * width),
                       random_numbers(rng, vectors * 2), {0.5, -1});
         });
       }},
      {"interpolate, cut off", Rows::kWithMissing, 0,
       [](Rng&) {
         return plan_of(2, [](PlanWriter& p) {
           p.interpolate(0, Outside::kClip, {0, 4, 5}, {-1, 0, 0.5, 1, 0.25}, {3, 1, 2, -1, 7});
         });
       }},
      {"interpolate, NaN outside", Rows::kWithMissing, 0,
       [](Rng&) {
         return plan_of(1, [](PlanWriter& p) {
           p.interpolate(0, Outside::kNan, {0, 3}, {-1, 0, 1}, {3, 1, 2});
         });
       }},
      {"neighbours: classes", Rows::kSmallWhole, 0,
       [](Rng& rng) { return neighbors_plan(rng, 0, 2, between(rng, 1, 40), NeighborVote::kClasses, true); }},
      {"neighbours: means, manhattan", Rows::kSmallWhole, 0,
       [](Rng& rng) { return neighbors_plan(rng, 1, 2, between(rng, 1, 40), NeighborVote::kMean, true); }},
      {"neighbours: outliers, chebyshev", Rows::kNumbers, 0,
       [](Rng& rng) { return neighbors_plan(rng, 2, 2, between(rng, 1, 9), NeighborVote::kOutlier, false); }},
      {"neighbours: distances, minkowski", Rows::kSmallWhole, kClose,
       [](Rng& rng) {
         return neighbors_plan(rng, 3, 3, between(rng, 1, 9), NeighborVote::kDistances, false);
       }},
      {"neighbours: distances, cosine", Rows::kSmallWhole, 0,
       [](Rng& rng) {
         return neighbors_plan(rng, 4, 2, between(rng, 1, 9), NeighborVote::kDistances, false);
       }},
      {"neighbours: distances that are given", Rows::kSmallWhole, 0,
       [](Rng& rng) {
         const int32_t points = between(rng, 3, 50), neighbors = between(rng, 1, 3);
         return plan_of(points, [&](PlanWriter& p) {
           p.neighbors(0, {5, 1, 30, neighbors, 3, 0, neighbors}, {}, {2, 1}, {}, {});
         });
       }},
      {"neighbours within a radius: classes", Rows::kSmallWhole, 0,
       [](Rng& rng) { return neighbors_plan(rng, 0, 2, 0, NeighborVote::kClasses, true); }},
      {"neighbours within a radius: means", Rows::kNumbers, 0,
       [](Rng& rng) { return neighbors_plan(rng, 1, 2, 0, NeighborVote::kMean, true); }},
      {"neighbours: a place in a layout", Rows::kNumbers, 1e-4,
       [](Rng& rng) { return neighbors_plan(rng, 0, 2, between(rng, 2, 9), NeighborVote::kPlace, false); }},
      {"filling from neighbours", Rows::kWithMissing, 0,
       [](Rng& rng) {
         const int32_t width = between(rng, 2, 6), rows = between(rng, 5, 70);
         Numbers points = grid_points(rng, rows * width);
         for (double& value : points) {
           if (rng.below(4) == 0) value = std::numeric_limits<double>::quiet_NaN();
         }
         return plan_of(width, [&](PlanWriter& p) {
           p.neighbor_impute(0, between(rng, 1, 9), rng.below(2) == 0, points, random_numbers(rng, width));
         });
       }},
      {"draw", Rows::kWithMissing, 0,
       [](Rng& rng) { return plan_of(between(rng, 1, 9), [](PlanWriter& p) { p.draw(0, 77); }); }},
      {"layer: convolution", Rows::kNumbers, kClose,
       [](Rng& rng) {
         const ConvShape shape{
             between(rng, 5, 9), between(rng, 1, 5), between(rng, 16, 70), between(rng, 1, 3),
             between(rng, 1, 2), between(rng, 0, 1), between(rng, 1, 2),   1};
         return conv_plan(rng, shape, rng.below(2) == 0, Unary::kRelu);
       }},
      {"layer: convolution in groups", Rows::kNumbers, kClose,
       [](Rng& rng) {
         const int32_t groups = between(rng, 2, 3);
         const ConvShape shape{between(rng, 5, 9),
                               groups * between(rng, 1, 2),
                               groups * (rng.below(2) == 0 ? between(rng, 1, 3) : between(rng, 16, 20)),
                               3,
                               1,
                               1,
                               1,
                               groups};
         return conv_plan(rng, shape, true, Unary::kIdentity);
       }},
      {"layer: largest of windows", Rows::kNumbers, 0, [](Rng& rng) { return pool_plan(rng, false); }},
      {"layer: mean of windows", Rows::kNumbers, kClose, [](Rng& rng) { return pool_plan(rng, true); }},
      {"layer: mean of channels", Rows::kNumbers, kClose,
       [](Rng& rng) {
         const int32_t pixels = between(rng, 1, 30), channels = between(rng, 1, 9);
         return layer_plan(pixels * channels, channels, {5, 2, double(pixels), double(channels)}, {});
       }},
      {"layer: dense at positions", Rows::kNumbers, kClose,
       [](Rng& rng) {
         const int32_t width = between(rng, 1, 9), units = between(rng, 1, 70),
                       positions = between(rng, 2, 7);
         const double bias = rng.below(2);
         return layer_plan(width * positions, units * positions,
                           {0, 9, double(width), double(units), double(positions), bias, 1, 0, 0, 0, 0},
                           random_floats(rng, width * units + (bias != 0 ? units : 0)));
       }},
      {"layer: softmax at positions", Rows::kNumbers, kClose,
       [](Rng& rng) {
         const int32_t width = between(rng, 1, 40), parts = between(rng, 2, 5);
         const double kind = rng.below(2) == 0 ? 17 : 18;
         return layer_plan(width * parts, width * parts,
                           {1, 4, double(width * parts), kind, 0, double(width)}, {});
       }},
      {"layer: activation", Rows::kNumbers, kClose,
       [](Rng& rng) {
         const int32_t width = between(rng, 1, 40);
         return layer_plan(width, width, {1, 4, double(width), double(between(rng, 0, 16)), 0.3, 1}, {});
       }},
      {"layer: batch normalisation", Rows::kNumbers, kClose,
       [](Rng& rng) {
         const int32_t positions = between(rng, 1, 5), channels = between(rng, 1, 7);
         Floats parameters = random_floats(rng, 3 * channels);
         const Floats variance = random_floats(rng, channels, 0.5, 2);
         parameters.insert(parameters.end(), variance.begin(), variance.end());
         return layer_plan(positions * channels, positions * channels,
                           {6, 8, double(positions), double(channels), 0.9, 1e-3, 1, 1, 1, 0}, parameters);
       }},
      {"layer: layer normalisation", Rows::kNumbers, kClose,
       [](Rng& rng) {
         const int32_t positions = between(rng, 1, 5), width = between(rng, 1, 40);
         return layer_plan(positions * width, positions * width,
                           {7, 6, double(positions), double(width), 1e-3, 1, 1, 1},
                           random_floats(rng, 2 * width));
       }},
      {"layer: embedding", Rows::kSmallWhole, 0,
       [](Rng& rng) {
         const int32_t positions = between(rng, 1, 5), width = between(rng, 1, 9);
         return layer_plan(positions, positions * width, {8, 6, double(positions), 4, double(width), 1, 0, 0},
                           random_floats(rng, 4 * width));
       }},
      {"layer: dropout", Rows::kNumbers, 0,
       [](Rng& rng) {
         const int32_t width = between(rng, 1, 40);
         return layer_plan(width, width, {2, 2, double(width), 0.5}, {});
       }},
      {"8 bits: codes and a dense layer of them", Rows::kNumbers, 0,
       [](Rng& rng) {
         const int32_t width = between(rng, 1, 20), outputs = between(rng, 1, 20);
         std::vector<uint8_t> weights(static_cast<size_t>(width * outputs));
         for (uint8_t& weight : weights) weight = static_cast<uint8_t>(rng.below(256));
         return plan_of(width, [&](PlanWriter& p) {
           p.int8_dense(p.quantize(0, 0.02f, 128), 1, Unary::kRelu, weights,
                        random_floats(rng, outputs, 0.01, 0.02), random_floats(rng, outputs));
         });
       }},
      {"8 bits: convolution", Rows::kNumbers, 0, [](Rng& rng) {
         const ConvShape shape{between(rng, 5, 9), between(rng, 1, 20), between(rng, 1, 80),
                               between(rng, 1, 3), between(rng, 1, 2),  between(rng, 0, 1),
                               between(rng, 1, 2)};
         std::vector<uint8_t> weights(static_cast<size_t>(shape.depth() * shape.filters));
         for (uint8_t& weight : weights) weight = static_cast<uint8_t>(rng.below(256));
         return plan_of(shape.width(), [&](PlanWriter& p) {
           const int32_t x = rng.below(2) == 0 ? 0 : p.quantize(0, 0.02f, 100);
           p.int8_conv(x, shape.outputs(), Unary::kRelu, shape.code(true), weights,
                       random_floats(rng, shape.filters, 0.01, 0.02), random_floats(rng, shape.filters));
         });
       }}};
  return all;
}

}  // namespace test
}  // namespace boreal
