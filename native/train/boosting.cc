// Each round fits one regression tree per output to the negative gradients, sets its leaves by a line search
// and adds it, scaled, to the raw predictions (Friedman 2001; with subsample < 1 Stochastic gradient
// boosting, 2002). The trees of a round are tasks of the pool; sums over rows run in row order, so that the
// model does not depend on the number of threads. Memory: the rank table, a TreeBuilder per output or thread,
// and per row 24 * outputs + 40 bytes.
#include "train/boosting.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>

#include "base/error.h"
#include "base/thread_pool.h"
#include "train/forest_model.h"
#include "train/rank_table.h"
#include "train/row_sampler.h"
#include "train/target_stats.h"
#include "train/tree_builder.h"

namespace boreal {
namespace {

bool has_classes(BoostingLoss loss) {
  return loss == BoostingLoss::kLogistic || loss == BoostingLoss::kMultinomial ||
         loss == BoostingLoss::kExponential;
}

size_t outputs_of(const BoostingParams& params) {
  return params.loss == BoostingLoss::kMultinomial ? params.class_count : 1;
}

void check(const BoostingData& data, const BoostingParams& params) {
  const size_t rows = data.x.rows;
  check_tree_params(params, rows, data.x.cols);
  require(params.rounds >= 1, "Boosting needs at least one round.");
  require(params.learning_rate >= 0 && std::isfinite(params.learning_rate),
          "The learning rate must be finite and not negative.");
  require(params.subsample > 0 && params.subsample <= 1, "subsample must be above 0 and at most 1.");
  require(params.alpha > 0 && params.alpha < 1, "alpha must be between 0 and 1.");
  require(params.loss != BoostingLoss::kMultinomial || params.class_count >= 2,
          "The multinomial loss needs at least two classes.");
  require(uint64_t{params.rounds} * outputs_of(params) <= kMaxTreeCount, "There are too many trees.");
  require(params.validation_rows < rows, "There must be rows to train on.");
  if (data.y.size != rows || (data.weights.size != rows && data.weights.size != 0) ||
      data.raw.size != rows * outputs_of(params)) {
    throw Error("ERR_SHAPE", "Targets, weights and raw predictions must have one row for each row.");
  }
  if (!has_classes(params.loss)) return;
  const double classes = params.loss == BoostingLoss::kMultinomial ? params.class_count : 2;
  for (size_t i = 0; i < rows; ++i) {
    const double y = data.y[i];
    if (!(y >= 0 && y < classes && y == std::floor(y))) {
      throw Error("ERR_LABELS", "A class is out of range.", static_cast<int64_t>(i));
    }
  }
}

class Booster {
 public:
  Booster(const BoostingData& data, const BoostingParams& params, size_t max_threads,
          const CancelToken* cancel)
      : data_(data),
        params_(params),
        max_threads_(max_threads),
        cancel_(cancel),
        outputs_(outputs_of(params)),
        rows_(data.x.rows - params.validation_rows),
        loss_(params.loss, outputs_, params.alpha),
        weights_(rows_, 1.0),
        raw_(data.raw.begin(), data.raw.end()),
        gradients_(outputs_, std::vector<double>(rows_)),
        drawn_(rows_, 1),
        table_(training_rows(), max_threads, cancel) {
    if (data.weights.size != 0) std::copy_n(data.weights.begin(), rows_, weights_.begin());
    in_bag_ = weights_;
    ForestData sampled;
    sampled.x = training_rows();
    sampled.weights = {in_bag_.data(), rows_};
    ForestParams undrawn;
    undrawn.bootstrap = false;
    sampler_ = std::make_unique<RowSampler>(sampled, undrawn);
    for (size_t k = 0; k < outputs_; ++k) targets_.emplace_back(Span<double>{gradients_[k].data(), rows_});
  }

  BoostingModel run(const RoundFn& after_round) {
    BoostingModel model;
    std::vector<Tree> trees;
    std::vector<double> history(params_.patience, std::numeric_limits<double>::infinity());
    builders_.resize(outputs_);
    for (uint32_t round = 0; round < params_.rounds; ++round) {
      check_cancel(cancel_);
      if (params_.subsample < 1) draw_rows(params_.first_round + uint64_t{round});
      loss_.adapt({data_.y.data, rows_}, raw_.data(), {weights_.data(), rows_});
      if (round == 0 && params_.subsample < 1) model.initial_oob_score = mean_loss(0, rows_, Rows::kOutOfBag);
      set_gradients();
      grow(params_.first_round + uint64_t{round}, &trees);
      model.train_score.push_back(mean_loss(0, rows_, Rows::kDrawn));
      if (params_.subsample < 1) model.oob_score.push_back(mean_loss(0, rows_, Rows::kOutOfBag));
      const double score = mean_loss(rows_, data_.x.rows, Rows::kAll);
      if (after_round && !after_round(round + 1, params_.rounds, model.train_score.back(), score)) break;
      if (params_.patience == 0) continue;
      const bool better = std::any_of(history.begin(), history.end(),
                                      [&](double past) { return score + params_.tolerance < past; });
      if (!better) break;
      history[round % params_.patience] = score;
    }
    join_trees(&trees, 1, /*scale_importances=*/false, &model.trees);
    return model;
  }

 private:
  enum class Rows { kAll, kDrawn, kOutOfBag };

  MatrixView<const float> training_rows() const {
    return {data_.x.data, rows_, data_.x.cols, data_.x.stride};
  }

