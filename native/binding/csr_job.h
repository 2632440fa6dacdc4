// Work on sparse rows: starts, columns, values and number of columns come first. Indices are checked before
// they are followed: copies of them in jobs and of shared memory, else the caller's, in calls without a job.
#pragma once

#include <array>
#include <type_traits>
#include <utility>
#include <vector>

#include "binding/call.h"
#include "binding/env.h"
#include "binding/handle.h"
#include "binding/matrix_job.h"
#include "linalg/csr.h"

namespace boreal {

struct CsrArguments {
  static constexpr size_t kCount = 4;

  // With `now` the call is done before anybody can change the arrays: only those in shared memory are copied.
  explicit CsrArguments(Call& call, size_t from = 0, bool now = false)
      : CsrArguments(call.env(), {call[from], call[from + 1], call[from + 2], call[from + 3]}, now) {}

  CsrArguments(napi_env env, const std::array<napi_value, kCount>& given, bool now = false)
      : given_starts(to_typed_array(env, given[0], "starts")),
        given_columns(to_typed_array(env, given[1], "columns")),
        values(to_typed_array(env, given[2], "values")),
        cols(to_size(env, given[3], "cols")) {
    if (!now || given_starts.shared) starts = Input<int32_t>::copy(given_starts);
    if (!now || given_columns.shared) columns = Input<int32_t>::copy(given_columns);
    if (given_starts.length == 0) throw Error("ERR_SHAPE", "Sparse rows have at least one start.");
    rows = given_starts.length - 1;
  }

  // The rows, checked, for as long as the call lasts. T is the type of the values.
  template <typename T>
  CsrView<T> here() const {
    const auto span_of = [](const TypedArray& array, const Input<int32_t>& copy) {
      return copy.size() > 0 ? copy.span() : Span<int32_t>{elements<int32_t>(array), array.length};
    };
    const CsrView<T> view{span_of(given_starts, starts),
                          span_of(given_columns, columns),
                          {elements<T>(values), values.length},
                          cols};
    check_csr(view);
    return view;
  }

  // Columns cost nothing that no row has, until something is kept for each of them.
  void limit_columns() const {
    constexpr size_t kMost = size_t{1} << 26;
    if (cols > kMost) throw Error("ERR_SHAPE", "A fit on sparse rows takes up to 2^26 columns.");
  }

  TypedArray given_starts, given_columns;
  Input<int32_t> starts, columns;  // copies
  TypedArray values;
  size_t rows, cols;
};

// Sparse rows of float64, whatever they were, that own their memory.
struct OwnCsr {
  explicit OwnCsr(CsrArguments&& x)
      : starts(std::move(x.starts)), columns(std::move(x.columns)), cols(x.cols) {
    by_precision(x.values, [&](auto zero) -> napi_value {
      const auto* const from = elements<decltype(zero)>(x.values);
      values.assign(from, from + x.values.length);
      return nullptr;
    });
  }

  // Checked.
  CsrView<double> view() const {
    const CsrView<double> rows{starts.span(), columns.span(), {values.data(), values.size()}, cols};
    check_csr(rows);
    return rows;
  }

  Input<int32_t> starts, columns;
  std::vector<double> values;
  size_t cols;
};

// compute(CsrView<T>, cancel) on the pool, after the check.
template <typename T, typename Compute, typename Deliver>
napi_value start_csr_job(Call& call, CsrArguments& x, JobOptions options, Compute compute, Deliver deliver) {
  auto work = [starts = std::move(x.starts), columns = std::move(x.columns),
               values = Input<T>::copy(x.values), cols = x.cols,
               compute = std::move(compute)](const CancelToken* cancel, const JobProgress& progress) {
    const CsrView<T> view{starts.span(), columns.span(), values.span(), cols};
    check_csr(view);
    return compute(view, cancel, progress);
  };
  return EnvState::of(call.env()).start(std::move(options), std::move(work), std::move(deliver));
}

// The same with values of float64, whatever they are; compute reads either kind of rows.
template <typename Compute, typename Deliver>
napi_value start_fit_job(Call& call, CsrArguments& x, JobOptions options, Compute compute, Deliver deliver) {
  x.limit_columns();
  return by_precision(x.values, [&](auto zero) {
    using T = decltype(zero);
    auto widened = [compute = std::move(compute)](const CsrView<T>& view, const CancelToken* cancel,
                                                  const JobProgress& progress) {
      if constexpr (std::is_same_v<T, double>) {
        return compute(view, cancel, progress);
      } else {
        const std::vector<double> values(view.values.begin(), view.values.end());
        return compute(CsrView<double>{view.starts, view.columns, {values.data(), values.size()}, view.cols},
                       cancel, progress);
      }
    };
    return start_csr_job<T>(call, x, std::move(options), std::move(widened), std::move(deliver));
  });
}

template <typename Compute, typename Deliver>
napi_value start_fit_job(Call& call, MatrixArgument& x, JobOptions options, Compute compute,
                         Deliver deliver) {
  return start_matrix_job(call, x, std::move(options), std::move(compute), std::move(deliver));
}

}  // namespace boreal
