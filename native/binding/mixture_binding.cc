// Fits of agglomerative clustering, Gaussian mixtures, non-negative factorisations, axes of batches and
// robust covariances. All are computed in float64.
#include <algorithm>
#include <type_traits>

#include "binding/csr_job.h"
#include "binding/exports.h"
#include "binding/matrix_job.h"
#include "binding/metric_spec.h"
#include "binding/moments_to_js.h"
#include "train/agglomerative.h"
#include "train/gaussian_mixture.h"
#include "train/incremental_axes.h"
#include "train/min_cov_det.h"
#include "train/nmf.h"
#include "train/nmf_rows.h"
#include "train/scatter.h"
#include "train/structured_tree.h"

namespace boreal {
namespace {

// x in float64: itself, or a copy of wider numbers.
class Wide {
 public:
  explicit Wide(MatrixView<const double> x) : view(x) {}
  explicit Wide(MatrixView<const float> x) : copy_(x.rows * x.cols) {
    for (size_t i = 0; i < x.rows; ++i) std::copy(x.row(i), x.row(i) + x.cols, copy_.data() + i * x.cols);
    view = dense_view<const double>(copy_.data(), x.rows, x.cols);
  }
  MatrixView<const double> view;

 private:
  AlignedBuffer<double> copy_;
};

std::vector<double> copied(const Input<double>& values) {
  return {values.data(), values.data() + values.size()};
}

const std::vector<const char*> kLinkages{"ward", "complete", "average", "single"};

// x, rows, cols, linkage, metric or -1 for distances, cancel, onProgress
napi_value agglomerative(Call& call) {
  const MatrixArgument matrix(call);
  const auto linkage = static_cast<Linkage>(to_choice(call.env(), call[3], "linkage", kLinkages));
  const std::optional<Metric> metric = to_metric(call.env(), call[4]);
  auto compute = [linkage, metric](auto x, const CancelToken* cancel, const JobProgress& progress) {
    const Wide wide(x);
    return agglomerate(wide.view, metric ? &*metric : nullptr, linkage, cancel, progress);
  };
  auto deliver = [](napi_env env, MergeTree&& tree) {
    return ObjectBuilder(env)
        .set("children", std::move(tree.children))
        .set("distances", std::move(tree.distances))
        .object();
  };
  return start_matrix_job(call, matrix, train_options(call, 5, true), std::move(compute), deliver);
}

// x, rows, cols, linkage, metric or -1 for distances, edges, merges, cancel, onProgress
napi_value agglomerative_along(Call& call) {
  const MatrixArgument matrix(call);
  const auto linkage = static_cast<Linkage>(to_choice(call.env(), call[3], "linkage", kLinkages));
  const std::optional<Metric> metric = to_metric(call.env(), call[4]);
  auto compute = [linkage, metric, edges = Input<int32_t>::copy(to_typed_array(call.env(), call[5], "edges")),
                  merges = to_size(call.env(), call[6], "merges")](auto x, const CancelToken* cancel,
                                                                   const JobProgress& progress) {
    const Wide wide(x);
    return agglomerate_along(wide.view, metric ? &*metric : nullptr, linkage, edges.span(), merges, cancel,
                             progress);
  };
  auto deliver = [](napi_env env, StructuredTree&& made) {
    return ObjectBuilder(env)
        .set("children", std::move(made.tree.children))
        .set("distances", std::move(made.tree.distances))
        .set("components", static_cast<double>(made.components))
        .object();
  };
  return start_matrix_job(call, matrix, train_options(call, 7, true), std::move(compute), deliver);
}

// x, rows, cols, responsibilities, spec, cancel, onProgress
napi_value mixture(Call& call) {
  const MatrixArgument matrix(call);
  const Spec from(call.env(), call[4]);
  MixtureSpec spec;
  spec.components = from.u32("components", 1);
  spec.type = from.choice<CovarianceType>("covarianceType", {"full", "tied", "diag", "spherical"});
  spec.tol = from.number("tol");
  spec.reg_covar = from.number("regCovar");
  spec.max_iter = from.u32("maxIter", 1);
  spec.lower_bound = from.number("lowerBound");
  auto compute = [resp = row_values<double>(call, 3, "responsibilities", matrix.rows, spec.components),
                  weights = from.numbers("weights"), means = from.numbers("means"),
                  precisions = from.numbers("precisions"),
                  spec](auto x, const CancelToken* cancel, const JobProgress& progress) {
    std::vector<double> responsibilities = copied(resp);
    const MixtureStart start{weights.span(), means.span(), precisions.span()};
    const Wide wide(x);
    return fit_mixture(wide.view, responsibilities, start, spec, cancel, progress);
  };
  auto deliver = [](napi_env env, Mixture&& m) {
    return ObjectBuilder(env)
        .set("weights", std::move(m.weights))
        .set("means", std::move(m.means))
        .set("covariances", std::move(m.covariances))
        .set("precisions", std::move(m.precisions))
        .set("lowerBound", m.lower_bound)
        .set("lowerBounds", std::move(m.lower_bounds))
        .set("iterations", static_cast<double>(m.iterations))
        .set("converged", m.converged)
        .object();
  };
  return start_matrix_job(call, matrix, train_options(call, 5, true), std::move(compute), deliver);
}

// Rows, w, h, spec, cancel, onProgress
template <typename X>
napi_value factorisation(Call& call) {
  X matrix(call);
  constexpr size_t at = X::kCount;
  const Spec from(call.env(), call[at + 2]);
  NmfSpec spec;
  spec.components = from.u32("components", 1);
  spec.multiplicative = from.flag("multiplicative");
  spec.beta = from.number("beta");
  spec.max_iter = from.u32("maxIter", 1);
  spec.tol = from.number("tol");
  spec.l1_w = from.number("l1W");
  spec.l2_w = from.number("l2W");
  spec.l1_h = from.number("l1H");
  spec.l2_h = from.number("l2H");
  spec.shuffle = from.flag("shuffle");
  spec.seed = from.u32("seed");
  auto compute = [w = row_values<double>(call, at, "w", matrix.rows, spec.components),
                  h = row_values<double>(call, at + 1, "h", matrix.cols, spec.components),
                  spec](auto x, const CancelToken* cancel, const JobProgress& progress) {
    if constexpr (std::is_same_v<X, CsrArguments>) {
      return fit_nmf(NmfRows(x), copied(w), copied(h), spec, cancel, progress);
    } else {
      const Wide wide(x);
      return fit_nmf(NmfRows(wide.view), copied(w), copied(h), spec, cancel, progress);
    }
  };
  auto deliver = [](napi_env env, NmfModel&& model) {
    return ObjectBuilder(env)
        .set("w", std::move(model.w))
        .set("h", std::move(model.h))
        .set("error", model.error)
        .set("iterations", static_cast<double>(model.iterations))
        .object();
  };
  return start_fit_job(call, matrix, train_options(call, at + 3, true), std::move(compute), deliver);
}

// x, rows, cols, support, centred, seed, cancel
napi_value robust_covariance(Call& call) {
  const MatrixArgument matrix(call);
  const size_t support = to_size(call.env(), call[3], "support");
  const bool centred = to_bool(call.env(), call[4], "centred");
  const uint64_t seed = to_whole(call.env(), call[5], "seed", 0, kMaxSafeInteger);
  auto compute = [support, centred, seed](auto x, const CancelToken* cancel, const JobProgress&) {
    const Wide wide(x);
    return fit_min_cov_det(wide.view, support, centred, seed, cancel);
  };
  auto deliver = [](napi_env env, MinCovDetModel&& model) {
    return ObjectBuilder(env)
        .set("location", std::move(model.location))
        .set("covariance", std::move(model.covariance))
        .set("support", std::move(model.support))
        .set("distances", std::move(model.distances))
        .object();
  };
  return start_matrix_job(call, matrix, train_options(call, 6, false), std::move(compute), deliver);
}

// x, rows, cols, mean, cancel
napi_value scatter_matrix(Call& call) {
  const MatrixArgument matrix(call);
  auto compute = [mean = Input<double>::copy(to_typed_array(call.env(), call[3], "mean"))](
                     auto x, const CancelToken* cancel, const JobProgress&) {
    return scatter(x, mean.span(), cancel);
  };
  return start_matrix_job(call, matrix, train_options(call, 4, false), std::move(compute),
                          values_to_js<double>);
}

napi_value measured_to_js(napi_env env, MeasuredScatter&& result) {
  return ObjectBuilder(env)
      .set_value("moments", moments_to_js(env, std::move(result.moments)))
      .set("scatter", std::move(result.scatter))
      .object();
}

// x, rows, cols, cancel
napi_value measured_scatter_later(Call& call) {
  const MatrixArgument matrix(call);
  auto compute = [](auto x, const CancelToken* cancel, const JobProgress&) {
    return measured_scatter(x, false, cancel);
  };
  return start_matrix_job(call, matrix, train_options(call, 3, false), std::move(compute), measured_to_js);
}

// x, rows, cols
napi_value measured_scatter_now(Call& call) {
  const MatrixArgument matrix(call);
  return by_precision(matrix.x, [&](auto zero) {
    using T = decltype(zero);
    const MatrixView<const T> x = dense_view<const T>(elements<T>(matrix.x), matrix.rows, matrix.cols);
    return measured_to_js(call.env(), measured_scatter(x, true, nullptr));
  });
}

// x, rows, cols, spec, cancel
napi_value incremental(Call& call) {
  const MatrixArgument matrix(call);
  const Spec from(call.env(), call[3]);
  IncrementalAxes before{from.values("components"), from.values("values"), from.values("mean"),
                         from.values("variance"), from.size("seen")};
  auto compute = [kept = from.size("kept"), batch_rows = from.size("batchRows"), least = from.size("least"),
                  before = std::move(before)](auto x, const CancelToken* cancel, const JobProgress&) {
    return incremental_axes(x, kept, batch_rows, least, before, cancel);
  };
  auto deliver = [](napi_env env, IncrementalAxes&& axes) {
    return ObjectBuilder(env)
        .set("components", std::move(axes.components))
        .set("values", std::move(axes.values))
        .set("mean", std::move(axes.mean))
        .set("variance", std::move(axes.variance))
        .set("seen", static_cast<double>(axes.seen))
        .object();
  };
  return start_matrix_job(call, matrix, train_options(call, 4, false), std::move(compute), deliver);
}

}  // namespace

void export_mixture(napi_env env, napi_value exports) {
  export_function<agglomerative>(env, exports, "fitAgglomerative");
  export_function<agglomerative_along>(env, exports, "fitAgglomerativeAlong");
  export_function<mixture>(env, exports, "fitMixture");
  export_function<factorisation<MatrixArgument>>(env, exports, "fitNMF");
  export_function<factorisation<CsrArguments>>(env, exports, "csrNMF");
  export_function<robust_covariance>(env, exports, "fitMinCovDet");
  export_function<incremental>(env, exports, "fitIncrementalAxes");
  export_function<scatter_matrix>(env, exports, "scatterMatrix");
  export_function<measured_scatter_later>(env, exports, "measuredScatter");
  export_function<measured_scatter_now>(env, exports, "measuredScatterSync");
}

}  // namespace boreal
