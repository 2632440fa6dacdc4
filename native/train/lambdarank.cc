#include "train/lambdarank.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "base/weights.h"
#include "device/portable_math.h"

namespace boreal {
namespace {

// An unsigned number that falls as the score rises, for NaN too: a total order.
uint64_t descending(double score) {
  uint64_t bits;
  score += 0.0;  // -0 ranks as 0
  std::memcpy(&bits, &score, sizeof bits);
  return (bits >> 63) != 0 ? bits : ~(bits | (uint64_t{1} << 63));
}

class LambdaRank final : public HistLoss {
 public:
  LambdaRank(const RankParams& params, Span<int32_t> queries, Span<double> y)
      : params_(params), offsets_(queries.begin(), queries.end()) {
    check(y);
    size_t longest = 0;
    for (size_t q = 0; q + 1 < offsets_.size(); ++q) longest = std::max(longest, count(q));
    for (size_t rank = 0; rank < longest; ++rank) {
      discount_.push_back(portable_log(2.0) / portable_log(static_cast<double>(rank) + 2.0));
    }
    std::vector<double> gains;
    for (size_t q = 0; q + 1 < offsets_.size(); ++q) {
      gains.clear();
      for (size_t i = begin(q); i < end(q); ++i) gains.push_back(gain(y[i]));
      std::sort(gains.rbegin(), gains.rend());
      const double most = dcg(gains, params_.truncation);
      inverse_.push_back(most > 0 ? 1 / most : 0);
      most_.push_back(dcg(gains, params_.eval_at));
    }
  }

  bool constant_hessian() const override { return false; }
  std::vector<double> baseline(Span<double>, Span<double>) const override { return {0.0}; }

  // That of the queries.
  double total_weight(Span<double> weights, size_t rows) const override {
    boreal::total_weight(weights, rows);  // checks them
    double total = 0;
    for (size_t q = 0; q + 1 < offsets_.size(); ++q) total += weight(q, weights);
    return total;
  }

  // Here and in sum: the queries that begin within the rows, whole.
  void gradients(const double* raw, Span<double> y, Span<double> weights, size_t first, size_t last,
                 float* gradient, float* hessian) const override {
    Scratch scratch;
    for (size_t q = query_from(first); q < query_from(last); ++q) {
      rank(q, raw, y, &scratch);
      add_pairs(q, &scratch);
      for (size_t r = 0; r < count(q); ++r) {
        const size_t i = scratch.order[r].row;
        const double w = weights.size == 0 ? 1.0 : weights[i];
        gradient[i] = static_cast<float>(scratch.gradient[r] * w);
        hessian[i] = static_cast<float>(scratch.hessian[r] * w);
      }
    }
  }

  double sum(const double* raw, Span<double> y, Span<double> weights, size_t first,
             size_t last) const override {
    Scratch scratch;
    double total = 0;
    for (size_t q = query_from(first); q < query_from(last); ++q) {
      if (!(most_[q] > 0)) continue;  // nothing to be found: any order is right
      rank(q, raw, y, &scratch);
      total += weight(q, weights) * (1 - dcg(scratch.gain, params_.eval_at) / most_[q]);
    }
    return total;
  }

 private:
  struct Place {
    uint64_t key;
    size_t row;
    bool operator<(const Place& other) const {
      return key < other.key || (key == other.key && row < other.row);
    }
  };
  // Of one query, from the greatest score down.
  struct Scratch {
    std::vector<Place> order;
    std::vector<double> score, gain, gradient, hessian, slope, curve;
  };

  void check(Span<double> y) const {
    const auto refuse = [](const char* code, const char* what, int64_t row = -1) {
      throw Error(code, what, row);
    };
    if (!(params_.sigmoid > 0) || std::isinf(params_.sigmoid)) {
      refuse("ERR_PARAMETER", "sigmoid must be finite and > 0.");
    }
    if (params_.truncation < 1 || params_.eval_at < 1) {
      refuse("ERR_PARAMETER", "A ranking looks at one row at least.");
    }
    double last = 0;
    for (double g : params_.gains) {
      if (!(g >= last) || std::isinf(g)) {
        refuse("ERR_PARAMETER", "Gains of grades must be finite, >= 0 and not fall.");
      }
      last = g;
    }
    if (offsets_.size() < 2 || offsets_.front() != 0 || static_cast<size_t>(offsets_.back()) != y.size) {
      refuse("ERR_SHAPE", "Queries must have all rows.");
    }
    for (size_t q = 1; q < offsets_.size(); ++q) {
      if (offsets_[q] <= offsets_[q - 1]) refuse("ERR_SHAPE", "A query must have one row at least.");
    }
    for (size_t i = 0; i < y.size; ++i) {
      if (!(y[i] >= 0 && y[i] < static_cast<double>(params_.gains.size()) && y[i] == std::floor(y[i]))) {
        refuse("ERR_LABELS", "A grade must be a whole number >= 0 that has a gain.", static_cast<int64_t>(i));
      }
    }
  }

