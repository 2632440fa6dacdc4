// K-means by mini-batches: the centre of a cluster is the running mean of the rows it was given, so that each
// batch moves it less (Sculley 2010, "Web-scale k-means clustering"); starts, reassignment of starved
// clusters and early stopping are scikit-learn's.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "base/error.h"
#include "base/rng.h"
#include "base/weights.h"
#include "train/kmeans.h"
#include "train/kmeans_assign.h"
#include "train/kmeans_seed.h"
#include "train/kmeans_sparse.h"

namespace boreal {
namespace {

Span<double> weights_of(Span<double> from, const std::vector<uint32_t>& rows, std::vector<double>* weights) {
  weights->clear();
  if (from.size > 0) {
    for (const uint32_t row : rows) weights->push_back(from[row]);
  }
  return {weights->data(), weights->size()};
}

// Rows gathered side by side, with their weights.
template <typename Rows>
struct Batch;

template <typename T>
struct Batch<MatrixView<const T>> {
  using Element = T;
  std::vector<T> values;
  std::vector<double> weights;  // empty: all 1
  MatrixView<const T> x;
  Span<double> weight;

  void gather(const MatrixView<const T>& from, Span<double> from_weights, const std::vector<uint32_t>& rows) {
    values.clear();
    for (const uint32_t row : rows) values.insert(values.end(), from.row(row), from.row(row) + from.cols);
    x = dense_view<const T>(values.data(), rows.size(), from.cols);
    weight = weights_of(from_weights, rows, &weights);
  }
};

template <>
struct Batch<CsrView<double>> {
  using Element = double;
  CsrRows<double> rows;
  std::vector<double> weights;  // empty: all 1
  CsrView<double> x;
  Span<double> weight;

  void gather(const CsrView<double>& from, Span<double> from_weights, const std::vector<uint32_t>& drawn) {
    rows = {};
    rows.cols = from.cols;
    rows.starts.push_back(0);
    size_t values = 0;
    for (const uint32_t row : drawn) values += from.end(row) - from.begin(row);
    if (values > static_cast<size_t>(std::numeric_limits<int32_t>::max())) {
      throw Error("ERR_SHAPE", "The rows of a batch have more than 2^31 - 1 values together.");
    }
    for (const uint32_t row : drawn) {
      const size_t begin = from.begin(row), end = from.end(row);
      rows.columns.insert(rows.columns.end(), from.columns.data + begin, from.columns.data + end);
      rows.values.insert(rows.values.end(), from.values.data + begin, from.values.data + end);
      rows.starts.push_back(static_cast<int32_t>(rows.values.size()));
    }
    x = rows.view();
    weight = weights_of(from_weights, drawn, &weights);
  }
};

template <typename T>
void copy_row(const MatrixView<const T>& x, size_t row, double* to) {
  std::copy(x.row(row), x.row(row) + x.cols, to);
}
void copy_row(const CsrView<double>& x, size_t row, double* to) {
  std::fill_n(to, x.cols, 0.0);
  for (size_t k = x.begin(row); k < x.end(row); ++k) to[x.columns[k]] = x.values[k];
}

std::vector<uint32_t> draw_rows(size_t count, size_t rows, Rng& rng) {
  std::vector<uint32_t> drawn(count);
  for (uint32_t& row : drawn) row = rng.below(static_cast<uint32_t>(rows));
  return drawn;
}

// `count` different numbers below `of`, by the first steps of a shuffle.
std::vector<uint32_t> draw_different(size_t count, size_t of, Rng& rng) {
  std::vector<uint32_t> all(of);
  std::iota(all.begin(), all.end(), 0u);
  for (size_t i = 0; i < count; ++i) {
    std::swap(all[i], all[i + rng.below(static_cast<uint32_t>(of - i))]);
  }
  all.resize(count);
  return all;
}

template <typename Rows>
std::vector<double> start_of(const Rows& x, Span<double> weights, Span<double> given,
                             const MiniBatchSpec& spec, Rng& rng, const CancelToken* cancel) {
  if (spec.init == CentreInit::kGiven) return {given.begin(), given.end()};
  Batch<Rows> sample;
  const bool all = spec.init_size >= row_count(x);
  if (!all) sample.gather(x, weights, draw_rows(spec.init_size, row_count(x), rng));
  const Rows& rows = all ? x : sample.x;
  if (!all) weights = sample.weight;
  return centres_at(rows, spec.init == CentreInit::kRandom
                              ? seed_random(rows, weights, spec.clusters, rng)
                              : seed_plus_plus(rows, weights, spec.clusters, rng, cancel).rows);
}

// Clusters that have seen little of what the largest has begin anew at rows of the batch.
template <typename Rows>
void reassign(const Rows& x, double ratio, Rng& rng, std::vector<double>* centres,
              std::vector<double>* counts) {
  const size_t k = counts->size();
  std::vector<size_t> order(k);
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return (*counts)[a] < (*counts)[b]; });
  const double limit = ratio * (*counts)[order.back()];
  size_t starved = 0;
  while (starved < k && (*counts)[order[starved]] < limit) ++starved;
  starved = std::min(starved, row_count(x) / 2);
  if (starved == 0) return;
  const std::vector<uint32_t> rows = draw_different(starved, row_count(x), rng);
  for (size_t s = 0; s < starved; ++s) {
    copy_row(x, rows[s], centres->data() + order[s] * x.cols);
    (*counts)[order[s]] = (*counts)[order[starved]];
  }
}

