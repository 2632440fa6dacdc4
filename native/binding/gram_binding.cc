// Linear models of few columns: the sums of products of the rows, and what follows from these alone.
#include <cmath>

#include "binding/exports.h"
#include "binding/linear_spec.h"
#include "binding/matrix_job.h"
#include "train/linear.h"
#include "train/moments.h"

namespace boreal {
namespace {

napi_value problem_to_js(napi_env env, GramProblem&& problem) {
  return ObjectBuilder(env)
      .set("rows", problem.rows)
      .set("gram", std::move(problem.gram))
      .set("xy", std::move(problem.xy))
      .set("yy", std::move(problem.yy))
      .set("xMean", std::move(problem.x_mean))
      .set("yMean", std::move(problem.y_mean))
      .object();
}

GramProblem to_problem(Call& call, size_t argument) {
  const Spec spec(call.env(), call[argument]);
  GramProblem problem{0,
                      spec.number("rows"),
                      spec.values("gram"),
                      spec.values("xy"),
                      spec.values("yy"),
                      spec.values("xMean"),
                      spec.values("yMean")};
  const size_t cols = problem.cols = problem.x_mean.size(), targets = problem.yy.size();
  if (!(problem.rows >= 1) || cols == 0 || targets == 0 || problem.gram.size() != checked_area(cols, cols) ||
      problem.xy.size() != checked_area(targets, cols) || problem.y_mean.size() != targets) {
    throw Error("ERR_SHAPE", "These are no sums of products: their lengths do not agree.");
  }
  return problem;
}

struct Rows {
  explicit Rows(Call& call)
      : matrix(call),
        targets(to_size(call.env(), call[4], "targets")),
        y(row_values<double>(call, 3, "y", matrix.rows, targets)),
        fit_intercept(to_bool(call.env(), call[5], "fitIntercept")) {
    if (matrix.rows == 0 || matrix.cols == 0 || targets == 0) {
      throw Error("ERR_EMPTY", "Sums of products need at least one row, one column and one target.");
    }
    checked_area(matrix.cols + targets, matrix.cols + targets);
  }
  MatrixArgument matrix;
  size_t targets;
  Input<double> y;
  bool fit_intercept;
};

// x, rows, cols, y, targets, fitIntercept, cancel
napi_value gram(Call& call) {
  Rows rows(call);
  const MatrixArgument matrix = rows.matrix;
  auto compute = [rows = std::move(rows)](auto x, const CancelToken* cancel, const JobProgress&) {
    return gram_problem(x, rows.y.matrix(x.rows, rows.targets), {}, rows.fit_intercept, cancel);
  };
  return start_matrix_job(call, matrix, train_options(call, 6, false), std::move(compute), problem_to_js);
}

// x, rows, cols, y, targets, fitIntercept
napi_value gram_sync(Call& call) {
  const Rows rows(call);
  return by_precision(rows.matrix.x, [&](auto zero) {
    using T = decltype(zero);
    const MatrixView<const T> x{elements<T>(rows.matrix.x), rows.matrix.rows, rows.matrix.cols,
                                rows.matrix.cols};
    return problem_to_js(
        call.env(), gram_problem(x, rows.y.matrix(x.rows, rows.targets), {}, rows.fit_intercept, nullptr));
  });
}

// problem, alpha
napi_value ridge(Call& call) {
  const double alpha = to_double(call.env(), call[1], "alpha");
  if (!(alpha >= 0) || std::isinf(alpha)) throw Error("ERR_PARAMETER", "alpha must be a finite number >= 0.");
  LeastSquaresModel model;
  if (!fit_ridge(to_problem(call, 0), {&alpha, 1}, model)) return undefined(call.env());
  return ObjectBuilder(call.env())
      .set("coef", std::move(model.coef))
      .set("intercept", std::move(model.intercept))
      .object();
}

// problem, spec, cancel
napi_value elastic_net(Call& call) {
  const Spec spec(call.env(), call[1]);
  auto work = [problem = to_problem(call, 0), alphas = spec.values("alphas"),
               l1_ratio = spec.number("l1Ratio"),
               params = elastic_net_params(spec)](const CancelToken* cancel, const JobProgress&) {
    return fit_elastic_net(problem, {alphas.data(), alphas.size()}, l1_ratio, params, cancel);
  };
  return EnvState::of(call.env()).start(train_options(call, 2, false), std::move(work), path_to_js);
}

}  // namespace

void export_gram(napi_env env, napi_value exports) {
  export_function<gram>(env, exports, "gramProblem");
  export_function<gram_sync>(env, exports, "gramProblemSync");
  export_function<ridge>(env, exports, "ridgeOfGram");
  export_function<elastic_net>(env, exports, "elasticNetOfGram");
}

}  // namespace boreal
