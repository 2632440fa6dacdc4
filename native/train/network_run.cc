#include "train/network_run.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <tuple>

#include "base/error.h"
#include "base/thread_pool.h"
#include "nn/dense_layer.h"

namespace boreal {
namespace {

constexpr double kWorthThread = 100e3;  // multiplications for which a thread that stands by pays
// Multiplications forward by each parameter from which a second thread pays: parameters that one has changed
// and all others read pass from cache to cache in each step, which costs as much as products of some hundred
// rows.
constexpr double kWorthSharing = 256;
constexpr size_t kMostValues = size_t{1} << 40;  // of a mini-batch in a buffer
constexpr size_t kLine = kCacheLine / sizeof(float);

size_t round_up(size_t a, size_t b) { return (a + b - 1) / b * b; }

size_t index_of_largest(const float* x, size_t n) {
  return static_cast<size_t>(std::max_element(x, x + n) - x);
}

double count_row(NetworkMetric metric, const float* y, const float* t, const int32_t* label, size_t n) {
  double sum = 0;
  switch (metric) {
    case NetworkMetric::kSparseCategoricalAccuracy:
      return index_of_largest(y, n) == static_cast<size_t>(*label);
    case NetworkMetric::kCategoricalAccuracy:
      return index_of_largest(y, n) == index_of_largest(t, n);
    case NetworkMetric::kBinaryAccuracy:
      for (size_t j = 0; j < n; ++j) sum += (y[j] > 0.5f) == (t[j] > 0.5f);
      break;
    case NetworkMetric::kMeanSquaredError:
      for (size_t j = 0; j < n; ++j) sum += (double{y[j]} - t[j]) * (double{y[j]} - t[j]);
      break;
    case NetworkMetric::kMeanAbsoluteError:
      for (size_t j = 0; j < n; ++j) sum += std::fabs(double{y[j]} - t[j]);
      break;
  }
  return sum / static_cast<double>(n);
}

}  // namespace

NetworkRun::NetworkRun(Network& network, const NetworkData& data, const NetworkObjective& objective,
                       Purpose purpose, const TrainingOptions* options, float* out)
    : net_(network),
      data_(data),
      objective_(objective),
      purpose_(purpose),
      options_(options),
      total_gradient_(purpose == Purpose::kGradient ? out : nullptr),
      outputs_(purpose == Purpose::kEvaluate ? out : nullptr),
      batch_(std::min(objective.batch_size, data.rows)),
      metrics_(objective.metrics.size()),
      loss_(objective.loss),
      layers_(network.layers_.size()) {
  if (data.rows == 0 || objective.batch_size == 0)
    throw Error("ERR_EMPTY", "There are no rows to learn from.");
  if (options != nullptr && options->order.size != 0 && options->order.size > data.rows) {
    throw Error("ERR_SHAPE", "The order names more rows than there are.");
  }
  loss_.check(net_.outputs());
  std::tie(loss_, layers_) = net_.comparison(loss_);
  threads_ = useful_threads();
  for (const auto& layer : net_.layers_) pooled_ = pooled_ || layer->joint();
  size_t first = 0;
  for (size_t i = 0; i < layers_; ++i) {
    if (purpose_ != Purpose::kTrain || !net_.layers_[i]->whole()) continue;
    segments_.emplace_back(first, i);
    first = i + 1;
  }
  segments_.emplace_back(first, layers_);
  choose_columns();
  place_buffers();
  if (purpose_ != Purpose::kEvaluate) cut_parameters();
  factors_.resize(batch_);
  losses_.resize(batch_);
  counted_.resize(metrics_ * batch_);
}

size_t NetworkRun::useful_threads() const {
  double work = 0, shared = 0;
  for (const auto& layer : net_.layers_) {
    const double count = static_cast<double>(layer->parameter_count());
    work += count * layer->gradient_cost() + 8 * static_cast<double>(layer->outputs());
    shared += count;
  }
  work *= static_cast<double>(batch_) * (purpose_ == Purpose::kEvaluate ? 1 : 3);
  if (purpose_ == Purpose::kTrain && work < 3 * kWorthSharing * shared) return 1;
  const size_t pool = ThreadPool::instance().size();
  const size_t most = objective_.max_threads == 0 ? pool : std::min(pool, objective_.max_threads);
  return std::max<size_t>(1, static_cast<size_t>(std::min(static_cast<double>(most), work / kWorthThread)));
}

// A perceptron's first layer is often most of it, and no gradient goes beyond it: if each thread keeps
// columns of its kernel to itself, forward, backward and in the optimizer, no parameter passes from cache to
// cache, and small mini-batches are worth several threads. The caller does the other layers alone.
void NetworkRun::choose_columns() {
  const auto* dense = dynamic_cast<const nn::DenseLayer*>(net_.layers_[0].get());
  if (purpose_ != Purpose::kTrain || dense == nullptr || pooled_ || net_.lowest_ != 0 || layers_ < 2 ||
      dense->gradient_cost() != 1) {
    return;
  }
  // Norms and penalties are summed in the order of whole rows.
  const bool clips = options_->clip_norm > 0 || options_->clip_global_norm > 0 || options_->clip_value > 0;
  if (clips || dense->blocks()[0].regularized()) return;
  const double rows = static_cast<double>(batch_), own = static_cast<double>(dense->parameter_count());
  double others = 0;
  for (size_t i = 1; i < layers_; ++i) {
    others += static_cast<double>(net_.layers_[i]->parameter_count()) * net_.layers_[i]->gradient_cost() * 3 +
              8 * static_cast<double>(net_.layers_[i]->outputs());
  }
  if (others > own) return;  // half of what the first layer costs
  const size_t panels = (dense->units() + dense->column_grain() - 1) / dense->column_grain();
  const size_t pool = ThreadPool::instance().size();
  const size_t most = objective_.max_threads == 0 ? pool : std::min(pool, objective_.max_threads);
  const double worth = own * rows * 2 / kWorthThread;
  const size_t threads = std::min({most, panels, static_cast<size_t>(worth)});
  if (threads < 2) return;
  by_columns_ = dense;
  threads_ = threads;
  for (size_t t = 0; t <= threads; ++t) {
    columns_.push_back(std::min(dense->units(), panels * t / threads * dense->column_grain()));
  }
}

// The input has no buffer where rows are taken as they stand.
void NetworkRun::place_buffers() {
  size_t total = 0;
  const auto place = [&](size_t width) {
    if (width > kMostValues / batch_) throw Error("ERR_SHAPE", "A mini-batch is too large for this network.");
    const size_t at = total;
    total += round_up(batch_ * width, kLine);
    return at;
  };
  const bool gathers = options_ != nullptr && options_->order.size != 0;
  for (size_t e = 0; e < net_.widths_.size(); ++e) {
    const bool has_place = e != 0 || (gathers && by_columns_ == nullptr);
    value_at_.push_back(has_place ? place(net_.widths_[e]) : 0);
    const bool learns = purpose_ != Purpose::kEvaluate && e != 0;
    gradient_at_.push_back(learns ? place(net_.widths_[e]) : 0);
  }
  // Each thread's own copy of the rows, so that the one which gathered them has not to give them away.
  for (size_t t = 0; gathers && by_columns_ != nullptr && t < threads_; ++t) {
    column_input_at_.push_back(place(net_.widths_[0]));
  }
  for (const auto& layer : net_.layers_) {
    memo_at_.push_back(place(layer->memo()));
    batch_memo_at_.push_back(total);
    total += round_up(layer->batch_memo(), kLine);
  }
  const size_t scratch_at = place(net_.outputs());
  const size_t targets_at = place(gathers && data_.targets != nullptr ? net_.outputs() : 0);
  // Probabilities would take the place of values that the gradient of an activation still reads.
  const bool apart =
      loss_.logits && layers_ > 0 && net_.layers_[layers_ - 1]->in_place() && purpose_ != Purpose::kEvaluate;
  const size_t probabilities_at = place(apart ? net_.outputs() : 0);
  if (net_.buffers_.size() < total) net_.buffers_ = AlignedBuffer<float>(total);
  scratch_ = net_.buffers_.data() + scratch_at;
  targets_ = net_.buffers_.data() + targets_at;
  if (apart) probabilities_ = net_.buffers_.data() + probabilities_at;
}

float* NetworkRun::value(size_t edge, size_t row) const {
  return net_.buffers_.data() + value_at_[edge] + row * net_.widths_[edge];
}

float* NetworkRun::gradient_of(size_t edge, size_t row) const {
  return net_.buffers_.data() + gradient_at_[edge] + row * net_.widths_[edge];
}

nn::LayerRows NetworkRun::rows_of(size_t layer, size_t begin, size_t end, size_t max_threads) const {
  const size_t from = net_.edges_[layer], to = net_.edges_[layer + 1];
  nn::LayerRows rows{};
  rows.rows = end - begin;
  rows.first = begin;
  rows.x = from == 0 ? input_ + begin * net_.widths_[0] : value(from, begin);
  rows.y = value(to, begin);
  if (purpose_ != Purpose::kEvaluate) {
    rows.dy = gradient_of(to, begin);
    rows.dx = layer > net_.lowest_ ? gradient_of(from, begin) : nullptr;
  }
  rows.memo = net_.buffers_.data() + memo_at_[layer] + begin * net_.layers_[layer]->memo();
  rows.batch_memo = net_.buffers_.data() + batch_memo_at_[layer];
  rows.max_threads = max_threads;
  rows.training = purpose_ == Purpose::kTrain;
  if (rows.training) rows.key = net_.key_of(net_.steps_, layer);
  return rows;
}

void NetworkRun::begin_batch(size_t first, size_t rows) {
  first_ = first;
  rows_ = rows;
  const bool gathers = options_ != nullptr && options_->order.size != 0;
  input_ = gathers ? value(0, 0) : data_.x + first * net_.widths_[0];
  piece_rows_ = round_up((rows + threads_ - 1) / threads_, 4);
  weight_ = static_cast<double>(rows);
  if (data_.weights != nullptr) {
    weight_ = 0;
    for (size_t i = 0; i < rows; ++i) {
      factors_[i] = data_.weights[gathers ? static_cast<size_t>(options_->order[first + i]) : first + i];
      weight_ += factors_[i];
    }
  } else {
    std::fill_n(factors_.begin(), rows, 1.0f);
  }
  divisor_ = purpose_ == Purpose::kTrain ? (objective_.weighted_mean ? weight_ : static_cast<double>(rows))
                                         : divisor_;
  if (!(divisor_ > 0)) divisor_ = 1;  // a batch whose rows all weigh nothing
}

void NetworkRun::gather(size_t begin, size_t end, float* to) {
  if (options_ == nullptr || options_->order.size == 0) return;
  const size_t width = net_.widths_[0];
  for (size_t i = begin; i < end; ++i) {
    const size_t row = static_cast<size_t>(options_->order[first_ + i]);
    std::memcpy(to + i * width, data_.x + row * width, width * sizeof(float));
  }
}

nn::LayerRows NetworkRun::rows_by_columns(size_t piece) const {
  nn::LayerRows rows = rows_of(0, 0, rows_);
  if (!column_input_at_.empty()) rows.x = net_.buffers_.data() + column_input_at_[piece];
  return rows;
}

void NetworkRun::each(Team* team, size_t pieces, const Team::Piece& body) const {
  if (pace_.alone()) {
    for (size_t piece = 0; piece < pieces; ++piece) body(piece);
    return;
  }
  if (team != nullptr) return team->each(pieces, body);
  ThreadPool::instance().parallel_for(
      pieces, [&](size_t piece, size_t) { body(piece); }, threads_);
}

void NetworkRun::pass_columns(Team* team) {
  each(team, columns_.size() - 1, column_piece_);
  for (size_t i = 1; i < layers_; ++i) net_.layers_[i]->forward(rows_of(i, 0, rows_));
  compare(0, rows_);
  for (size_t i = layers_; i-- > 1;) net_.layers_[i]->backward(rows_of(i, 0, rows_));
}

// Forward through all segments and, where something is learned, back again.
void NetworkRun::pass(Team* team) {
  if (by_columns_ != nullptr) return pass_columns(team);
  const size_t pieces = (rows_ + piece_rows_ - 1) / piece_rows_;
  forwards_ = true;
  for (segment_ = 0; segment_ < segments_.size(); ++segment_) {
    if (segment_ > 0) {
      const size_t layer = segments_[segment_].first - 1;
      net_.layers_[layer]->forward(rows_of(layer, 0, rows_, threads_));
    }
    each(team, pieces, piece_);
  }
  forwards_ = false;
  for (segment_ = segments_.size() - 1; segment_-- > 0;) {
    const size_t layer = segments_[segment_].second;
    if (layer < net_.lowest_) return;
    net_.layers_[layer]->backward(rows_of(layer, 0, rows_, threads_));
    each(team, pieces, piece_);
  }
}

// The last segment turns round on its way, so that a network of one segment is one visit.
void NetworkRun::pass_piece(size_t piece) {
  const size_t begin = piece * piece_rows_, end = std::min(rows_, begin + piece_rows_);
  if (forwards_) {
    if (segment_ == 0) gather(begin, end, value(0, 0));
    forward(begin, end);
    if (segment_ + 1 < segments_.size()) return;
    compare(begin, end);
  }
  if (purpose_ != Purpose::kEvaluate) backward(begin, end);
}

void NetworkRun::forward(size_t begin, size_t end) {
  for (size_t i = segments_[segment_].first; i < segments_[segment_].second; ++i) {
    net_.layers_[i]->forward(rows_of(i, begin, end));
  }
}

void NetworkRun::compare(size_t begin, size_t end) {
  const size_t n = net_.outputs(), edge = net_.edges_[layers_];
  constexpr size_t kRows = 64;
  int32_t classes[kRows];
  float factors[kRows];
  const bool gathers = options_ != nullptr && options_->order.size != 0;
  for (size_t i = begin; i < end; i += kRows) {
    const size_t rows = std::min(kRows, end - i);
    const float* targets = data_.targets == nullptr ? nullptr : data_.targets + (first_ + i) * n;
    for (size_t r = 0; r < rows; ++r) {
      const size_t row = gathers ? static_cast<size_t>(options_->order[first_ + i + r]) : first_ + i + r;
      if (data_.classes != nullptr) classes[r] = data_.classes[row];
      if (gathers && targets != nullptr) std::copy_n(data_.targets + row * n, n, targets_ + (i + r) * n);
      factors[r] = static_cast<float>(factors_[i + r] / divisor_);
    }
    if (gathers && targets != nullptr) targets = targets_ + i * n;
    nn::LossRows batch{};
    batch.rows = rows;
    batch.outputs = n;
    batch.y = edge == 0 ? nullptr : value(edge, i);
    if (probabilities_ != nullptr) {
      std::copy_n(batch.y, rows * n, probabilities_ + i * n);
      batch.y = probabilities_ + i * n;
    }
    batch.targets = targets;
    batch.classes = classes;
    batch.factors = factors;
    batch.dy = purpose_ == Purpose::kEvaluate ? nullptr : gradient_of(edge, i);
    batch.losses = losses_.data() + i;
    batch.scratch = scratch_ + i * n;
    nn::loss_rows(loss_, batch, net_.kernels_);
    if (outputs_ != nullptr) std::copy_n(batch.y, rows * n, outputs_ + (first_ + i) * n);
    for (size_t m = 0; m < metrics_; ++m) {
      for (size_t r = 0; r < rows; ++r) {
        const float* const t = targets == nullptr ? nullptr : targets + r * n;
        counted_[m * batch_ + i + r] = count_row(objective_.metrics[m], batch.y + r * n, t, classes + r, n);
      }
    }
  }
}

void NetworkRun::backward(size_t begin, size_t end) {
  const size_t lowest = std::max(net_.lowest_, segments_[segment_].first);
  for (size_t i = segments_[segment_].second; i-- > lowest;) {
    net_.layers_[i]->backward(rows_of(i, begin, end));
  }
}

EpochResult NetworkRun::run(const CancelToken* cancel, const Network::OnStep& on_step) {
  const size_t rows = options_ != nullptr && options_->order.size != 0 ? options_->order.size : data_.rows;
  const size_t steps = (rows + batch_ - 1) / batch_;
  if (options_ != nullptr && options_->rates.size() != 1 && options_->rates.size() < steps) {
    throw Error("ERR_SHAPE", "There are fewer learning rates than steps.");
  }
  if (purpose_ != Purpose::kTrain) {
    divisor_ = static_cast<double>(rows);
    if (objective_.weighted_mean && data_.weights != nullptr) {
      divisor_ = 0;
      for (size_t i = 0; i < rows; ++i) divisor_ += data_.weights[i];
    }
  }
  const bool clips = options_ != nullptr && (options_->clip_norm > 0 || options_->clip_global_norm > 0);
  piece_ = [this](size_t piece) { pass_piece(piece); };
  column_piece_ = [this](size_t piece) {
    if (!column_input_at_.empty()) gather(0, rows_, net_.buffers_.data() + column_input_at_[piece]);
    by_columns_->forward_columns(rows_by_columns(piece), columns_[piece], columns_[piece + 1]);
  };
  const Team::Piece learn_part = [this](size_t part) { learn(part); };
  const Team::Piece gather_part = [this](size_t part) { gather_gradient(part); };
  const Team::Piece apply_part = [this](size_t part) { apply_gradient(part); };
  EpochResult result;
  std::vector<double> counted(metrics_), means(metrics_);
  double loss = 0, share = 0, seen = 0;
  const double told = loss_.told_share(net_.outputs());

  const auto drive = [&](Team* team) {
    for (size_t step = 0; step < steps; ++step) {
      check_cancel(cancel);
      pace_.begin_step();
      begin_batch(step * batch_, std::min(batch_, rows - step * batch_));
      pass(team);
      double batch_loss = 0;
      for (size_t i = 0; i < rows_; ++i) batch_loss += factors_[i] * losses_[i];
      if (purpose_ == Purpose::kTrain && !std::isfinite(batch_loss)) {
        result.finite = false;
        loss = batch_loss;
        share = 1;
        break;
      }
      if (purpose_ == Purpose::kTrain) {
        ++net_.steps_;
        const double rate = options_->rates.size() == 1 ? options_->rates[0] : options_->rates[step];
        task_ = options_->optimizer.task(rate, net_.steps_);
        float** const arrays[] = {&task_.s0, &task_.s1, &task_.s2};
        for (size_t k = 0; k < options_->optimizer.slots(); ++k) {
          *arrays[options_->optimizer.slot(k)] = net_.state_.data() + k * net_.state_stride();
        }
        find_joint_gradients();
        if (clips) {
          each(team, parts_.size() - 1, gather_part);
          clip();
          each(team, parts_.size() - 1, apply_part);
        } else {
          each(team, parts_.size() - 1, learn_part);
        }
        for (size_t i = 0; i < layers_; ++i) net_.layers_[i]->commit(rows_of(i, 0, rows_));
        double penalty = 0;
        for (const double p : penalties_) penalty += p;
        // The mean of what the batches minimise, by their rows: scikit-learn's, Keras's too.
        const double rows = static_cast<double>(rows_);
        batch_loss = (told * batch_loss / divisor_ + penalty) * rows;
        share += rows;
        ++result.steps;
      } else {
        if (purpose_ == Purpose::kGradient) {
          find_joint_gradients();
          each(team, parts_.size() - 1, gather_part);
        }
        share = divisor_;
      }
      loss += batch_loss;
      const bool weighs = objective_.weighted_metrics;
      seen += weighs ? weight_ : static_cast<double>(rows_);
      for (size_t m = 0; m < metrics_; ++m) {
        const double* const values = counted_.data() + m * batch_;
        for (size_t i = 0; i < rows_; ++i) counted[m] += weighs ? factors_[i] * values[i] : values[i];
        means[m] = counted[m] / seen;
      }
      if (threads_ > 1 && !pooled_) pace_.end_step();
      if (on_step) on_step(step + 1, steps, loss / share, means);
    }
  };
  if (pooled_) {
    drive(nullptr);
  } else {
    Team::run(threads_, [&](Team& team) { drive(&team); });
  }
  result.loss = loss / share;
  if (purpose_ != Purpose::kTrain) {
    const double penalty = this->penalty();
    result.objective = result.loss + penalty;
    result.loss = told * result.loss + penalty;
  }
  result.metrics = std::move(means);
  return result;
}

}  // namespace boreal
