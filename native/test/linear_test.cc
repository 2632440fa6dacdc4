// Linear models against closed forms, optimality conditions and values of scikit-learn 1.9 (quoted with the
// expression that gave them; grid(rows, cols, salt) is the same function in both languages).
#include "train/linear.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "base/error.h"
#include "train/lbfgs.h"
#include "train/triangular_factor.h"

using boreal::CancelToken;
using boreal::dense_view;
using boreal::Error;
using boreal::fit_least_squares;
using boreal::fit_logistic;
using boreal::LeastSquaresModel;
using boreal::LogisticModel;
using boreal::LogisticParams;
using boreal::MatrixView;
using boreal::Span;
using std::vector;

namespace {

const double kInfinity = std::numeric_limits<double>::infinity();

// ((i*i*31 + i*j*17 + j*59 + salt) % 97) / 48 - 1, exact in float64.
vector<double> grid(size_t rows, size_t cols, size_t salt) {
  vector<double> values;
  for (size_t i = 0; i < rows; ++i) {
    for (size_t j = 0; j < cols; ++j) {
      values.push_back(static_cast<double>((i * i * 31 + i * j * 17 + j * 59 + salt) % 97) / 48.0 - 1);
    }
  }
  return values;
}

template <typename T>
MatrixView<const T> view(const vector<T>& values, size_t rows) {
  return dense_view<const T>(values.data(), rows, values.size() / rows);
}
template <typename T>
Span<T> span(const vector<T>& values) {
  return {values.data(), values.size()};
}

constexpr double kNoAlpha = 0;

LeastSquaresModel least_squares(const vector<double>& x, const vector<double>& y, size_t rows,
                                double alpha = 0, bool fit_intercept = true,
                                const vector<double>& weights = {}) {
  return fit_least_squares(view(x, rows), view(y, rows), span(weights), {&alpha, 1}, fit_intercept, nullptr);
}

LogisticModel logistic(const vector<double>& x, const vector<int32_t>& classes, uint32_t class_count,
                       const LogisticParams& params, const vector<double>& weights = {}) {
  return fit_logistic(view(x, classes.size()), span(classes), class_count, span(weights), params, nullptr,
                      nullptr);
}

void check_close(const vector<double>& actual, const vector<double>& expected, double tolerance) {
  REQUIRE(actual.size() == expected.size());
  for (size_t i = 0; i < actual.size(); ++i) {
    INFO("at " << i);
    CHECK(std::fabs(actual[i] - expected[i]) <= tolerance);
  }
}

// Three indicator columns that add up to one, then grid(12, 2, 5).
vector<double> one_hot_matrix() {
  const vector<double> numbers = grid(12, 2, 5);
  vector<double> x;
  for (size_t i = 0; i < 12; ++i) {
    for (size_t k = 0; k < 3; ++k) x.push_back(i % 3 == k ? 1 : 0);
    x.insert(x.end(), {numbers[2 * i], numbers[2 * i + 1]});
  }
  return x;
}

// The gradient of the squared loss with penalty: X^T W (y - X b - b0) - alpha b, largest component.
double normal_residual(const vector<double>& x, const vector<double>& y, const vector<double>& weights,
                       double alpha, const LeastSquaresModel& model) {
  const size_t rows = y.size(), cols = x.size() / rows;
  vector<double> product(cols + 1);
  for (size_t j = 0; j < cols; ++j) product[j] = -alpha * model.coef[j];
  for (size_t i = 0; i < rows; ++i) {
    double residual = y[i] - model.intercept[0];
    for (size_t j = 0; j < cols; ++j) residual -= x[i * cols + j] * model.coef[j];
    if (!weights.empty()) residual *= weights[i];
    for (size_t j = 0; j < cols; ++j) product[j] += x[i * cols + j] * residual;
    product[cols] += residual;
  }
  double largest = 0;
  for (const double value : product) largest = std::max(largest, std::fabs(value));
  return largest;
}

// scikit-learn's objective, written as plainly as can be. parameters: [outputs, cols] then [outputs].
double logistic_objective(const vector<double>& x, const vector<int32_t>& classes, size_t outputs, double c,
                          const vector<double>& weights, const vector<double>& parameters) {
  const size_t rows = classes.size(), cols = x.size() / rows;
  double loss = 0, total = 0, squares = 0;
  for (size_t i = 0; i < rows; ++i) {
    vector<double> scores(outputs);
    for (size_t k = 0; k < outputs; ++k) {
      scores[k] = parameters[outputs * cols + k];
      for (size_t j = 0; j < cols; ++j) scores[k] += x[i * cols + j] * parameters[k * cols + j];
    }
    if (outputs == 1) scores.insert(scores.begin(), 0.0);
    double sum = 0;
    for (const double score : scores) sum += std::exp(score);
    const double weight = weights.empty() ? 1 : weights[i];
    loss += weight * (std::log(sum) - scores[static_cast<size_t>(classes[i])]);
    total += weight;
  }
  for (size_t d = 0; d < outputs * cols; ++d) squares += parameters[d] * parameters[d];
  return loss / total + squares / (2 * c * total);
}

double largest_difference_quotient(const vector<double>& x, const vector<int32_t>& classes, size_t outputs,
                                   double c, const vector<double>& weights, const LogisticModel& model) {
  vector<double> parameters = model.coef;
  parameters.insert(parameters.end(), model.intercept.begin(), model.intercept.end());
  double largest = 0;
  for (double& parameter : parameters) {
    const double centre = parameter, h = 1e-5;
    parameter = centre + h;
    const double above = logistic_objective(x, classes, outputs, c, weights, parameters);
    parameter = centre - h;
    const double below = logistic_objective(x, classes, outputs, c, weights, parameters);
    parameter = centre;
    largest = std::max(largest, std::fabs(above - below) / (2 * h));
  }
  return largest;
}

// grid(rows, 3, 5) and the class of a noisy linear score by ascending cuts.
struct Labelled {
  vector<double> x;
  vector<int32_t> classes;
};
Labelled labelled(size_t rows, const vector<double>& cuts) {
  Labelled data{grid(rows, 3, 5), {}};
  const vector<double> noise = grid(rows, 1, 40);
  for (size_t i = 0; i < rows; ++i) {
    const double* const row = data.x.data() + 3 * i;
    const double score = row[0] - 2 * row[1] + 0.5 * row[2] + 1.5 * noise[i];
    int32_t label = 0;
    for (const double cut : cuts) label += score > cut;
    data.classes.push_back(label);
  }
  return data;
}

template <typename Call>
std::string code_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  return "no error";
}

}  // namespace