// Moves the centres by one batch and returns its inertia before.
template <typename Rows>
double update(const Rows& x, Span<double> weights, const MiniBatchSpec& spec, bool may_reassign, Rng& rng,
              MiniBatchState* state, const CancelToken* cancel) {
  std::vector<int32_t> labels(row_count(x));
  std::vector<typename Batch<Rows>::Element> distances(row_count(x));
  const ClusterSums sums =
      assign_rows(x, weights, state->centres, spec.clusters, true, labels.data(), distances.data(), cancel);
  for (size_t c = 0; c < spec.clusters; ++c) {
    if (!(sums.weights[c] > 0)) continue;
    const double before = state->counts[c], after = before + sums.weights[c];
    for (size_t p = c * x.cols; p < (c + 1) * x.cols; ++p) {
      state->centres[p] = (state->centres[p] * before + sums.sums[p]) / after;
    }
    state->counts[c] = after;
  }
  if (may_reassign && spec.reassignment_ratio > 0) {
    reassign(x, spec.reassignment_ratio, rng, &state->centres, &state->counts);
  }
  return sums.inertia;
}

// Whether it is time to look for starved clusters: ten batches' worth a cluster, or one has seen nothing.
bool due(const MiniBatchSpec& spec, size_t batch, MiniBatchState* state) {
  state->since_reassignment += static_cast<double>(batch);
  const bool empty = std::any_of(state->counts.begin(), state->counts.end(), [](double w) { return w == 0; });
  if (!empty && state->since_reassignment < 10.0 * spec.clusters) return false;
  state->since_reassignment = 0;
  return true;
}

// Early stopping by a running mean of the inertia of batches.
class Progress {
 public:
  Progress(const MiniBatchSpec& spec, size_t rows, size_t batch)
      : spec_(spec),
        batch_(static_cast<double>(batch)),
        alpha_(std::min(1.0, 2.0 * batch_ / (static_cast<double>(rows) + 1.0))) {}

  bool stops(double inertia, double shift) {
    if (++step_ == 1) return false;  // of the start, not of an update
    const double mean = inertia / batch_;
    average_ = step_ == 2 ? mean : average_ * (1 - alpha_) + mean * alpha_;
    if (spec_.tol > 0 && shift <= spec_.tol) return true;
    if (average_ < least_) {
      least_ = average_;
      stale_ = 0;
      return false;
    }
    return spec_.max_no_improvement > 0 && ++stale_ >= spec_.max_no_improvement;
  }

 private:
  const MiniBatchSpec& spec_;
  double batch_, alpha_;
  double average_ = 0, least_ = std::numeric_limits<double>::infinity();
  uint64_t step_ = 0;
  uint32_t stale_ = 0;
};

template <typename Rows>
void check(const Rows& x, Span<double> weights, Span<double> given, const MiniBatchSpec& spec) {
  if (spec.clusters < 1 || spec.clusters > row_count(x)) {
    throw Error("ERR_PARAMETER", "There are fewer rows than clusters.");
  }
  total_weight(weights, row_count(x));
  if (spec.init == CentreInit::kGiven && given.size != spec.clusters * x.cols) {
    throw Error("ERR_SHAPE", "The initial centres have the wrong shape.");
  }
}