  // Selection sampling (Knuth, TAOCP 2, 3.4.2, algorithm S).
  void draw_rows(uint64_t round) {
    Rng rng(params_.seed, ~round);  // the trees have the streams from 0 on
    size_t wanted = std::max<size_t>(1, static_cast<size_t>(params_.subsample * static_cast<double>(rows_)));
    for (size_t i = 0; i < rows_; ++i) {
      drawn_[i] = rng.below(static_cast<uint32_t>(rows_ - i)) < wanted;
      wanted -= drawn_[i];
      in_bag_[i] = drawn_[i] != 0 ? weights_[i] : 0;
    }
    require(std::any_of(in_bag_.begin(), in_bag_.end(), [](double weight) { return weight > 0; }),
            "A round drew only rows of weight 0: raise subsample.");
  }

  void for_blocks(size_t rows, const std::function<void(size_t begin, size_t end)>& body) {
    constexpr size_t kBlock = 4096;
    ThreadPool::instance().parallel_for((rows + kBlock - 1) / kBlock,
                                        [&](size_t block, size_t) {
                                          check_cancel(cancel_);
                                          body(block * kBlock, std::min((block + 1) * kBlock, rows));
                                        },
                                        max_threads_);
  }

  void set_gradients() {
    for_blocks(rows_, [&](size_t begin, size_t end) {
      std::vector<double> gradient(outputs_);
      for (size_t i = begin; i < end; ++i) {
        loss_.negative_gradient(data_.y[i], raw_.data() + i * outputs_, gradient.data());
        for (size_t k = 0; k < outputs_; ++k) gradients_[k][i] = gradient[k];
      }
    });
  }

  // One tree for each output; all of them see the raw predictions of the round before.
  void grow(uint64_t round, std::vector<Tree>* trees) {
    const size_t first = trees->size();
    trees->resize(first + outputs_);
    ThreadPool::instance().parallel_for(
        outputs_,
        [&](size_t k, size_t) {
          if (builders_[k] == nullptr) {
            builders_[k] =
                std::make_unique<TreeBuilder<SquaredError>>(table_, *sampler_, targets_[k], params_, cancel_);
          }
          (*trees)[first + k] = builders_[k]->grow(round * outputs_ + k);
        },
        max_threads_);
    std::vector<uint32_t> leaves(data_.x.rows);
    for (size_t k = 0; k < outputs_; ++k) {
      Tree& tree = (*trees)[first + k];
      for_blocks(data_.x.rows, [&](size_t begin, size_t end) {
        for (size_t i = begin; i < end; ++i) {
          leaves[i] = static_cast<uint32_t>(tree.leaf_of(data_.x.row(i)));
        }
      });
      if (!loss_.keeps_leaf_values()) set_leaf_values(k, leaves, &tree);
      for (size_t i = 0; i < data_.x.rows; ++i) {
        raw_[i * outputs_ + k] += params_.learning_rate * tree.values[leaves[i]];
      }
    }
  }

  void set_leaf_values(size_t k, const std::vector<uint32_t>& leaves, Tree* tree) {
    // The rows of each leaf, by counting.
    std::vector<size_t> ends(tree->values.size() + 1, 0);
    for (size_t i = 0; i < rows_; ++i) ends[leaves[i] + 1] += in_bag_[i] > 0;
    for (size_t leaf = 0; leaf < tree->values.size(); ++leaf) ends[leaf + 1] += ends[leaf];
    std::vector<size_t> next(ends.begin(), ends.end() - 1);
    std::vector<LeafRow> rows(ends.back());
    for (size_t i = 0; i < rows_; ++i) {
      if (!(in_bag_[i] > 0)) continue;
      const double y = outputs_ == 1 ? data_.y[i] : data_.y[i] == static_cast<double>(k);
      rows[next[leaves[i]]++] = {y, raw_[i * outputs_ + k], gradients_[k][i], in_bag_[i]};
    }
    for (size_t leaf = 0; leaf < tree->values.size(); ++leaf) {
      tree->values[leaf] = loss_.leaf_value(rows.data() + ends[leaf], ends[leaf + 1] - ends[leaf]);
    }
  }

  // The weighted mean over rows of [begin, end); NaN over none.
  double mean_loss(size_t begin, size_t end, Rows which) const {
    double sum = 0, total = 0;
    for (size_t i = begin; i < end; ++i) {
      if (which != Rows::kAll && (drawn_[i] != 0) != (which == Rows::kDrawn)) continue;
      const double weight = data_.weights.size == 0 ? 1 : data_.weights[i];
      sum += weight * loss_.loss(data_.y[i], raw_.data() + i * outputs_);
      total += weight;
    }
    return sum / total;
  }

  const BoostingData& data_;
  const BoostingParams& params_;
  const size_t max_threads_;
  const CancelToken* const cancel_;
  const size_t outputs_;
  const size_t rows_;  // to train on; those to validate on follow
  LossFunction loss_;
  std::vector<double> weights_, in_bag_;        // [rows]; in_bag_ is 0 where a row was not drawn
  std::vector<double> raw_;                     // [all rows, outputs]
  std::vector<std::vector<double>> gradients_;  // [outputs][rows], negative
  std::vector<uint8_t> drawn_;                  // [rows]
  const RankTable table_;
  std::unique_ptr<RowSampler> sampler_;
  std::vector<SquaredError> targets_;  // over gradients_
  std::vector<std::unique_ptr<TreeBuilder<SquaredError>>> builders_;
};

}  // namespace

BoostingModel train_boosting(const BoostingData& data, const BoostingParams& params, size_t max_threads,
                             const CancelToken* cancel, const RoundFn& after_round) {
  check(data, params);
  return Booster(data, params, max_threads, cancel).run(after_round);
}

}  // namespace boreal