TEST_CASE("least squares finds an exact line and plane") {
  LeastSquaresModel model = least_squares({0, 1, 2, 3}, {1, 3, 5, 7}, 4);
  check_close(model.coef, {2}, 1e-15);
  check_close(model.intercept, {1}, 1e-15);
  check_close(model.singular, {std::sqrt(5.0)}, 1e-15);
  CHECK(model.rank == 1);

  model = least_squares({1, 1, 1, 2, 2, 2, 2, 3}, {6, 8, 9, 11}, 4);
  check_close(model.coef, {1, 2}, 1e-14);
  check_close(model.intercept, {3}, 1e-14);

  model = least_squares({1, 2, 3}, {2, 4, 6.3}, 3, 0, false);
  check_close(model.coef, {28.9 / 14}, 1e-15);
  CHECK(model.intercept[0] == 0);
}

TEST_CASE("least squares is optimal over many blocks of rows") {
  // 10,000 rows: three parts and a ragged last block.
  const size_t rows = 10000;
  const vector<double> x = grid(rows, 5, 1), y = grid(rows, 1, 50);
  vector<double> weights = grid(rows, 1, 9);
  for (double& weight : weights) weight = weight < 0 ? 0 : weight;
  CHECK(normal_residual(x, y, {}, 0, least_squares(x, y, rows)) < 1e-10);
  CHECK(normal_residual(x, y, weights, 0, least_squares(x, y, rows, 0, true, weights)) < 1e-10);
  for (const double alpha : {1e-3, 10.0}) {
    CHECK(normal_residual(x, y, weights, alpha, least_squares(x, y, rows, alpha, true, weights)) < 1e-10);
  }
}

