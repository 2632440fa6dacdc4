// Statistics of columns on the pool; rows, and the first of bad values, at once.
#include <algorithm>

#include "base/prefetch.h"
#include "binding/csr_job.h"
#include "binding/exports.h"
#include "binding/matrix_job.h"
#include "binding/moments_to_js.h"
#include "binding/spec.h"
#include "linalg/column_moments.h"
#include "linalg/find_first.h"
#include "train/column_stats.h"
#include "train/group_moments.h"
#include "train/mutual_information.h"
#include "train/power_transform.h"
#include "train/small_labels.h"

namespace boreal {
namespace {

napi_value moments(Call& call) {
  const MatrixArgument matrix(call);
  auto compute = [weights = optional_row_values<double>(call, 3, "weights", matrix.rows)](
                     auto x, const CancelToken* cancel, const JobProgress&) {
    return column_moments(x, weights.span(), {0, cancel});
  };
  return start_matrix_job(call, matrix, train_options(call, 4, false), std::move(compute), moments_to_js);
}

// x, rows, cols, out: perhaps an array for a copy of x, variance
napi_value moments_sync(Call& call) {
  const MatrixArgument matrix(call);
  const bool variance = to_bool(call.env(), call[4], "variance");
  return by_precision(matrix.x, [&](auto zero) {
    using T = decltype(zero);
    const MatrixView<const T> x = {elements<T>(matrix.x), matrix.rows, matrix.cols, matrix.cols};
    T* copy = nullptr;
    if (!is_nullish(call.env(), call[3])) {
      const TypedArray out = to_typed_array(call.env(), call[3], "out");
      copy = elements<T>(out);
      require_length(out, matrix.rows * matrix.cols);
      // The pass reads rows again that it has copied.
      refuse_overlap(matrix.x, out);
    }
    return moments_to_js(call.env(), column_moments(x, {}, {}, copy, variance));
  });
}

// Rows that may lie anywhere, one after the other.
template <typename T>
std::vector<T> gather(const T* x, size_t cols, const std::vector<size_t>& rows) {
  constexpr size_t kAhead = 16, kLine = 64 / sizeof(T);
  std::vector<T> out(rows.size() * cols);
  for (size_t k = 0; k < rows.size(); ++k) {
    if (k + kAhead < rows.size()) {
      const T* const next = x + rows[k + kAhead] * cols;
      for (size_t j = 0; j < cols + kLine; j += kLine) prefetch(next + std::min(j, cols - 1));
    }
    std::copy_n(x + rows[k] * cols, cols, out.data() + k * cols);
  }
  return out;
}

// x, rows, cols, positions of rows
napi_value take_rows(Call& call) {
  const MatrixArgument matrix(call);
  const TypedArray positions = to_typed_array(call.env(), call[3], "positions");
  const double* const given = elements<double>(positions);
  std::vector<size_t> rows(positions.length);
  for (size_t k = 0; k < rows.size(); ++k) {
    const double row = given[k];
    if (!(row >= 0 && row < static_cast<double>(matrix.rows)))
      throw Error("ERR_SHAPE", "There is no such row.");
    rows[k] = static_cast<size_t>(row);
  }
  if (matrix.cols == 0) rows.clear();
  return by_precision(matrix.x, [&](auto zero) {
    using T = decltype(zero);
    return to_js(call.env(), gather<T>(elements<T>(matrix.x), matrix.cols, rows));
  });
}

// y, codes: receives them
napi_value encode_small_labels(Call& call) {
  const TypedArray y = to_typed_array(call.env(), call[0], "y");
  const TypedArray codes = to_typed_array(call.env(), call[1], "codes");
  require_length(codes, y.length);
  std::vector<double> classes;
  if (small_label_codes({elements<double>(y), y.length}, elements<int32_t>(codes), classes)) {
    return to_js(call.env(), std::move(classes));
  }
  napi_value null;
  check(call.env(), napi_get_null(call.env(), &null));
  return null;
}

// What of rows by group comes after x, rows and cols.
struct Groups {
  Groups(Call& call, const MatrixArgument& matrix)
      : codes(row_values<int32_t>(call, 3, "codes", matrix.rows)),
        count(to_size(call.env(), call[4], "groups")),
        weights(optional_row_values<double>(call, 5, "weights", matrix.rows)) {
    checked_area(count, matrix.cols);
  }