  size_t begin(size_t q) const { return static_cast<size_t>(offsets_[q]); }
  size_t end(size_t q) const { return static_cast<size_t>(offsets_[q + 1]); }
  size_t count(size_t q) const { return end(q) - begin(q); }
  double gain(double grade) const { return params_.gains[static_cast<size_t>(grade)]; }

  // The first query that begins at the row or behind it.
  size_t query_from(size_t row) const {
    const auto at = std::lower_bound(offsets_.begin(), offsets_.end() - 1, static_cast<int32_t>(row));
    return static_cast<size_t>(at - offsets_.begin());
  }

  double weight(size_t q, Span<double> weights) const {
    if (weights.size == 0) return 1;
    double total = 0;
    for (size_t i = begin(q); i < end(q); ++i) total += weights[i];
    return total / static_cast<double>(count(q));
  }

  double dcg(const std::vector<double>& gains, size_t at) const {
    double total = 0;
    for (size_t r = 0; r < std::min(gains.size(), at); ++r) total += gains[r] * discount_[r];
    return total;
  }

  // Rows with equal scores stand in their own order.
  void rank(size_t q, const double* raw, Span<double> y, Scratch* scratch) const {
    scratch->order.clear();
    for (size_t i = begin(q); i < end(q); ++i) scratch->order.push_back({descending(raw[i]), i});
    std::sort(scratch->order.begin(), scratch->order.end());
    scratch->score.clear();
    scratch->gain.clear();
    for (const Place& place : scratch->order) {
      scratch->score.push_back(raw[place.row]);
      scratch->gain.push_back(gain(y[place.row]));
    }
  }

  void add_pairs(size_t q, Scratch* s) const {
    const size_t n = count(q);
    s->gradient.assign(n, 0.0);
    s->hessian.assign(n, 0.0);
    s->slope.resize(n);
    s->curve.resize(n);
    const bool damped = params_.normalise && s->score.front() != s->score.back();
    double sum = 0;
    for (size_t i = 0; i + 1 < n && i < params_.truncation; ++i) {
      price_pairs(i, inverse_[q], damped, s);
      double gradient = 0, hessian = 0;
      for (size_t j = i + 1; j < n; ++j) {
        gradient -= s->slope[j];
        hessian += s->curve[j];
        s->gradient[j] += s->slope[j];
        s->hessian[j] += s->curve[j];
        sum += 2 * std::fabs(s->slope[j]);
      }
      s->gradient[i] += gradient;
      s->hessian[i] += hessian;
    }
    if (!params_.normalise || !(sum > 0)) return;
    const double scale = portable_log(1 + sum) / (portable_log(2.0) * sum);
    for (size_t r = 0; r < n; ++r) {
      s->gradient[r] *= scale;
      s->hessian[r] *= scale;
    }
  }

  // Row i with each row j behind it: the pair's gradient of score j, and its Hessian. Pairs of one gain get
  // 0.
  void price_pairs(size_t i, double inverse, bool damped, Scratch* s) const {
    const double gain = s->gain[i], score = s->score[i], discount = discount_[i], sigmoid = params_.sigmoid;
    const double *gains = s->gain.data(), *scores = s->score.data(), *discounts = discount_.data();
    double *slope = s->slope.data(), *curve = s->curve.data();
    const double least = damped ? 0.01 : 1.0, spread = damped ? 1.0 : 0.0;
    for (size_t j = i + 1; j < s->score.size(); ++j) {
      const double gap = gain - gains[j], ahead = score - scores[j];  // ahead >= 0
      const double change = std::fabs(gap) * (discount - discounts[j]) * inverse / (least + spread * ahead);
      // The share of belief that the pair stands the wrong way round.
      const double wrong = 1.0 / (1.0 + portable_exp(sigmoid * (gap > 0 ? ahead : -ahead)));
      const double force = sigmoid * change * wrong;
      slope[j] = gap > 0 ? force : -force;
      curve[j] = sigmoid * force * (1.0 - wrong);
    }
  }

  RankParams params_;
  std::vector<int32_t> offsets_;
  std::vector<double> discount_;  // by rank
  std::vector<double> inverse_,
      most_;  // by query: 1 / DCG of the best order (0 if there is none); at eval_at
};

}  // namespace

std::unique_ptr<HistLoss> make_lambdarank(const RankParams& params, Span<int32_t> queries, Span<double> y) {
  return std::make_unique<LambdaRank>(params, queries, y);
}

}  // namespace boreal