TEST_CASE("least squares is the same bit for bit each time, and takes float32 and strided rows") {
  const size_t rows = 9000;
  const vector<double> x = grid(rows, 4, 1), y = grid(rows, 1, 50);
  const LeastSquaresModel model = least_squares(x, y, rows);
  CHECK(least_squares(x, y, rows).coef == model.coef);

  vector<double> padded;
  for (size_t i = 0; i < rows; ++i) {
    padded.insert(padded.end(), x.begin() + static_cast<ptrdiff_t>(4 * i),
                  x.begin() + static_cast<ptrdiff_t>(4 * i + 4));
    padded.push_back(std::nan(""));
  }
  const MatrixView<const double> strided{padded.data(), rows, 4, 5};
  CHECK(fit_least_squares(strided, view(y, rows), {}, {&kNoAlpha, 1}, true, nullptr).coef == model.coef);

  vector<float> narrow;  // multiples of 1/64 are exact in both types
  vector<double> wide;
  for (const double value : x) wide.push_back(std::round(value * 64) / 64);
  for (const double value : wide) narrow.push_back(static_cast<float>(value));
  CHECK(fit_least_squares(view(narrow, rows), view(y, rows), {}, {&kNoAlpha, 1}, true, nullptr).coef ==
        least_squares(wide, y, rows).coef);
}

TEST_CASE("rank-deficient indicator columns get the minimum-norm solution") {
  // Xr = np.hstack([np.eye(3)[np.arange(12) % 3], grid(12, 2, 5)]); y = grid(12, 1, 11)[:, 0]
  const vector<double> x = one_hot_matrix(), y = grid(12, 1, 11);
  // m = LinearRegression().fit(Xr, y)
  LeastSquaresModel model = least_squares(x, y, 12);
  check_close(
      model.coef,
      {-0.2226584088177297, 0.09034787327955437, 0.13231053553817562, 0.7398505983336221, 0.132024775333806},
      1e-14);
  check_close(model.intercept, {-0.03131358969948461}, 1e-14);
  check_close(model.singular,
              {2.6655176694638483, 2.0053300702012948, 1.6615742440066312, 0.93351278114917369, 0}, 1e-14);
  CHECK(model.rank == 4);
  // m = LinearRegression().fit(Xr, y, 1 + np.arange(12) % 4)
  model = least_squares(x, y, 12, 0, true, {1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4});
  check_close(
      model.coef,
      {-0.1834679680727453, 0.0767773404365939, 0.10669062763615123, 0.8362430723286194, 0.05917367715794331},
      1e-14);
  CHECK(model.rank == 4);
}

TEST_CASE("more columns than rows: minimum norm and ridge") {
  // W = grid(4, 7, 3); y = grid(12, 1, 11)[:4, 0]
  const vector<double> x = grid(4, 7, 3);
  vector<double> y = grid(12, 1, 11);
  y.resize(4);
  // m = LinearRegression().fit(W, y)
  LeastSquaresModel model = least_squares(x, y, 4);
  check_close(model.coef,
              {0.49142974453806088, -0.30773048297279521, -3.5544084100858592e-05, -0.18185077449658807,
               0.066970286885781799, 0.31579134826815164, 0.13397611785566479},
              1e-14);
  check_close(model.intercept, {0.1359015694467419}, 1e-14);
  check_close(model.singular, {1.8908877147712968, 1.6220394174108885, 1.2962029245252791, 0}, 1e-14);
  CHECK(model.rank == 3);
  // m = Ridge(0.5).fit(W, y)
  model = least_squares(x, y, 4, 0.5);
  check_close(model.coef,
              {0.42537772859939915, -0.2651743694776523, -0.01446717971924566, -0.1714401794556623,
               0.04912296047772999, 0.2696861004111223, 0.11271310067470566},
              1e-14);
  CHECK(model.singular.empty());
  CHECK(model.rank == 0);
}

