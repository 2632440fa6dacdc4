// Searches among sparse rows, votes of what they find, and kernels: starts, columns, values and the number of
// columns of what was learned come first, then those of the rows that ask.
#include <algorithm>
#include <utility>
#include <vector>

#include "base/thread_pool.h"
#include "binding/csr_job.h"
#include "binding/exports.h"
#include "binding/spec.h"
#include "device/neighbor_vote.h"
#include "linalg/csr_kernel_expansion.h"
#include "neighbors/sparse_nearest.h"
#include "train/local_outlier.h"

namespace boreal {
namespace {

constexpr size_t kRest = 2 * CsrArguments::kCount;

SparseSearch to_search(const Spec& spec) {
  SparseSearch search;
  search.metric = spec.choice<SparseMetric>("metric", {"euclidean", "cosine"});
  search.count = spec.size("count");
  search.radius = spec.number("radius");
  search.own = spec.flag("own");
  return search;
}

// compute(points, queries, cancel) on the pool; queries are of float64 whatever they were.
template <typename Compute, typename Deliver>
napi_value start_search(Call& call, CsrArguments& points, CsrArguments& queries, size_t cancel,
                        Compute compute, Deliver deliver) {
  queries.limit_columns();
  auto work = [queries = OwnCsr(std::move(queries)), compute = std::move(compute)](
                  const CsrView<double>& view, const CancelToken* token, const JobProgress&) {
    return compute(view, queries.view(), token);
  };
  return start_fit_job(call, points, predict_options(call, cancel), std::move(work), std::move(deliver));
}

// ..., spec, cancel
napi_value nearest(Call& call) {
  CsrArguments points(call), queries(call, CsrArguments::kCount);
  const SparseSearch search = to_search({call.env(), call[kRest]});
  checked_area(queries.rows, search.count);
  auto compute = [search](const CsrView<double>& x, const CsrView<double>& y, const CancelToken* cancel) {
    return sparse_nearest(x, y, search, cancel);
  };
  auto deliver = [](napi_env env, SparseNearest&& found) {
    return ObjectBuilder(env)
        .set("distances", std::move(found.distances))
        .set("indices", std::move(found.indices))
        .object();
  };
  return start_search(call, points, queries, kRest + 1, compute, deliver);
}

// ..., spec, sorted, cancel
napi_value within(Call& call) {
  CsrArguments points(call), queries(call, CsrArguments::kCount);
  const SparseSearch search = to_search({call.env(), call[kRest]});
  const bool sorted = to_bool(call.env(), call[kRest + 1], "sorted");
  auto compute = [search, sorted](const CsrView<double>& x, const CsrView<double>& y,
                                  const CancelToken* cancel) {
    return sparse_within(x, y, search, sorted, cancel);
  };
  auto deliver = [](napi_env env, SparseWithin&& found) {
    return ObjectBuilder(env)
        .set("offsets", std::move(found.offsets))
        .set("distances", std::move(found.distances))
        .set("indices", std::move(found.indices))
        .object();
  };
  return start_search(call, points, queries, kRest + 2, compute, deliver);
}

// What an op of a plan checks of its constants.
void check_poll(const NeighborPoll& poll, size_t count, Span<int32_t> classes, size_t values) {
  const bool counts = poll.vote == NeighborVote::kClasses, means = poll.vote == NeighborVote::kMean;
  const bool outliers = poll.vote == NeighborVote::kOutlier;
  if (poll.outputs == 0) throw Error("ERR_PARAMETER", "A vote has at least one output.");
  if (classes.size != (counts ? poll.rows : 0)) throw Error("ERR_SHAPE", "classes has the wrong length.");
  const size_t wanted = means ? checked_area(poll.rows, poll.outputs) : outliers ? 2 * poll.rows : 0;
  if (values != wanted) throw Error("ERR_SHAPE", "values has the wrong length.");
  const auto is_class = [&](int32_t code) { return code >= 0 && static_cast<size_t>(code) < poll.outputs; };
  if (!std::all_of(classes.begin(), classes.end(), is_class))
    throw Error("ERR_PARAMETER", "A class is out of range.");
  if ((outliers && (count == 0 || poll.outputs != 1)) ||
      (poll.vote == NeighborVote::kDistances && (count == 0 || poll.outputs != count))) {
    throw Error("ERR_PARAMETER", "The vote has other outputs.");
  }
}

// ..., spec with classes and values, cancel
napi_value votes(Call& call) {
  CsrArguments points(call), queries(call, CsrArguments::kCount);
  const Spec spec(call.env(), call[kRest]);
  const SparseSearch search = to_search(spec);
  NeighborPoll poll;
  poll.vote = spec.choice<NeighborVote>("vote", {"classes", "mean", "outlier", "distances"});
  poll.distance_weights = spec.flag("distanceWeights");
  poll.outputs = spec.size("outputs");
  poll.rows = points.rows;
  Input<int32_t> classes = Input<int32_t>::copy(to_typed_array(call.env(), spec.at("classes"), "classes"));
  Input<double> values = Input<double>::copy(to_typed_array(call.env(), spec.at("values"), "values"));
  check_poll(poll, search.count, classes.span(), values.size());
  const size_t area = checked_area(queries.rows, poll.outputs);
  auto compute = [search, poll, area, classes = std::move(classes), values = std::move(values)](
                     const CsrView<double>& x, const CsrView<double>& y, const CancelToken* cancel) {
    NeighborPoll own = poll;
    own.classes = classes.span().data;
    own.values = values.span().data;
    std::vector<double> out(area), sums(ThreadPool::instance().size() * own.outputs);
    const auto visit = [&](size_t query, const Neighbor<double>* found, size_t count, size_t slot) {
      own(
          count, [&](size_t c) { return found[c].rank; },
          [&](size_t c) { return static_cast<size_t>(found[c].index); }, sums.data() + slot * own.outputs,
          out.data() + query * own.outputs);
    };
    search_sparse(x, y, search, visit, cancel);
    return out;
  };
  return start_search(call, points, queries, kRest + 1, std::move(compute), values_to_js<double>);
}

// Points alone: ..., spec, cancel
napi_value local_outliers(Call& call) {
  CsrArguments points(call);
  const SparseSearch search = to_search({call.env(), call[CsrArguments::kCount]});
  checked_area(points.rows, search.count);
  auto compute = [search](const CsrView<double>& x, const CancelToken* cancel, const JobProgress&) {
    const SparseNearest near = sparse_nearest(x, x, search, cancel);
    return local_outliers_among(near.distances, near.indices, x.rows(), search.count);
  };
  auto deliver = [](napi_env env, LocalOutliers&& found) {
    return ObjectBuilder(env)
        .set("factor", std::move(found.factor))
        .set("reach", std::move(found.reach))
        .set("density", std::move(found.density))
        .object();
  };
  return start_fit_job(call, points, train_options(call, CsrArguments::kCount + 1, false), compute, deliver);
}

// Vectors, then rows: ..., spec with weights [vectors, outputs] and bias [outputs], cancel
napi_value kernel_expansion(Call& call) {
  CsrArguments vectors(call), rows(call, CsrArguments::kCount);
  const Spec spec(call.env(), call[kRest]);
  KernelSpec kernel;
  kernel.function = spec.choice<KernelFunction>("kernel", {"linear", "poly", "rbf", "sigmoid"});
  kernel.gamma = spec.number("gamma");
  kernel.coef0 = spec.number("coef0");
  kernel.degree = spec.number("degree");
  const TypedArray given = to_typed_array(call.env(), spec.at("weights"), "weights");
  Input<double> bias = Input<double>::copy(to_typed_array(call.env(), spec.at("bias"), "bias"));
  require_length(given, checked_area(vectors.rows, bias.size()));
  const size_t area = checked_area(rows.rows, bias.size());
  auto compute = [kernel, area, weights = Input<double>::copy(given), bias = std::move(bias)](
                     const CsrView<double>& x, const CsrView<double>& y, const CancelToken* cancel) {
    std::vector<double> out(area);
    csr_kernel_expansion(y, x, kernel, weights.span().data, bias.span(), out.data(), cancel);
    return out;
  };
  return start_search(call, vectors, rows, kRest + 1, std::move(compute), values_to_js<double>);
}

}  // namespace

void export_sparse_neighbors(napi_env env, napi_value exports) {
  export_function<nearest>(env, exports, "csrNearest");
  export_function<within>(env, exports, "csrWithin");
  export_function<votes>(env, exports, "csrVotes");
  export_function<local_outliers>(env, exports, "csrLocalOutliers");
  export_function<kernel_expansion>(env, exports, "csrKernelExpansion");
}

}  // namespace boreal
