#include "train/calibration.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/weights.h"
#include "train/number_sort.h"

namespace boreal {
namespace {

double weight_of(Span<double> weights, size_t i) { return weights.size == 0 ? 1 : weights[i]; }

// log(1 + e^-|z|) apart from the part that is linear in z: no overflow, and no cancellation.
double sigmoid_loss(Span<double> scores, const std::vector<double>& target, Span<double> weights,
                    const Sigmoid& at) {
  double sum = 0;
  for (size_t i = 0; i < scores.size; ++i) {
    const double z = scores[i] * at.a + at.b;
    sum += weight_of(weights, i) * (z >= 0 ? target[i] * z + std::log1p(std::exp(-z))
                                           : (target[i] - 1) * z + std::log1p(std::exp(z)));
  }
  return sum;
}

// The slope of the log loss in beta, and its own slope.
struct Slopes {
  double first = 0, second = 0;
};
Slopes temperature_slopes(MatrixView<const double> scores, Span<int32_t> classes, Span<double> weights,
                          double beta) {
  Slopes sum;
  for (size_t i = 0; i < scores.rows; ++i) {
    const double* const z = scores.row(i);
    const double most = *std::max_element(z, z + scores.cols);
    double total = 0, mean = 0, squares = 0;
    for (size_t k = 0; k < scores.cols; ++k) {
      const double share = std::exp(beta * (z[k] - most));
      total += share;
      mean += share * (z[k] - most);
      squares += share * (z[k] - most) * (z[k] - most);
    }
    mean /= total;
    sum.first += weight_of(weights, i) * (mean - (z[classes[i]] - most));
    sum.second += weight_of(weights, i) * (squares / total - mean * mean);
  }
  return sum;
}

struct Place {
  uint64_t key;
  size_t row;
};

// Rows of positive weight by their value, those of one value as they stand.
std::vector<Place> ascending(Span<double> values, Span<double> weights) {
  std::vector<Place> order;
  order.reserve(values.size);
  for (size_t i = 0; i < values.size; ++i) {
    if (weight_of(weights, i) > 0) order.push_back({order_key(values[i] + 0.0), i});  // -0 is 0
  }
  sort_numbers(order);
  return order;
}

// body(begin, end) for each run of places of one value.
template <typename Body>
void for_each_tie(const std::vector<Place>& order, const Body& body) {
  for (size_t begin = 0, end; begin < order.size(); begin = end) {
    end = begin + 1;
    while (end < order.size() && order[end].key == order[begin].key) ++end;
    body(begin, end);
  }
}

// Mean ranks, ties shared.
std::vector<double> ranks(Span<double> values) {
  const std::vector<Place> order = ascending(values, {});
  std::vector<double> rank(values.size);
  for_each_tie(order, [&](size_t begin, size_t end) {
    for (size_t k = begin; k < end; ++k) rank[order[k].row] = static_cast<double>(begin + end - 1) / 2;
  });
  return rank;
}

bool rises(Span<double> x, Span<double> y) {
  const std::vector<double> a = ranks(x), b = ranks(y);
  const double mean = static_cast<double>(a.size() - 1) / 2;
  double product = 0;
  for (size_t i = 0; i < a.size(); ++i) product += (a[i] - mean) * (b[i] - mean);
  return product >= 0;
}

// In place, the rising fit of y: blocks of one mean, merged while one is not above the one before.
void pool(std::vector<double>& y, const std::vector<double>& weights) {
  struct Block {
    double mean, weight;
    size_t count;
  };
  std::vector<Block> blocks;
  for (size_t i = 0; i < y.size(); ++i) {
    blocks.push_back({y[i], weights[i], 1});
    while (blocks.size() > 1 && blocks[blocks.size() - 2].mean >= blocks.back().mean) {
      const Block last = blocks.back();
      blocks.pop_back();
      Block& before = blocks.back();
      const double weight = before.weight + last.weight;
      before.mean = (before.mean * before.weight + last.mean * last.weight) / weight;
      before.weight = weight;
      before.count += last.count;
    }
  }
  size_t i = 0;
  for (const Block& block : blocks) {
    std::fill_n(y.begin() + static_cast<ptrdiff_t>(i), block.count, block.mean);
    i += block.count;
  }
}

}  // namespace

Sigmoid fit_sigmoid(Span<double> scores, Span<double> y, Span<double> weights, double tolerance) {
  constexpr int kIterations = 100;
  constexpr double kLeastStep = 1e-10, kRidge = 1e-12;
  double positive = 0, negative = 0;
  for (size_t i = 0; i < y.size; ++i) (y[i] > 0 ? positive : negative) += weight_of(weights, i);
  const double high = (positive + 1) / (positive + 2), low = 1 / (negative + 2);
  std::vector<double> target;
  target.reserve(y.size);
  for (const double label : y) target.push_back(label > 0 ? high : low);

  Sigmoid found{0, std::log((negative + 1) / (positive + 1))};
  double value = sigmoid_loss(scores, target, weights, found);
  for (int iteration = 0; iteration < kIterations; ++iteration) {
    double h11 = kRidge, h22 = kRidge, h21 = 0, g1 = 0, g2 = 0;
    for (size_t i = 0; i < scores.size; ++i) {
      const double z = scores[i] * found.a + found.b, e = std::exp(-std::fabs(z));
      const double p = z >= 0 ? e / (1 + e) : 1 / (1 + e), weight = weight_of(weights, i);
      const double curve = weight * e / ((1 + e) * (1 + e)), slope = weight * (target[i] - p);
      h11 += scores[i] * scores[i] * curve;
      h22 += curve;
      h21 += scores[i] * curve;
      g1 += scores[i] * slope;
      g2 += slope;
    }
    if (std::fabs(g1) < tolerance && std::fabs(g2) < tolerance) break;
    const double determinant = h11 * h22 - h21 * h21;
    const double da = -(h22 * g1 - h21 * g2) / determinant, db = -(h11 * g2 - h21 * g1) / determinant;
    const double slope = g1 * da + g2 * db;
    double step = 1;
    for (; step >= kLeastStep; step /= 2) {
      const Sigmoid next{found.a + step * da, found.b + step * db};
      const double next_value = sigmoid_loss(scores, target, weights, next);
      if (next_value < value + 1e-4 * step * slope) {
        found = next;
        value = next_value;
        break;
      }
    }
    if (step < kLeastStep) break;
  }
  return found;
}

double fit_temperature(MatrixView<const double> scores, Span<int32_t> classes, Span<double> weights,
                       const CancelToken* cancel) {
  constexpr int kIterations = 200;
  for (const int32_t code : classes) {
    if (code < 0 || static_cast<size_t>(code) >= scores.cols)
      throw Error("ERR_LABELS", "A class is out of range.");
  }
  // The loss is convex in beta: Newton's method, held between the ends of a shrinking bracket.
  double low = std::exp(-10.0), high = std::exp(10.0);
  if (temperature_slopes(scores, classes, weights, high).first <= 0) return high;
  if (temperature_slopes(scores, classes, weights, low).first >= 0) return low;
  double beta = 1;
  for (int iteration = 0; iteration < kIterations; ++iteration) {
    check_cancel(cancel);
    const Slopes slopes = temperature_slopes(scores, classes, weights, beta);
    (slopes.first > 0 ? high : low) = beta;
    double next = beta - slopes.first / slopes.second;
    if (!(next > low && next < high)) next = std::sqrt(low * high);
    const bool is_settled = std::fabs(next - beta) <= 1e-14 * beta || slopes.first == 0;
    beta = next;
    if (is_settled) break;
  }
  return beta;
}

IsotonicFit fit_isotonic(Span<double> x, Span<double> y, Span<double> weights, Direction direction,
                         double least, double most) {
  constexpr double kSame = 1e-15;  // x nearer than this are one, as in scikit-learn
  if (x.size == 0) throw Error("ERR_EMPTY", "There is nothing to learn from.");
  if (y.size != x.size) throw Error("ERR_SHAPE", "y has the wrong length.");
  total_weight(weights, x.size);
  for (size_t i = 0; i < x.size; ++i) {
    if (!std::isfinite(x[i]) || !std::isfinite(y[i])) {
      throw Error(
          "ERR_INPUT_NAN",
          "A score is not finite. If it was computed from finite values, they are so large that scores "
          "overflow: scale them down.",
          static_cast<int64_t>(i));
    }
  }
  IsotonicFit fit;
  fit.rising = direction == Direction::kByCorrelation ? rises(x, y) : direction == Direction::kRising;
  std::vector<Place> order = ascending(x, weights);
  for_each_tie(order, [&](size_t begin, size_t end) {
    if (end - begin == 1) return;
    const auto at = [&](size_t k) { return order.begin() + static_cast<ptrdiff_t>(k); };
    std::stable_sort(at(begin), at(end), [&](const Place& a, const Place& b) { return y[a.row] < y[b.row]; });
  });
  std::vector<double> places, means, sums;
  for (size_t i = 0; i < order.size();) {
    const double place = x[order[i].row];
    double sum = 0, weight = 0;
    for (; i < order.size() && x[order[i].row] - place < kSame; ++i) {
      sum += weight_of(weights, order[i].row) * y[order[i].row];
      weight += weight_of(weights, order[i].row);
    }
    places.push_back(place);
    means.push_back(sum / weight);
    sums.push_back(weight);
  }
  if (!fit.rising) {
    std::reverse(means.begin(), means.end());
    std::reverse(sums.begin(), sums.end());
  }
  pool(means, sums);
  if (!fit.rising) std::reverse(means.begin(), means.end());
  for (double& mean : means) mean = std::min(std::max(mean, least), most);
  for (size_t i = 0; i < places.size(); ++i) {
    const bool is_end = i == 0 || i + 1 == places.size();
    if (!is_end && means[i] == means[i - 1] && means[i] == means[i + 1]) continue;
    fit.x.push_back(places[i]);
    fit.y.push_back(means[i]);
  }
  return fit;
}

}  // namespace boreal