TEST_CASE("ridge has its closed form in one column") {
  // Centred x = -1, 0, 1 and y = -2, 0, 2: b = 4 / (2 + alpha).
  for (const double alpha : {0.5, 2.0, 1e6}) {
    const LeastSquaresModel model = least_squares({4, 5, 6}, {1, 3, 5}, 3, alpha);
    check_close(model.coef, {4 / (2 + alpha)}, 1e-15);
    check_close(model.intercept, {3 - 5 * model.coef[0]}, 1e-14);
  }
}

TEST_CASE("several targets are fitted as each alone") {
  const vector<double> x = grid(50, 4, 2), y = grid(50, 3, 8);
  for (const double alpha : {0.0, 1.5}) {
    const LeastSquaresModel together = least_squares(x, y, 50, alpha);
    for (size_t t = 0; t < 3; ++t) {
      vector<double> one;
      for (size_t i = 0; i < 50; ++i) one.push_back(y[3 * i + t]);
      const LeastSquaresModel alone = least_squares(x, one, 50, alpha);
      check_close({together.coef.begin() + static_cast<ptrdiff_t>(4 * t),
                   together.coef.begin() + static_cast<ptrdiff_t>(4 * t + 4)},
                  alone.coef, 1e-14);
      CHECK(std::fabs(together.intercept[t] - alone.intercept[0]) < 1e-14);
    }
  }
}

TEST_CASE("whole weights are repetitions, zero weights absent rows") {
  const vector<double> x = grid(30, 3, 2), y = grid(30, 1, 8);
  vector<double> weights, repeated_x, repeated_y;
  for (size_t i = 0; i < 30; ++i) {
    weights.push_back(static_cast<double>(i % 4));
    for (size_t copy = 0; copy < i % 4; ++copy) {
      for (size_t j = 0; j < 3; ++j) repeated_x.push_back(x[3 * i + j]);
      repeated_y.push_back(y[i]);
    }
  }
  for (const double alpha : {0.0, 2.0}) {
    const LeastSquaresModel weighted = least_squares(x, y, 30, alpha, true, weights);
    const LeastSquaresModel repeated = least_squares(repeated_x, repeated_y, repeated_y.size(), alpha);
    check_close(weighted.coef, repeated.coef, 1e-14);
    check_close(weighted.intercept, repeated.intercept, 1e-14);
  }
  const Labelled data = labelled(30, {0});
  vector<int32_t> repeated_classes;
  vector<double> labelled_x;
  for (size_t i = 0; i < 30; ++i) {
    for (size_t copy = 0; copy < i % 4; ++copy) {
      for (size_t j = 0; j < 3; ++j) labelled_x.push_back(data.x[3 * i + j]);
      repeated_classes.push_back(data.classes[i]);
    }
  }
  LogisticParams params;
  params.tol = 1e-10;
  const LogisticModel weighted = logistic(data.x, data.classes, 2, params, weights);
  const LogisticModel repeated = logistic(labelled_x, repeated_classes, 2, params);
  check_close(weighted.coef, repeated.coef, 1e-8);
  check_close(weighted.intercept, repeated.intercept, 1e-8);
}

TEST_CASE("least squares at the edges: one row, one column, constant columns, large offsets") {
  LeastSquaresModel model = least_squares({3, 4}, {7}, 1);
  CHECK(model.coef == vector<double>{0, 0});
  CHECK(model.intercept[0] == 7);
  CHECK(model.rank == 0);
  model = least_squares({3, 4}, {50}, 1, 0, false);
  check_close(model.coef, {6, 8}, 1e-14);

  // A constant column gets no weight, even one that binary fractions cannot hold.
  model = least_squares({0.1, 0, 0.1, 1, 0.1, 2, 0.1, 3}, {1, 3, 5, 7}, 4);
  check_close(model.coef, {0, 2}, 1e-15);
  CHECK(model.coef[0] == 0);
  CHECK(model.rank == 1);
  model = least_squares({5, 5, 5}, {1, 2, 6}, 3);
  CHECK(model.coef[0] == 0);
  check_close(model.intercept, {3}, 1e-15);

  model = least_squares({1e9, 1e9 + 1, 1e9 + 2, 1e9 + 3}, {1, 3, 5, 7}, 4);
  check_close(model.coef, {2}, 1e-15);
}