  Input<int32_t> codes;
  size_t count;
  Input<double> weights;
};

// x, rows, cols, codes, groups, weights or null, cancel
napi_value sums_by_group(Call& call) {
  const MatrixArgument matrix(call);
  auto compute = [of = Groups(call, matrix)](auto x, const CancelToken* cancel, const JobProgress&) {
    return group_sums(x, of.codes.span(), of.count, of.weights.span(), cancel);
  };
  return start_matrix_job(call, matrix, train_options(call, 6, false), std::move(compute),
                          values_to_js<double>);
}

// x, rows, cols, codes, groups, weights or null
napi_value sums_by_group_sync(Call& call) {
  const MatrixArgument matrix(call);
  const Groups of(call, matrix);
  return by_precision(matrix.x, [&](auto zero) {
    using T = decltype(zero);
    const auto x = dense_view<const T>(elements<T>(matrix.x), matrix.rows, matrix.cols);
    return to_js(call.env(), group_sums(x, of.codes.span(), of.count, of.weights.span(), nullptr));
  });
}

// x, rows, cols, codes, groups, weights or null, cancel
napi_value moments_by_group(Call& call) {
  const MatrixArgument matrix(call);
  auto compute = [of = Groups(call, matrix)](auto x, const CancelToken* cancel, const JobProgress&) {
    return group_moments(x, of.codes.span(), of.count, of.weights.span(), cancel);
  };
  auto deliver = [](napi_env env, GroupMoments&& result) {
    return ObjectBuilder(env)
        .set("weight", std::move(result.weight))
        .set("sum", std::move(result.sum))
        .set("variance", std::move(result.variance))
        .object();
  };
  return start_matrix_job(call, matrix, train_options(call, 6, false), std::move(compute), deliver);
}

// x, rows, cols, y, discrete, spec, cancel
napi_value mutual_information(Call& call) {
  const MatrixArgument matrix(call);
  const Spec spec(call.env(), call[5]);
  MutualInformationParams params;
  params.neighbors = spec.u32("nNeighbors");
  params.discrete_target = spec.flag("discreteTarget");
  params.seed = spec.u32("seed");
  auto compute = [y = row_values<double>(call, 3, "y", matrix.rows),
                  discrete = row_values<uint8_t>(call, 4, "discrete", matrix.cols),
                  params](auto x, const CancelToken* cancel, const JobProgress&) {
    return boreal::mutual_information(x, y.span(), discrete.span(), params, cancel);
  };
  return start_matrix_job(call, matrix, train_options(call, 6, false), std::move(compute),
                          values_to_js<double>);
}

// x, rows and cols, or sparse rows; probabilities, method; of sparse rows whether zeros count; cancel
template <typename Rows>
napi_value quantiles(Call& call) {
  constexpr bool kSparse = std::is_same_v<Rows, CsrArguments>;
  Rows matrix(call);
  auto probabilities = Input<double>::copy(to_typed_array(call.env(), call[Rows::kCount], "probabilities"));
  const auto method = static_cast<QuantileMethod>(
      to_choice(call.env(), call[Rows::kCount + 1], "method",
                {"linear", "averagedInvertedCdf", "invertedCdf", "closestObservation",
                 "interpolatedInvertedCdf", "hazen", "weibull", "medianUnbiased", "normalUnbiased"}));
  bool zeros = true;
  if constexpr (kSparse) zeros = to_bool(call.env(), call[Rows::kCount + 2], "zeros");
  auto compute = [probabilities = std::move(probabilities), method, zeros](auto x, const CancelToken* cancel,
                                                                           const JobProgress&) {
    if constexpr (kSparse) {
      return column_quantiles(x, probabilities.span(), method, zeros, cancel);
    } else {
      return column_quantiles(x, probabilities.span(), method, cancel);
    }
  };
  return start_fit_job(call, matrix, train_options(call, Rows::kCount + (kSparse ? 3 : 2), false),
                       std::move(compute), values_to_js<double>);
}

// x, rows, cols, weights, probabilities, averaged, cancel
napi_value quantiles_of_weighed(Call& call) {
  const MatrixArgument matrix(call);
  auto probabilities = Input<double>::copy(to_typed_array(call.env(), call[4], "probabilities"));
  const bool averaged = to_bool(call.env(), call[5], "averaged");
  auto compute = [weights = row_values<double>(call, 3, "weights", matrix.rows),
                  probabilities = std::move(probabilities),
                  averaged](auto x, const CancelToken* cancel, const JobProgress&) {
    return weighted_quantiles(x, weights.span(), probabilities.span(), averaged, cancel);
  };
  return start_matrix_job(call, matrix, train_options(call, 6, false), std::move(compute),
                          values_to_js<double>);
}

napi_value powers(Call& call) {
  const MatrixArgument matrix(call);
  const auto method =
      static_cast<PowerMethod>(to_choice(call.env(), call[3], "method", {"boxCox", "yeoJohnson"}));
  auto compute = [method](auto x, const CancelToken* cancel, const JobProgress&) {
    return power_exponents(x, method, cancel);
  };
  return start_matrix_job(call, matrix, train_options(call, 4, false), compute, values_to_js<double>);
}

// x, rows and cols, or sparse rows; cancel
template <typename Rows>
napi_value modes(Call& call) {
  Rows matrix(call);
  auto compute = [](auto x, const CancelToken* cancel, const JobProgress&) {
    return column_modes(x, cancel);
  };
  return start_fit_job(call, matrix, train_options(call, Rows::kCount, false), compute, values_to_js<double>);
}

napi_value distinct(Call& call) {
  auto compute = [](auto x, const CancelToken* cancel, const JobProgress&) {
    return column_distinct(x, cancel);
  };
  auto deliver = [](napi_env env, ColumnDistinct&& result) {
    return ObjectBuilder(env)
        .set("offsets", std::move(result.offsets))
        .set("values", std::move(result.values))
        .set("counts", std::move(result.counts))
        .object();
  };
  return start_matrix_job(call, MatrixArgument(call), train_options(call, 3, false), compute, deliver);
}

napi_value first_invalid(Call& call) {
  const MatrixArgument matrix(call);
  const bool allow_nan = to_bool(call.env(), call[3], "allowNan");
  return by_precision(matrix.x, [&](auto zero) {
    using T = decltype(zero);
    const MatrixView<const T> x = {elements<T>(matrix.x), matrix.rows, matrix.cols, matrix.cols};
    return to_js(call.env(), static_cast<double>(find_invalid(x, allow_nan, nullptr)));
  });
}

// x, rows, cols
napi_value first_negative(Call& call) {
  const MatrixArgument matrix(call);
  return by_precision(matrix.x, [&](auto zero) {
    using T = decltype(zero);
    const MatrixView<const T> x = {elements<T>(matrix.x), matrix.rows, matrix.cols, matrix.cols};
    return to_js(call.env(), static_cast<double>(find_negative(x, nullptr)));
  });
}

}  // namespace

void export_stats(napi_env env, napi_value exports) {
  export_function<moments>(env, exports, "columnMoments");
  export_function<moments_sync>(env, exports, "columnMomentsSync");
  export_function<moments_by_group>(env, exports, "groupMoments");
  export_function<sums_by_group>(env, exports, "groupSums");
  export_function<sums_by_group_sync>(env, exports, "groupSumsSync");
  export_function<mutual_information>(env, exports, "mutualInformation");
  export_function<quantiles<MatrixArgument>>(env, exports, "columnQuantiles");
  export_function<quantiles<CsrArguments>>(env, exports, "csrColumnQuantiles");
  export_function<quantiles_of_weighed>(env, exports, "weightedQuantiles");
  export_function<powers>(env, exports, "powerExponents");
  export_function<modes<MatrixArgument>>(env, exports, "columnModes");
  export_function<modes<CsrArguments>>(env, exports, "csrColumnModes");
  export_function<distinct>(env, exports, "columnDistinct");
  export_function<encode_small_labels>(env, exports, "encodeSmallLabels");
  export_function<take_rows>(env, exports, "takeRows");
  export_function<first_invalid>(env, exports, "findInvalid");
  export_function<first_negative>(env, exports, "findNegative");
}

}  // namespace boreal
