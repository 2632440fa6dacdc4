// Gradient boosting of trees over binned rows (Friedman, Greedy function approximation, 2001; Chen and
// Guestrin, XGBoost, 2016): each round grows a tree for each output on the gradients of the loss and adds it
// to the scores. A HistBooster holds all that training needs between rounds, so that its owner may look at
// the losses, bring gradients of its own, or stop, after each. Sums in float64 have a fixed order and
// histograms are exact: the model has the same bits at any number of threads. Memory: the bins of
// BinnedMatrix, then 32 + 16 * outputs bytes a training row (24 + 24 * outputs with Hessians of their own; 4
// more with one-sided sampling, 8 * outputs with dropout), histograms as GrowthParams allows, and the trees.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/cancel.h"
#include "base/matrix_view.h"
#include "base/span.h"
#include "train/hist_bins.h"
#include "train/hist_dropout.h"
#include "train/hist_grower.h"
#include "train/hist_loss.h"
#include "train/hist_sampling.h"
#include "train/hist_tree.h"
#include "train/lambdarank.h"

namespace boreal {

struct BoosterParams {
  LossKind loss = LossKind::kSquaredError;
  double loss_parameter = 0;
  uint32_t classes = 0;       // of kSoftmax
  std::vector<double> start;  // of kCustom
  RankParams rank;            // of kLambdaRank
  double learning_rate = 0.1;
  uint64_t first_tree = 0;  // number of the first tree, for the streams of random numbers
  SamplingParams sampling;  // of rows, anew for each round
  DropoutParams dropout;
  double column_share = 1;  // of the columns, drawn anew for each tree, in (0, 1]
  uint32_t max_bins = 255;
  uint64_t seed = 0;
  GrowthParams growth;
};

template <typename T>
struct BoosterData {
  MatrixView<const T> x;  // NaN means missing
  Span<double> y;         // [rows] class numbers, or targets
  Span<double> weights;   // [rows], or empty: all 1
  Span<double> scores;    // [outputs, rows] to start from, or empty: the loss's best constants
  Span<int32_t> queries;  // of kLambdaRank: offsets of queries in rows
};

class HistBooster {
 public:
  // The data are not needed afterwards. valid may have no rows. categorical: [cols] or empty.
  // Throws ERR_PARAMETER, ERR_SHAPE, ERR_LABELS or ERR_TARGET for what does not fit the loss.
  template <typename T>
  HistBooster(const BoosterData<T>& train, const BoosterData<T>& valid, Span<uint8_t> categorical,
              const BoosterParams& params, const CancelToken* cancel);

  // Grows a tree for each output. A round that threw left no tree, but perhaps the scores of some outputs:
  // the booster can give its trees away, and no more.
  void round(const CancelToken* cancel);
  // Takes the trees that the next round drops out of the scores, which are whole again after it. A round does
  // so itself: this is for who brings its gradients.
  void drop(const CancelToken* cancel);
  // The gradients of the next round, which end with it; see HistLoss::bring.
  void bring(Span<float> gradient, Span<float> hessian) { loss_->bring(gradient, hessian); }

  size_t outputs() const { return loss_->outputs(); }
  size_t rounds() const { return trees_.size() / outputs(); }
  // The weighted mean of the loss; NaN without validation rows.
  double train_loss() const;
  double valid_loss() const { return mean_loss(valid_, valid_loss_.get()); }
  const std::vector<double>& baseline() const { return baseline_; }
  // Raw scores, [outputs, rows].
  size_t score_count() const { return outputs() * train_.count(); }
  void write_train_scores(double* to) const;
  const std::vector<double>& valid_scores() const { return valid_.scores; }
  // The trees of the first output, in the order of rounds, then those of the second.
  HistForest forest() const;
  // Of the host and a GPU.
  size_t memory_bytes() const;

 private:
  struct Rows {
    BinnedMatrix x;
    std::vector<double> y, weights;
    double total_weight = 0;
    std::vector<double> scores;  // [outputs, rows]
    // The dropped trees' part of them, which the scores lack while a round grows its trees.
    std::vector<double> dropped;

    size_t count() const { return y.size(); }
    Span<double> targets() const { return {y.data(), y.size()}; }
    Span<double> row_weights() const { return {weights.data(), weights.size()}; }
  };

  template <typename T>
  void load(const BoosterData<T>& data, Rows* rows, const CancelToken* cancel) const;
  void check_targets(Span<double> y) const;
  void use_gpu(bool has_hessians);
  bool holds_loss() const { return gpu_ != nullptr && gpu_->holds_loss(); }
  double mean_loss(const Rows& rows, const HistLoss* loss) const;
  void compute_gradients(const CancelToken* cancel);
  void drop_trees(Rows* rows, const CancelToken* cancel) const;
  void restore_trees();
  std::vector<uint8_t> draw_columns(uint64_t stream) const;
  HistTree grow(size_t output, const CancelToken* cancel);
  void name_leaves();
  void set_leaf_values(size_t output, HistTree* tree);
  void take_newton_steps(const float* gradient, const float* hessian, HistTree* tree);
  void take_quantiles(const double* scores, HistTree* tree);
  Partition newton_partition(size_t leaves) const;
  size_t most_newton_sums(size_t most_leaves) const;
  void set_newton_value(size_t leaf, double gradient, double hessian, HistTree* tree);
  void add_tree(const HistTree& tree, size_t output);
  void add_to(Rows* rows, const HistTree& tree, size_t output, const uint32_t* leaf_of);

  BoosterParams params_;
  std::unique_ptr<HistLoss> loss_, valid_loss_;  // some know the queries of their rows
  std::unique_ptr<BinMapper> mapper_;
  Rows train_, valid_;
  std::vector<double> baseline_;
  std::unique_ptr<HistGpu> gpu_;  // null: the CPU does all
  std::unique_ptr<TreeGrower> grower_;
  std::vector<HistTree> trees_;  // round after round

  AlignedBuffer<float> gradient_, hessian_;  // [outputs, rows]; hessian_ is empty where it is constant
  QuantizedGradients quantized_{0};
  AlignedBuffer<uint32_t> leaf_of_;  // [rows] of the tree just grown
  HistSampling sampling_;
  HistDropout dropout_;
  bool drawn_ = false;  // what the next round drops
  size_t threads_;
};

}  // namespace boreal