TEST_CASE("ill-conditioned columns keep the accuracy that normal equations would lose") {
  // x1 = x0 + 1e-6 * x2: the condition number is about 1e6, its square would cost 12 digits.
  const vector<double> base = grid(200, 2, 3);
  vector<double> x, y;
  for (size_t i = 0; i < 200; ++i) {
    const double a = base[2 * i], b = a + std::ldexp(base[2 * i + 1], -20);
    x.insert(x.end(), {a, b});
    y.push_back(a + 2 * b);
  }
  check_close(least_squares(x, y, 200).coef, {1, 2}, 1e-8);
}

TEST_CASE("least squares refuses what it cannot use") {
  const auto fit = [](const vector<double>& x, const vector<double>& y, size_t rows, double alpha,
                      const vector<double>& weights) {
    return code_of([&] { least_squares(x, y, rows, alpha, true, weights); });
  };
  CHECK(fit({1, 2}, {1, 2}, 2, -1, {}) == "ERR_PARAMETER");
  CHECK(fit({1, 2}, {1, 2}, 2, std::nan(""), {}) == "ERR_PARAMETER");
  CHECK(fit({1, 2}, {1, 2}, 2, 0, {1}) == "ERR_SHAPE");
  CHECK(fit({1, 2}, {1, 2}, 2, 0, {1, -1}) == "ERR_PARAMETER");
  CHECK(fit({1, 2}, {1, 2}, 2, 0, {0, 0}) == "ERR_PARAMETER");
  CHECK(fit({1e200, -1e200, 3e200}, {1, 2, 3}, 3, 0, {}) == "ERR_INPUT_INFINITE");
  const double nothing = 0;
  const MatrixView<const double> empty{&nothing, 0, 1, 1};
  CHECK(code_of([&] { fit_least_squares(empty, empty, {}, {&kNoAlpha, 1}, true, nullptr); }) == "ERR_EMPTY");

  CancelToken cancel;
  cancel.cancel();
  const vector<double> x = grid(40, 3, 1), y = grid(40, 1, 1), wide = grid(3, 40, 1), few = grid(3, 1, 1);
  CHECK(code_of([&] {
          fit_least_squares(view(x, 40), view(y, 40), {}, {&kNoAlpha, 1}, false, &cancel);
        }) == "ERR_ABORTED");
  CHECK(code_of([&] {
          fit_least_squares(view(wide, 3), view(few, 3), {}, {&kNoAlpha, 1}, false, &cancel);
        }) == "ERR_ABORTED");
}

TEST_CASE("the triangular factor keeps the product A^T A whatever the order of its parts") {
  const size_t rows = 300, cols = 6;
  const vector<double> a = grid(rows, cols, 4);
  boreal::TriangularFactor whole(cols, 0), first(cols, 0), second(cols, 0);
  const auto absorb = [&](boreal::TriangularFactor& factor, size_t begin, size_t end) {
    for (; begin < end; begin += 100) {
      double* const block = factor.block();
      for (size_t r = 0; r < 100; ++r) {
        for (size_t k = 0; k < cols; ++k) block[k * factor.block_stride() + r] = a[(begin + r) * cols + k];
      }
      factor.absorb(100);
    }
  };
  absorb(whole, 0, 300);
  absorb(first, 0, 100);
  absorb(second, 100, 300);
  first.absorb(second, nullptr);
  for (boreal::TriangularFactor* factor : {&whole, &first}) {
    const MatrixView<double> r = factor->matrix();
    for (size_t i = 0; i < cols; ++i) {
      for (size_t j = 0; j < cols; ++j) {
        double expected = 0, product = 0;
        for (size_t k = 0; k < rows; ++k) expected += a[k * cols + i] * a[k * cols + j];
        for (size_t k = 0; k < cols; ++k) product += r.at(k, i) * r.at(k, j);
        CHECK(std::fabs(product - expected) < 1e-12);
        if (j < i) CHECK(r.at(i, j) == 0);
      }
    }
  }
}

