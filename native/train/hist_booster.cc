#include "train/hist_booster.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/rng.h"
#include "base/thread_pool.h"
#include "train/custom_loss.h"

namespace boreal {
namespace {

constexpr uint32_t kNoLeaf = 0xffffffffu;
constexpr size_t kMaxRows = size_t{1} << 30;    // QuantizedGradients needs a step for each
constexpr size_t kMostCells = size_t{1} << 20;  // sums of parts and leaves
constexpr uint64_t kColumnStream = 0x636f6c;    // of random numbers

template <typename T>
std::unique_ptr<HistLoss> make_loss(const BoosterParams& params, const BoosterData<T>& data) {
  if (params.loss == LossKind::kCustom) return make_custom_loss(params.start);
  if (params.loss == LossKind::kLambdaRank) return make_lambdarank(params.rank, data.queries, data.y);
  return HistLoss::make(params.loss, params.loss_parameter, params.classes);
}

}  // namespace

template <typename T>
HistBooster::HistBooster(const BoosterData<T>& train, const BoosterData<T>& valid, Span<uint8_t> categorical,
                         const BoosterParams& params, const CancelToken* cancel)
    : params_(params),
      loss_(make_loss(params, train)),
      sampling_(params.sampling, train.x.rows, params.growth.max_threads),
      dropout_(params.dropout, params.learning_rate),
      threads_(params.growth.max_threads) {
  if (train.x.rows == 0 || train.x.cols == 0) {
    throw Error("ERR_EMPTY", "Boosting needs at least one row and one column.");
  }
  if (train.x.rows > kMaxRows) throw Error("ERR_PARAMETER", "Boosting takes at most 2^30 rows.");
  train_.total_weight = loss_->total_weight(train.weights, train.x.rows);
  check_targets(train.y);
  mapper_ = std::make_unique<BinMapper>(train.x, train.weights, categorical,
                                        BinOptions{params.max_bins, params.seed, threads_}, cancel);
  baseline_ = loss_->baseline(train.y, train.weights);
  load(train, &train_, cancel);
  if (valid.x.rows > 0) {
    valid_loss_ = make_loss(params, valid);
    valid_.total_weight = valid_loss_->total_weight(valid.weights, valid.x.rows);
    check_targets(valid.y);
    load(valid, &valid_, cancel);
  }
  const size_t rows = train_.count();
  const bool has_hessians =
      !loss_->constant_hessian() || !train_.weights.empty() || params_.sampling.one_sided;
  if (params_.growth.cuda.is_gpu()) use_gpu(has_hessians);
  if (!holds_loss()) {
    gradient_ = AlignedBuffer<float>(rows * outputs());
    if (has_hessians) hessian_ = AlignedBuffer<float>(rows * outputs());
    quantized_ = QuantizedGradients(rows);
    leaf_of_ = AlignedBuffer<uint32_t>(rows);
  }
  grower_ = std::make_unique<TreeGrower>(*mapper_, train_.x, params_.growth, gpu_.get());
}

template <typename T>
void HistBooster::load(const BoosterData<T>& data, Rows* rows, const CancelToken* cancel) const {
  if (data.y.size != data.x.rows) throw Error("ERR_SHAPE", "Targets must have one value for each row.");
  rows->x = BinnedMatrix(*mapper_, data.x, threads_, cancel);
  rows->y.assign(data.y.begin(), data.y.end());
  rows->weights.assign(data.weights.begin(), data.weights.end());
  if (data.scores.size != 0) {
    if (data.scores.size != outputs() * data.x.rows) {
      throw Error("ERR_SHAPE", "Scores must have one value for each output and row.");
    }
    rows->scores.assign(data.scores.begin(), data.scores.end());
    return;
  }
  rows->scores.reserve(outputs() * data.x.rows);
  for (double score : baseline_) rows->scores.insert(rows->scores.end(), data.x.rows, score);
}

void HistBooster::check_targets(Span<double> y) const {
  double sum = 0;
  for (size_t i = 0; i < y.size; ++i) {
    const auto refuse = [i](const char* code, const char* what) {
      throw Error(code, what, static_cast<int64_t>(i));
    };
    switch (params_.loss) {
      case LossKind::kLogistic:
        if (y[i] != 0 && y[i] != 1) refuse("ERR_LABELS", "A class must be 0 or 1.");
        break;
      case LossKind::kSoftmax:
        if (!(y[i] >= 0 && y[i] < params_.classes && y[i] == std::floor(y[i]))) {
          refuse("ERR_LABELS", "A class is out of range.");
        }
        break;
      case LossKind::kGamma:
        if (!(y[i] > 0)) refuse("ERR_PARAMETER", "The loss 'gamma' needs targets > 0.");
        break;
      case LossKind::kPoisson:
      case LossKind::kTweedie:
        if (!(y[i] >= 0)) refuse("ERR_PARAMETER", "This loss needs targets >= 0.");
        break;
      default:
        break;
    }
    if (!std::isfinite(y[i])) refuse("ERR_PARAMETER", "A target must be finite.");
    sum += y[i];
  }
  if ((params_.loss == LossKind::kPoisson || params_.loss == LossKind::kTweedie) && !(sum > 0)) {
    throw Error("ERR_PARAMETER", "This loss needs a target > 0.");
  }
}

// The loss goes along unless the CPU needs what it makes: the rows of leaves, or scores and gradients to
// change. What must fit comes before the search, which the CPU can do as well; for that, histograms need
// less memory.
void HistBooster::use_gpu(bool has_hessians) {
  gpu_ = std::make_unique<HistGpu>(params_.growth.cuda, train_.x, mapper_->slots(), has_hessians);
  if (!params_.dropout.on && !params_.sampling.one_sided && HistGpu::has_loss(params_.loss)) {
    const size_t leaves = TreeGrower::most_leaves(params_.growth, train_.count());
    gpu_->load_loss(params_.loss, params_.loss_parameter, outputs(), train_.targets(), train_.row_weights(),
                    {train_.scores.data(), train_.scores.size()}, leaves, most_newton_sums(leaves));
    train_.scores = {};
  }
  const bool searches =
      params_.column_share >= 1 && TreeGrower::may_search_on_gpu(*mapper_, params_.growth) &&
      gpu_->load_search(*mapper_, train_.x,
                        TreeGrower::gpu_histograms(*mapper_, params_.growth, train_.count()),
                        TreeGrower::gpu_group(mapper_->cols()));
  if (!searches) gpu_->load_build();
}

void HistBooster::write_train_scores(double* to) const {
  if (holds_loss()) return gpu_->write_scores(to);
  std::copy(train_.scores.begin(), train_.scores.end(), to);
}

double HistBooster::train_loss() const {
  if (!holds_loss()) return mean_loss(train_, loss_.get());
  double sum = 0;
  for (double part : gpu_->loss_sums(row_partition(train_.count()))) sum += part;
  return sum / train_.total_weight;
}

double HistBooster::mean_loss(const Rows& rows, const HistLoss* loss) const {
  if (rows.count() == 0) return std::numeric_limits<double>::quiet_NaN();
  const Partition parts = row_partition(rows.count());
  std::vector<double> sums(parts.count());
  ThreadPool::instance().parallel_for(
      parts.count(),
      [&](size_t p, size_t) {
        sums[p] =
            loss->sum(rows.scores.data(), rows.targets(), rows.row_weights(), parts.begin(p), parts.end(p));
      },
      threads_);
  double sum = 0;
  for (double part : sums) sum += part;
  return sum / rows.total_weight;
}

// ---- One round --------------------------------------------------------------------------------------

void HistBooster::round(const CancelToken* cancel) {
  const uint64_t stream = params_.first_tree + trees_.size();
  drop(cancel);
  compute_gradients(cancel);
  sampling_.draw(params_.seed, stream, stream / outputs(), outputs(), gradient_.data(), hessian_.data());
  std::vector<HistTree> grown;
  for (size_t k = 0; k < outputs(); ++k) {
    grown.push_back(grow(k, cancel));
    if (!holds_loss()) name_leaves();
    set_leaf_values(k, &grown.back());
    add_tree(grown.back(), k);
  }
  if (!dropout_.dropped().empty()) restore_trees();
  for (HistTree& tree : grown) trees_.push_back(std::move(tree));
  dropout_.close_round();
  drawn_ = false;
}

void HistBooster::drop(const CancelToken* cancel) {
  if (drawn_) return;
  drawn_ = true;
  dropout_.draw(params_.seed, params_.first_tree + trees_.size());
  if (dropout_.dropped().empty()) return;
  drop_trees(&train_, cancel);
  drop_trees(&valid_, cancel);
}

void HistBooster::drop_trees(Rows* rows, const CancelToken* cancel) const {
  rows->dropped.assign(rows->scores.size(), 0.0);
  const Partition parts = row_partition(rows->count());
  ThreadPool::instance().parallel_for(
      parts.count(),
      [&](size_t p, size_t) {
        check_cancel(cancel);
        for (size_t k = 0; k < outputs(); ++k) {
          double* dropped = rows->dropped.data() + k * rows->count();
          double* scores = rows->scores.data() + k * rows->count();
          for (size_t round : dropout_.dropped()) {
            const HistTree& tree = trees_[round * outputs() + k];
            for (size_t i = parts.begin(p); i < parts.end(p); ++i) {
              dropped[i] += tree.values[tree.leaf_of(rows->x.row(i), *mapper_)];
            }
          }
          for (size_t i = parts.begin(p); i < parts.end(p); ++i) scores[i] -= dropped[i];
        }
      },
      threads_);
}

// The dropped trees come back, scaled.
void HistBooster::restore_trees() {
  const double scale = dropout_.dropped_scale();
  for (size_t round : dropout_.dropped()) {
    for (size_t k = 0; k < outputs(); ++k) {
      for (double& value : trees_[round * outputs() + k].values) value *= scale;
    }
  }
  for (Rows* rows : {&train_, &valid_}) {
    for (size_t i = 0; i < rows->scores.size(); ++i) rows->scores[i] += scale * rows->dropped[i];
  }
}

void HistBooster::compute_gradients(const CancelToken* cancel) {
  check_cancel(cancel);
  if (holds_loss()) return gpu_->compute_gradients();
  const Partition parts = row_partition(train_.count());
  ThreadPool::instance().parallel_for(
      parts.count(),
      [&](size_t p, size_t) {
        check_cancel(cancel);
        loss_->gradients(train_.scores.data(), train_.targets(), train_.row_weights(), parts.begin(p),
                         parts.end(p), gradient_.data(), hessian_.data());
      },
      threads_);
}

// Which columns a tree may use; empty for all.
std::vector<uint8_t> HistBooster::draw_columns(uint64_t stream) const {
  if (params_.column_share >= 1) return {};
  const size_t cols = mapper_->cols();
  const double share = params_.column_share * static_cast<double>(cols);
  const size_t count = std::max<size_t>(1, static_cast<size_t>(std::ceil(share)));
  std::vector<uint32_t> columns(cols);
  for (size_t j = 0; j < cols; ++j) columns[j] = static_cast<uint32_t>(j);
  std::vector<uint8_t> may_use(cols);
  Rng rng(params_.seed ^ kColumnStream, stream);
  for (size_t k = 0; k < count && k < cols; ++k) {
    std::swap(columns[k], columns[k + rng.below(static_cast<uint32_t>(cols - k))]);
    may_use[columns[k]] = 1;
  }
  return may_use;
}

HistTree HistBooster::grow(size_t output, const CancelToken* cancel) {
  const size_t at = output * train_.count();
  if (holds_loss()) {
    quantized_.quantize(gpu_.get(), train_.count(), output);
  } else {
    quantized_.quantize(gradient_.data() + at, hessian_.size() == 0 ? nullptr : hessian_.data() + at,
                        threads_);
  }
  const uint64_t stream = params_.first_tree + trees_.size() + output;
  return grower_->grow(quantized_, sampling_.rows(), sampling_.all(), draw_columns(stream), params_.seed,
                       stream, cancel);
}

void HistBooster::name_leaves() {
  if (!sampling_.all()) std::fill(leaf_of_.begin(), leaf_of_.end(), kNoLeaf);
  const std::vector<TreeGrower::Leaf>& leaves = grower_->leaves();
  ThreadPool::instance().parallel_for(
      leaves.size(),
      [&](size_t leaf, size_t) {
        for (uint32_t row : leaves[leaf].rows) leaf_of_[row] = static_cast<uint32_t>(leaf);
      },
      train_.count() < 8192 ? 1 : threads_);
}

void HistBooster::set_leaf_values(size_t output, HistTree* tree) {
  const size_t at = output * train_.count();
  if (holds_loss()) {
    const std::vector<double> sums =
        gpu_->leaf_sums(output, grower_->leaf_slices(), newton_partition(tree->values.size()));
    for (size_t leaf = 0; leaf < tree->values.size(); ++leaf) {
      set_newton_value(leaf, sums[2 * leaf], sums[2 * leaf + 1], tree);
    }
  } else if (loss_->leaf_quantile() > 0) {
    take_quantiles(train_.scores.data() + at, tree);
  } else {
    take_newton_steps(gradient_.data() + at, hessian_.size() == 0 ? nullptr : hessian_.data() + at, tree);
  }
  for (size_t leaf = 0; leaf < tree->values.size(); ++leaf) {
    const TreeGrower::Leaf& bounds = grower_->leaves()[leaf];
    const double value = std::min(std::max(tree->values[leaf], bounds.lower), bounds.upper);
    tree->values[leaf] = dropout_.new_scale() * value;
  }
}

void HistBooster::set_newton_value(size_t leaf, double gradient, double hessian, HistTree* tree) {
  tree->values[leaf] = leaf_value(gradient, hessian, params_.growth.l1, params_.growth.l2);
}

// Rows are added in order, in parts that the shape alone decides.
Partition HistBooster::newton_partition(size_t leaves) const {
  return partition_rows(train_.count(), 8192,
                        std::max<size_t>(1, std::min<size_t>(128, kMostCells / leaves)));
}

// Leaves times parts, for any number of leaves up to this one.
size_t HistBooster::most_newton_sums(size_t most_leaves) const {
  return std::min(newton_partition(1).count() * most_leaves, std::max(kMostCells, most_leaves));
}

void HistBooster::take_newton_steps(const float* gradient, const float* hessian, HistTree* tree) {
  const size_t leaves = tree->values.size();
  const Partition parts = newton_partition(leaves);
  struct Sums {
    double gradient = 0, hessian = 0;
  };
  std::vector<Sums> sums(parts.count() * leaves);
  ThreadPool::instance().parallel_for(
      parts.count(),
      [&](size_t p, size_t) {
        Sums* to = sums.data() + p * leaves;
        for (size_t i = parts.begin(p); i < parts.end(p); ++i) {
          if (leaf_of_[i] == kNoLeaf) continue;
          Sums& leaf = to[leaf_of_[i]];
          leaf.gradient += static_cast<double>(gradient[i]);
          leaf.hessian += hessian == nullptr ? 1.0 : static_cast<double>(hessian[i]);
        }
      },
      threads_);
  for (size_t p = 1; p < parts.count(); ++p) {
    for (size_t leaf = 0; leaf < leaves; ++leaf) {
      sums[leaf].gradient += sums[p * leaves + leaf].gradient;
      sums[leaf].hessian += sums[p * leaves + leaf].hessian;
    }
  }
  for (size_t leaf = 0; leaf < leaves; ++leaf) {
    set_newton_value(leaf, sums[leaf].gradient, sums[leaf].hessian, tree);
  }
}

void HistBooster::take_quantiles(const double* scores, HistTree* tree) {
  const std::vector<TreeGrower::Leaf>& leaves = grower_->leaves();
  ThreadPool::instance().parallel_for(
      leaves.size(),
      [&](size_t leaf, size_t) {
        std::vector<QuantileValue> residuals;
        residuals.reserve(leaves[leaf].rows.size);
        for (uint32_t row : leaves[leaf].rows) {
          const double weight = train_.weights.empty() ? 1.0 : train_.weights[row];
          if (weight > 0) residuals.push_back({train_.y[row] - scores[row], weight * sampling_.weight(row)});
        }
        if (!residuals.empty()) tree->values[leaf] = averaged_quantile(&residuals, loss_->leaf_quantile());
      },
      threads_);
}

void HistBooster::add_tree(const HistTree& tree, size_t output) {
  if (!holds_loss()) {
    add_to(&train_, tree, output, leaf_of_.data());
  } else if (sampling_.all()) {
    gpu_->add_values(output, grower_->leaf_slices(), tree.values);
  } else {
    gpu_->add_tree(output, tree, *mapper_);
  }
  if (valid_.count() > 0) add_to(&valid_, tree, output, nullptr);
}

// leaf_of: of the rows that the tree has seen, or null.
void HistBooster::add_to(Rows* rows, const HistTree& tree, size_t output, const uint32_t* leaf_of) {
  double* scores = rows->scores.data() + output * rows->count();
  const Partition parts = row_partition(rows->count());
  ThreadPool::instance().parallel_for(
      parts.count(),
      [&](size_t p, size_t) {
        for (size_t i = parts.begin(p); i < parts.end(p); ++i) {
          const bool known = leaf_of != nullptr && leaf_of[i] != kNoLeaf;
          scores[i] += tree.values[known ? leaf_of[i] : tree.leaf_of(rows->x.row(i), *mapper_)];
        }
      },
      threads_);
}

HistForest HistBooster::forest() const {
  std::vector<size_t> order;
  for (size_t k = 0; k < outputs(); ++k) {
    for (size_t r = 0; r < rounds(); ++r) order.push_back(r * outputs() + k);
  }
  return make_forest(trees_, order, *mapper_);
}

size_t HistBooster::memory_bytes() const {
  size_t bytes = 0;
  for (const Rows* rows : {&train_, &valid_}) {
    const size_t scores = rows->scores.size() * (params_.dropout.on ? 16 : 8);
    bytes += rows->count() * (rows->x.stride() + rows->x.cols() + 16) + scores;
  }
  bytes += sampling_.memory_bytes() + (gpu_ == nullptr ? 0 : gpu_->memory_bytes());
  return bytes + (gradient_.size() + hessian_.size()) * 4 + train_.count() * 24;
}

#define BOREAL_BOOSTER(T)                                                                        \
  template HistBooster::HistBooster(const BoosterData<T>&, const BoosterData<T>&, Span<uint8_t>, \
                                    const BoosterParams&, const CancelToken*);
BOREAL_BOOSTER(float)
BOREAL_BOOSTER(double)
#undef BOREAL_BOOSTER

}  // namespace boreal