template <typename Rows>
void label(const Rows& x, Span<double> weights, uint32_t clusters, MiniBatchModel* model,
           const CancelToken* cancel) {
  model->labels.resize(row_count(x));
  std::vector<typename Batch<Rows>::Element> distances(row_count(x));
  model->inertia = assign_rows(x, weights, model->state.centres, clusters, false, model->labels.data(),
                               distances.data(), cancel)
                       .inertia;
}

}  // namespace

template <typename Rows>
MiniBatchModel fit_mini_batches(const Rows& x, Span<double> weights, Span<double> given,
                                const MiniBatchSpec& spec, const CancelToken* cancel,
                                const FitProgress& progress) {
  check(x, weights, given, spec);
  MiniBatchModel model;
  MiniBatchState& state = model.state;
  double least = std::numeric_limits<double>::infinity();
  Batch<Rows> held;
  Rng rng(spec.seed, state.draws++);
  held.gather(x, weights, draw_rows(std::min<size_t>(spec.init_size, row_count(x)), row_count(x), rng));
  for (uint32_t restart = 0; restart < spec.restarts; ++restart) {
    std::vector<double> centres = start_of(x, weights, given, spec, rng, cancel);
    std::vector<int32_t> labels(row_count(held.x));
    std::vector<typename Batch<Rows>::Element> distances(row_count(held.x));
    const double inertia = assign_rows(held.x, held.weight, centres, spec.clusters, false, labels.data(),
                                       distances.data(), cancel)
                               .inertia;
    if (restart == 0 || inertia < least) {
      least = inertia;
      state.centres = std::move(centres);
    }
  }
  state.counts.assign(spec.clusters, 0.0);
  const size_t batch_size = std::min<size_t>(spec.batch_size, row_count(x));
  const size_t most = std::max<size_t>(1, spec.max_iter * row_count(x) / batch_size);
  Progress watch(spec, row_count(x), batch_size);
  Batch<Rows> batch;
  size_t step = 0;
  for (bool over = false; !over && step < most; ++step) {
    check_cancel(cancel);
    batch.gather(x, weights, draw_rows(batch_size, row_count(x), rng));
    const std::vector<double> before = spec.tol > 0 ? state.centres : std::vector<double>();
    const bool may_reassign = due(spec, batch_size, &state);
    const double inertia = update(batch.x, batch.weight, spec, may_reassign, rng, &state, cancel);
    const double shift = spec.tol > 0 ? squared_shift(before, state.centres) : 0;
    over = watch.stops(inertia, shift);
    if (progress) progress(step, most);
  }
  model.steps = static_cast<double>(step);
  model.iterations = static_cast<uint32_t>((step * batch_size + row_count(x) - 1) / row_count(x));
  label(x, weights, spec.clusters, &model, cancel);
  if (progress) progress(most, most);
  return model;
}

template <typename Rows>
MiniBatchModel step_mini_batch(const Rows& x, Span<double> weights, Span<double> given, MiniBatchState state,
                               const MiniBatchSpec& spec, const CancelToken* cancel) {
  const bool fresh = state.centres.empty();
  if (fresh) check(x, weights, given, spec);
  if (!fresh && (state.centres.size() != spec.clusters * x.cols || state.counts.size() != spec.clusters)) {
    throw Error("ERR_SHAPE", "The centres so far have the wrong shape.");
  }
  total_weight(weights, row_count(x));
  Rng rng(spec.seed, state.draws++);
  MiniBatchModel model;
  model.state = std::move(state);
  if (fresh) {
    model.state.centres = start_of(x, weights, given, spec, rng, cancel);
    model.state.counts.assign(spec.clusters, 0.0);
  }
  const bool may_reassign = due(spec, row_count(x), &model.state);
  update(x, weights, spec, may_reassign, rng, &model.state, cancel);
  label(x, weights, spec.clusters, &model, cancel);
  return model;
}

#define BOREAL_MINI_BATCH(Rows)                                                                          \
  template MiniBatchModel fit_mini_batches<Rows>(const Rows&, Span<double>, Span<double>,                \
                                                 const MiniBatchSpec&, const CancelToken*,               \
                                                 const FitProgress&);                                    \
  template MiniBatchModel step_mini_batch<Rows>(const Rows&, Span<double>, Span<double>, MiniBatchState, \
                                                const MiniBatchSpec&, const CancelToken*);
BOREAL_MINI_BATCH(MatrixView<const float>)
BOREAL_MINI_BATCH(MatrixView<const double>)
BOREAL_MINI_BATCH(CsrView<double>)
#undef BOREAL_MINI_BATCH

}  // namespace boreal