TEST_CASE("L-BFGS minimises Rosenbrock's valley and draws back from infinities") {
  boreal::LbfgsOptions options;
  options.gradient_tolerance = 1e-10;
  const auto valley = [](const vector<double>& x, vector<double>& gradient) {
    const double a = 1 - x[0], b = x[1] - x[0] * x[0];
    gradient = {-2 * a - 400 * x[0] * b, 200 * b};
    return a * a + 100 * b * b;
  };
  boreal::LbfgsResult result = boreal::minimize(valley, {-1.2, 1}, options);
  CHECK(result.converged);
  check_close(result.x, {1, 1}, 1e-9);

  // x - log(x) has its minimum at 1 and is infinite or NaN for x <= 0, where the first steps lead.
  const auto barrier = [](const vector<double>& x, vector<double>& gradient) {
    gradient = {1 - 1 / x[0]};
    return x[0] - std::log(x[0]);
  };
  result = boreal::minimize(barrier, {30}, options);
  CHECK(result.converged);
  check_close(result.x, {1}, 1e-9);

  options.max_iterations = 3;
  result = boreal::minimize(valley, {-1.2, 1}, options);
  CHECK(!result.converged);
  CHECK(result.iterations == 3);
}

TEST_CASE("logistic regression of two classes agrees with scikit-learn") {
  // X = grid(60, 3, 5); s = X @ [1, -2, .5] + grid(60, 1, 40)[:, 0] * 1.5; c = s > 0
  const Labelled data = labelled(60, {0});
  // LogisticRegression(C=1, tol=1e-10, max_iter=1000).fit(X, c)
  LogisticParams params;
  params.tol = 1e-10;
  params.max_iter = 1000;
  LogisticModel model = logistic(data.x, data.classes, 2, params);
  check_close(model.coef, {1.1348088730439794, -2.632358079663241, 0.08692363219749145}, 1e-8);
  check_close(model.intercept, {-0.03393736735619177}, 1e-8);
  CHECK(model.converged);
  // The same with C=np.inf
  params.c = kInfinity;
  model = logistic(data.x, data.classes, 2, params);
  check_close(model.coef, {12.516283879337182, -26.246028592718048, 10.894189611970656}, 1e-5);
  // LogisticRegression().fit(X, c): stops after 8 iterations
  model = logistic(data.x, data.classes, 2, {});
  check_close(model.coef, {1.134751764657309, -2.6324223792013584, 0.0869551472405426}, 1e-9);
  CHECK(model.iterations == 8);
}

TEST_CASE("multinomial regression agrees with scikit-learn") {
  const Labelled data = labelled(60, {-1, 1});
  LogisticParams params;
  params.c = 2;
  // LogisticRegression(C=2).fit(X, np.digitize(s, [-1, 1])).n_iter_
  CHECK(logistic(data.x, data.classes, 3, params).iterations == 11);
  // LogisticRegression(C=2, tol=1e-10, max_iter=1000)
  params.tol = 1e-10;
  params.max_iter = 1000;
  const LogisticModel model = logistic(data.x, data.classes, 3, params);
  check_close(
      model.coef,
      {-0.350766360391958, 3.015374462653276, -0.5247549372309014, -0.7974310099579158, -0.717088312178097,
       0.23696567755596515, 1.1481973703498736, -2.298286150475179, 0.28778925967493646},
      1e-7);
  check_close(model.intercept, {-0.08434424746481312, 0.14504755795390167, -0.0607033104890879}, 1e-7);
}

TEST_CASE("the gradient vanishes at the solution") {
  // 1,500 rows: several parts and a ragged last block.
  vector<double> weights = grid(1500, 1, 9);
  for (double& weight : weights) weight = std::fabs(weight);
  LogisticParams params;
  params.c = 0.7;
  params.tol = 1e-9;
  for (const vector<double>& cuts : {vector<double>{0}, vector<double>{-2, -1, 1, 2}}) {
    const Labelled data = labelled(1500, cuts);
    const size_t outputs = cuts.size() == 1 ? 1 : cuts.size() + 1;
    for (const vector<double>& w : {vector<double>{}, weights}) {
      const LogisticModel model =
          logistic(data.x, data.classes, static_cast<uint32_t>(cuts.size() + 1), params, w);
      CHECK(model.converged);
      // The test on the value stops it at a gradient of about sqrt(64 eps).
      CHECK(largest_difference_quotient(data.x, data.classes, outputs, params.c, w, model) < 2e-7);
    }
  }
}

