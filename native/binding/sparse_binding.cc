// Sparse rows: starts, columns, values and the number of columns come first, checked as csr_job.h says. Two
// functions make them of dense rows.
#include <algorithm>
#include <array>
#include <vector>

#include "base/matrix_view.h"
#include "binding/call.h"
#include "binding/csr_job.h"
#include "binding/env.h"
#include "binding/exports.h"
#include "binding/handle.h"
#include "binding/logistic_spec.h"
#include "binding/matrix_job.h"
#include "binding/moments_to_js.h"
#include "binding/spec.h"
#include "linalg/csr.h"
#include "linalg/csr_encode.h"
#include "train/sparse_least_squares.h"
#include "train/sparse_logistic.h"

namespace boreal {
namespace {

// x b + bias, or the squared distances that are made of it.
template <typename T>
std::vector<T> multiplied(const CsrView<T>& x, const T* b, Span<T> bias, size_t width, bool distances,
                          const CancelToken* cancel) {
  std::vector<T> out(x.rows() * width);
  if constexpr (std::is_same_v<T, double>) {
    if (distances) {
      csr_squared_distances(x, b, bias, out.data(), cancel);
      return out;
    }
  }
  csr_product(x, b, bias, width, out.data(), cancel);
  return out;
}

// ..., b [cols, width], bias [width] or null, width, distances, sync, cancel
napi_value product(Call& call) {
  const bool now = to_bool(call.env(), call[8], "sync");
  CsrArguments x(call, 0, now);
  const TypedArray b = to_typed_array(call.env(), call[4], "b");
  const size_t width = to_size(call.env(), call[6], "width");
  require_length(b, checked_area(x.cols, width));
  checked_area(x.rows, width);
  const bool distances = to_bool(call.env(), call[7], "distances");
  return by_precision(x.values, [&](auto zero) {
    using T = decltype(zero);
    elements<T>(b);
    Input<T> bias;
    if (!is_nullish(call.env(), call[5])) {
      const TypedArray given = to_typed_array(call.env(), call[5], "bias");
      require_length(given, width);
      bias = Input<T>::copy(given);
    }
    if (distances && (bias.size() == 0 || !std::is_same_v<T, double>)) {
      throw Error("ERR_DTYPE", "Distances are made of float64, and of the lengths of the points.");
    }
    if (now) {
      return to_js(call.env(),
                   multiplied(x.here<T>(), elements<T>(b), bias.span(), width, distances, nullptr));
    }
    JobOptions options = predict_options(call, 9);
    auto compute = [b = Input<T>(b, &options.kept), bias = std::move(bias), width, distances](
                       const CsrView<T>& view, const CancelToken* cancel, const JobProgress&) {
      return multiplied(view, b.data(), bias.span(), width, distances, cancel);
    };
    return start_csr_job<T>(call, x, std::move(options), std::move(compute), values_to_js<T>);
  });
}

// ..., sublinear, weight [cols] or null, norm, cancel
napi_value weigh(Call& call) {
  CsrArguments x(call);
  const bool sublinear = to_bool(call.env(), call[4], "sublinear");
  Input<double> weight = optional_row_values<double>(call, 5, "weight", x.cols);
  const int norm = static_cast<int>(to_whole(call.env(), call[6], "norm", 0, 3));
  return by_precision(x.values, [&](auto zero) {
    using T = decltype(zero);
    auto compute = [sublinear, weight = std::move(weight), norm](
                       const CsrView<T>& view, const CancelToken* cancel, const JobProgress&) {
      std::vector<T> out(view.values.size);
      csr_weigh(view, sublinear, weight.span(), norm, out.data(), cancel);
      return out;
    };
    return start_csr_job<T>(call, x, predict_options(call, 7), std::move(compute), values_to_js<T>);
  });
}

// ..., cancel
napi_value column_counts(Call& call) {
  CsrArguments x(call);
  x.limit_columns();
  return by_precision(x.values, [&](auto zero) {
    using T = decltype(zero);
    auto compute = [](const CsrView<T>& view, const CancelToken*, const JobProgress&) {
      return csr_column_counts(view);
    };
    return start_csr_job<T>(call, x, train_options(call, 4, false), compute, values_to_js<double>);
  });
}

napi_value group_sums_to_js(napi_env env, CsrGroupSums&& of) {
  return ObjectBuilder(env).set("sums", std::move(of.sums)).set("least", of.least).object();
}

// ..., codes [rows], groups, weights [rows] or null, sync, cancel: a copy of the rows takes as long as their
// sums
napi_value group_sums(Call& call) {
  const bool now = to_bool(call.env(), call[7], "sync");
  CsrArguments x(call, 0, now);
  x.limit_columns();
  Input<int32_t> codes = row_values<int32_t>(call, 4, "codes", x.rows);
  const size_t groups = to_size(call.env(), call[5], "groups");
  checked_area(groups, x.cols);
  Input<double> weights = optional_row_values<double>(call, 6, "weights", x.rows);
  return by_precision(x.values, [&](auto zero) {
    using T = decltype(zero);
    if (now) {
      return group_sums_to_js(call.env(), csr_group_sums(x.here<T>(), codes.span(), groups, weights.span()));
    }
    auto compute = [codes = std::move(codes), groups, weights = std::move(weights)](
                       const CsrView<T>& view, const CancelToken* cancel, const JobProgress&) {
      return csr_group_sums(view, codes.span(), groups, weights.span(), cancel);
    };
    return start_csr_job<T>(call, x, train_options(call, 8, false), std::move(compute), group_sums_to_js);
  });
}

template <typename T>
napi_value rows_to_js(napi_env env, CsrRows<T>&& rows) {
  return ObjectBuilder(env)
      .set("starts", std::move(rows.starts))
      .set("columns", std::move(rows.columns))
      .set("values", std::move(rows.values))
      .object();
}

// x, rows, cols, cancel
napi_value of_dense(Call& call) {
  auto compute = [](auto x, const CancelToken* cancel, const JobProgress&) {
    return csr_of_dense(x, cancel);
  };
  return start_matrix_job(call, MatrixArgument(call), predict_options(call, 3), compute, rows_to_js<double>);
}

// x, rows, cols, sizes [cols], drop [cols], cancel
napi_value of_codes(Call& call) {
  const MatrixArgument x(call);
  auto compute = [sizes = row_values<int32_t>(call, 3, "sizes", x.cols),
                  drop = row_values<int32_t>(call, 4, "drop", x.cols)](auto codes, const CancelToken* cancel,
                                                                       const JobProgress&) {
    return csr_of_codes(codes, sizes.span(), drop.span(), cancel);
  };
  return start_matrix_job(call, x, predict_options(call, 5), std::move(compute), rows_to_js<double>);
}

// [starts, columns, values, cols of the first part, starts of the second, ...], cancel
napi_value side_by_side(Call& call) {
  napi_env env = call.env();
  uint32_t count = 0;
  if (napi_get_array_length(env, call[0], &count) != napi_ok || count == 0 ||
      count % CsrArguments::kCount != 0) {
    throw Error("ERR_PARAMETER", "parts must be an array of what sparse rows are made of.");
  }
  std::vector<OwnCsr> parts;
  for (uint32_t from = 0; from < count; from += CsrArguments::kCount) {
    std::array<napi_value, CsrArguments::kCount> given{};
    for (uint32_t k = 0; k < given.size(); ++k) {
      check(env, napi_get_element(env, call[0], from + k, &given[k]));
    }
    parts.emplace_back(CsrArguments(env, given));
    if (parts.back().starts.size() != parts.front().starts.size()) {
      throw Error("ERR_SHAPE", "Parts of a matrix have as many rows as each other.");
    }
  }
  auto work = [parts = std::move(parts)](const CancelToken* cancel, const JobProgress&) {
    std::vector<CsrView<double>> views;
    for (const OwnCsr& part : parts) views.push_back(part.view());
    return csr_side_by_side(views, cancel);
  };
  return EnvState::of(env).start(predict_options(call, 1), std::move(work), rows_to_js<double>);
}

// ..., cancel
napi_value transpose(Call& call) {
  CsrArguments x(call);
  x.limit_columns();
  return by_precision(x.values, [&](auto zero) {
    using T = decltype(zero);
    auto compute = [](const CsrView<T>& view, const CancelToken* cancel, const JobProgress&) {
      return csr_transpose(view, cancel);
    };
    return start_csr_job<T>(call, x, train_options(call, 4, false), compute, rows_to_js<T>);
  });
}

// ..., weights [rows] or null, cancel
napi_value moments(Call& call) {
  CsrArguments x(call);
  x.limit_columns();
  Input<double> weights = optional_row_values<double>(call, 4, "weights", x.rows);
  return by_precision(x.values, [&](auto zero) {
    using T = decltype(zero);
    auto compute = [weights = std::move(weights)](const CsrView<T>& view, const CancelToken* cancel,
                                                  const JobProgress&) {
      return csr_moments(view, weights.span(), cancel);
    };
    return start_csr_job<T>(call, x, train_options(call, 5, false), std::move(compute), moments_to_js);
  });
}

// ..., classes [rows], class count, weights [rows] or null, spec, cancel, onProgress
napi_value logistic(Call& call) {
  CsrArguments x(call);
  Input<int32_t> classes = row_values<int32_t>(call, 4, "classes", x.rows);
  const auto class_count = static_cast<uint32_t>(to_whole(
      call.env(), call[5], "classCount", 1, std::max<size_t>(1, std::min<size_t>(x.rows, 0x7fffffff))));
  checked_area(class_count, x.cols);
  Input<double> weights = optional_row_values<double>(call, 6, "weights", x.rows);
  auto compute = [classes = std::move(classes), class_count, weights = std::move(weights),
                  params = to_logistic_params(Spec(call.env(), call[7]))](
                     const CsrView<double>& view, const CancelToken* cancel, const JobProgress& progress) {
    return fit_sparse_logistic(view, classes.span(), class_count, weights.span(), params, cancel, progress);
  };
  return start_fit_job(call, x, train_options(call, 8, true), std::move(compute), logistic_to_js);
}

// ..., y [rows, targets], targets, weights [rows] or null, spec, cancel
napi_value least_squares(Call& call) {
  CsrArguments x(call);
  const size_t targets = to_size(call.env(), call[5], "targets");
  checked_area(targets, x.cols);
  Input<double> y = row_values<double>(call, 4, "y", x.rows, targets);
  Input<double> weights = optional_row_values<double>(call, 6, "weights", x.rows);
  const Spec spec(call.env(), call[7]);
  SparseLeastSquaresParams params;
  params.alpha = spec.number("alpha");
  params.fit_intercept = spec.flag("fitIntercept");
  params.tolerance = spec.number("tol");
  params.max_iterations = spec.u32("maxIter");
  auto compute = [y = std::move(y), targets, weights = std::move(weights), params](
                     const CsrView<double>& view, const CancelToken* cancel, const JobProgress&) {
    return fit_sparse_least_squares(view, y.matrix(view.rows(), targets), weights.span(), params, cancel);
  };
  auto deliver = [](napi_env env, SparseLeastSquaresModel&& model) {
    return ObjectBuilder(env)
        .set("coef", std::move(model.coef))
        .set("intercept", std::move(model.intercept))
        .set("iterations", std::move(model.iterations))
        .set("converged", model.converged)
        .object();
  };
  return start_fit_job(call, x, train_options(call, 8, false), std::move(compute), deliver);
}

// ...: throws when the arrays are no sparse rows
napi_value validate(Call& call) {
  const CsrArguments x(call, 0, true);
  return by_precision(x.values, [&](auto zero) {
    x.here<decltype(zero)>();
    return undefined(call.env());
  });
}

}  // namespace

void export_sparse(napi_env env, napi_value exports) {
  export_function<product>(env, exports, "csrProduct");
  export_function<weigh>(env, exports, "csrWeigh");
  export_function<column_counts>(env, exports, "csrColumnCounts");
  export_function<group_sums>(env, exports, "csrGroupSums");
  export_function<of_dense>(env, exports, "csrOfDense");
  export_function<of_codes>(env, exports, "csrOfCodes");
  export_function<side_by_side>(env, exports, "csrSideBySide");
  export_function<transpose>(env, exports, "csrTranspose");
  export_function<moments>(env, exports, "csrMoments");
  export_function<least_squares>(env, exports, "csrLeastSquares");
  export_function<logistic>(env, exports, "csrLogistic");
  export_function<validate>(env, exports, "csrCheck");
}

}  // namespace boreal