TEST_CASE("logistic regression is the same bit for bit each time, and takes float32 and strided rows") {
  const Labelled data = labelled(3001, {-1, 1});
  vector<float> narrow;
  vector<double> wide, padded;
  for (const double value : data.x) wide.push_back(std::round(value * 64) / 64);
  for (const double value : wide) narrow.push_back(static_cast<float>(value));
  for (size_t i = 0; i < wide.size(); ++i) {
    padded.push_back(wide[i]);
    if (i % 3 == 2) padded.push_back(std::nan(""));
  }
  const LogisticModel model = logistic(wide, data.classes, 3, {});
  CHECK(logistic(wide, data.classes, 3, {}).coef == model.coef);
  CHECK(fit_logistic(view(narrow, 3001), span(data.classes), 3, {}, {}, nullptr, nullptr).coef == model.coef);
  const MatrixView<const double> strided{padded.data(), 3001, 3, 4};
  CHECK(fit_logistic(strided, span(data.classes), 3, {}, {}, nullptr, nullptr).coef == model.coef);
}

TEST_CASE("separable classes without a penalty end without NaN") {
  LogisticParams params;
  params.c = kInfinity;
  params.tol = 0;
  params.max_iter = 200;
  for (const double scale : {1.0, 1e4, 1e150}) {
    const LogisticModel model = logistic({-2 * scale, -scale, scale, 2 * scale}, {0, 0, 1, 1}, 2, params);
    INFO("scale " << scale);
    CHECK(std::isfinite(model.coef[0]));
    CHECK(std::isfinite(model.intercept[0]));
    CHECK(model.coef[0] >= 0);
    CHECK(model.iterations <= 200);
  }
}

TEST_CASE("logistic regression at the edges: one row, one class present, no intercept, no iterations") {
  LogisticModel model = logistic({1, 2}, {1}, 2, {});
  CHECK(model.intercept[0] > 0);
  // Class 2 of 0..2 never occurs: its intercept falls, the others stay equal by symmetry.
  model = logistic({-1, 1, -1, 1}, {0, 1, 0, 1}, 3, {});
  CHECK(model.intercept[2] < model.intercept[0]);
  CHECK(std::fabs(model.intercept[0] - model.intercept[1]) < 1e-5);
  LogisticParams params;
  params.fit_intercept = false;
  model = logistic({1, 2, 3}, {1, 1, 1}, 2, params);
  CHECK(model.coef[0] > 0);
  CHECK(model.intercept == vector<double>{0});
  params.max_iter = 0;
  model = logistic({1, 2, 3}, {1, 0, 1}, 2, params);
  CHECK(model.iterations == 0);
  CHECK(model.coef == vector<double>{0});
}

TEST_CASE("logistic regression reports progress, can be aborted and refuses what it cannot use") {
  const Labelled data = labelled(60, {0});
  vector<size_t> seen;
  LogisticParams params;
  CancelToken cancel;
  const auto progress = [&](size_t done, size_t total) {
    CHECK(total == 100);
    seen.push_back(done);
    if (done == 3) cancel.cancel();
  };
  CHECK(code_of([&] {
          fit_logistic(view(data.x, 60), span(data.classes), 2, {}, params, &cancel, progress);
        }) == "ERR_ABORTED");
  CHECK(seen == vector<size_t>{1, 2, 3});

  const auto fit = [&](const vector<int32_t>& classes, uint32_t class_count, double c) {
    LogisticParams bad;
    bad.c = c;
    return code_of([&] { logistic({1, 2}, classes, class_count, bad); });
  };
  CHECK(fit({0, 2}, 2, 1) == "ERR_LABELS");
  CHECK(fit({0, -1}, 2, 1) == "ERR_LABELS");
  CHECK(fit({0, 0}, 1, 1) == "ERR_LABELS");
  CHECK(fit({0, 1}, 2, 0) == "ERR_PARAMETER");
  CHECK(fit({0, 1}, 2, std::nan("")) == "ERR_PARAMETER");
}
