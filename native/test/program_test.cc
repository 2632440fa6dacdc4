// Programs against the row-by-row reference, on every ISA and in both precisions: each op, storage of slots,
// row independence, errors, concurrency.
#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <thread>
#include <vector>

#include "test/emulation.h"
#include "test/plan_writer.h"
#include "test/program_support.h"

namespace boreal {
namespace test {
namespace {

const double kNan = std::numeric_limits<double>::quiet_NaN();
// Around the sizes where engines and tiles change.
const size_t kRowCounts[] = {1, 2, 7, 12, 13, 23, 24, 25, 33, 1000};

template <typename T>
void check_exact(const PlanWriter& writer, const std::vector<T>& x) {
  const Plan plan = writer.decode();
  const std::vector<T> expected = reference<T>(plan, x);
  for (const Kernels* kernels : available_kernels()) {
    INFO(kernels->name);
    CHECK(same(run(*prepare_cpu<T>(plan, *kernels), x), expected));
  }
}

// 6 columns: 4 numbers with NaN, 2 categories; 3 + 4 one-hot columns, one of them dropped.
int32_t write_preprocessing(PlanWriter& plan) {
  const int32_t checked = plan.check(0, FiniteRule::kFiniteOrNan);
  const int32_t numbers = plan.gather(checked, {0, 1, 2, 3});
  const int32_t imputed = plan.impute(numbers, {0.5, -1, 0, 3});
  const int32_t scaled = plan.affine(imputed, {0.1, 0.2, 0.3, 0.4}, {2, 3, 0.7, 1});
  const int32_t codes =
      plan.category(plan.gather(checked, {4, 5}), {0, 3, 7}, {1, 2, 3, 0, 5, 7, kNan}, false);
  const int32_t hot = plan.one_hot(codes, {3, 4}, {-1, 2});
  return plan.concat({scaled, hot});
}

template <typename T>
std::vector<T> preprocessing_rows(Rng& rng, size_t rows) {
  std::vector<T> x = random_rows<T>(rng, rows, 6, 9);
  for (size_t i = 0; i < rows; ++i) {
    x[i * 6 + 4] = static_cast<T>(rng.below(5));  // 0 and 4 are unknown
    x[i * 6 + 5] = rng.below(6) == 0 ? std::numeric_limits<T>::quiet_NaN() : static_cast<T>(rng.below(9));
  }
  return x;
}

// Preprocessing, then a forest of class fractions.
void write_pipeline(PlanWriter& plan, Rng& rng) {
  const int32_t features = write_preprocessing(plan);
  const ForestArrays forest =
      random_forest(rng, 30, 10, 3, 200, {-1, -0.5, -0.1, 0, 0.3, 0.5, 1}, false, true, 20);
  forest.write(plan, features, ForestAggregate::kMean, 3);
}

TEST_CASE_TEMPLATE("ops that move or recode columns are exact", T, float, double) {
  Rng rng(1);
  for (const size_t rows : kRowCounts) {
    CAPTURE(rows);
    PlanWriter preprocessing(6);
    write_preprocessing(preprocessing);
    check_exact<T>(preprocessing, preprocessing_rows<T>(rng, rows));

    PlanWriter argmax(5);
    argmax.argmax(0);
    check_exact<T>(argmax, random_rows<T>(rng, rows, 5, 7));

    PlanWriter one_hot(2);
    one_hot.one_hot(0, {3, 2}, {0, -1});
    std::vector<T> codes = random_rows<T>(rng, rows, 2);
    for (size_t i = 0; i < codes.size(); i += 2) codes[i] = static_cast<T>(rng.below(5)) - 1;
    codes[0] = std::numeric_limits<T>::quiet_NaN();
    codes.back() = T(0.5);
    check_exact<T>(one_hot, codes);
  }
}

TEST_CASE_TEMPLATE("quantiles are numpy's", T, float, double) {
  Rng rng(2);
  for (const size_t width : {1, 2, 5, 100}) {
    PlanWriter plan(static_cast<int32_t>(width));
    plan.quantile(0, {0, 0.05, 0.5, 0.5, 0.9, 1, 1.0 / 3});
    check_exact<T>(plan, random_rows<T>(rng, 50, width));
    check_exact<T>(plan, random_rows<T>(rng, 50, width, 50));
  }
  PlanWriter plan(4);  // numpy.quantile([3, 1, 2, 10], [.25, .5, .75])
  plan.quantile(0, {0.25, 0.5, 0.75});
  CHECK(same(run(*prepare_cpu<T>(plan.decode(), kernels()), {3, 1, 2, 10}),
             std::vector<T>{T(1.75), T(2.5), T(4.75)}));
}

TEST_CASE_TEMPLATE("arithmetic ops stay within their tolerance", T, float, double) {
  Rng rng(3);
  const size_t k = 13, n = 9;
  std::vector<double> weights(k * n), bias(n);
  for (double& weight : weights) weight = rng.uniform() - 0.5;
  for (double& value : bias) value = rng.uniform();
  PlanWriter dense(static_cast<int32_t>(k));
  dense.dense(0, weights, bias);
  PlanWriter softmax(7);
  softmax.softmax(0);
  for (const size_t rows : kRowCounts) {
    CAPTURE(rows);
    const std::vector<T> x = random_rows<T>(rng, rows, k), z = random_rows<T>(rng, rows, 7);
    const std::vector<T> product = reference<T>(dense.decode(), x),
                         shares = reference<T>(softmax.decode(), z);
    for (const Kernels* kernels : available_kernels()) {
      INFO(kernels->name);
      const std::vector<T> y = run(*prepare_cpu<T>(dense.decode(), *kernels), x);
      REQUIRE(y.size() == product.size());
      for (size_t i = 0; i < y.size(); ++i) {
        CHECK(std::fabs(y[i] - product[i]) <= dot_bound<T>(k + 1, 2.0 * 0.5 * k + 1));
      }
      const std::vector<T> p = run(*prepare_cpu<T>(softmax.decode(), *kernels), z);
      for (size_t i = 0; i < p.size(); ++i)
        CHECK(std::fabs(p[i] - shares[i]) <= softmax_bound<T>(7, 4) * shares[i]);

      for (const Unary kind : {Unary::kIdentity, Unary::kRelu, Unary::kSigmoid, Unary::kTanh, Unary::kExp,
                               Unary::kSoftplus, Unary::kSquare, Unary::kSign}) {
        PlanWriter activation(static_cast<int32_t>(k));
        activation.activation(0, kind);
        const Plan plan = activation.decode();
        const std::vector<T> a = run(*prepare_cpu<T>(plan, *kernels), x), expected = reference<T>(plan, x);
        for (size_t i = 0; i < a.size(); ++i)
          CHECK(ulp_error<T, double>(a[i], expected[i]) <= kElementwiseUlps + 1);
      }
    }
  }
}

TEST_CASE_TEMPLATE("slots keep their values as long as somebody reads them", T, float, double) {
  Rng rng(4);
  const std::vector<T> x = random_rows<T>(rng, 300, 3, 5);
  {
    // Every slot is read again at the end, so nothing may be overwritten.
    PlanWriter plan(3);
    const int32_t a = plan.impute(0, {1, 2, 3});
    const int32_t b = plan.affine(a, {1, 1, 1}, {2, 2, 2});
    const int32_t c = plan.activation(b, Unary::kRelu);
    plan.concat({c, b, a, 0});
    check_exact<T>(plan, x);
  }
  {
    // A check is another name of its input: overwriting either would change both.
    PlanWriter plan(3);
    const int32_t a = plan.impute(0, {1, 2, 3});
    const int32_t alias = plan.check(a, FiniteRule::kFinite);
    const int32_t b = plan.affine(a, {1, 1, 1}, {2, 2, 2});
    plan.concat({b, alias});
    check_exact<T>(plan, x);
  }
  {
    // The output is read by an op before the last.
    PlanWriter plan(3);
    const int32_t a = plan.impute(0, {1, 2, 3});
    plan.affine(a, {1, 1, 1}, {2, 2, 2});
    plan.check(a, FiniteRule::kFinite);
    check_exact<T>(plan, x);
  }
  {
    PlanWriter plan(3);  // in place three times, the last into the output
    plan.activation(plan.affine(plan.impute(0, {1, 2, 3}), {0, 0, 0}, {4, 4, 4}), Unary::kRelu);
    check_exact<T>(plan, x);
    PlanWriter only_check(3);
    only_check.check(only_check.check(0, FiniteRule::kFiniteOrNan), FiniteRule::kFiniteOrNan);
    check_exact<T>(only_check, x);
    PlanWriter no_columns(3);
    no_columns.concat({no_columns.gather(0, {}), no_columns.gather(0, {2}), no_columns.gather(0, {})});
    check_exact<T>(no_columns, x);
  }
}

TEST_CASE_TEMPLATE("a row's bits depend on nothing but the row", T, float, double) {
  Rng rng(5);
  PlanWriter writer(6);
  write_pipeline(writer, rng);
  std::vector<double> weights(3 * 2);
  for (double& weight : weights) weight = rng.uniform();
  writer.softmax(writer.dense(writer.op(9, {writer.words[2]}, {4}), weights, {0.1, -0.2}));
  const Plan plan = writer.decode();
  const size_t rows = 5000;
  const std::vector<T> x = preprocessing_rows<T>(rng, rows);
  for (const Kernels* kernels : available_kernels()) {
    INFO(kernels->name);
    const auto program = prepare_cpu<T>(plan, *kernels);
    const size_t width = program->output_width();
    const std::vector<T> whole = run(*program, x);
    for (const size_t threads : {0, 2, 3}) CHECK(same(run(*program, x, threads), whole));
    // Batches of growing sizes, each row at another place than before.
    for (size_t first = 0, size = 1; first < rows; first += size, ++size) {
      size = std::min(size, rows - first);
      std::vector<T> out(size * width);
      program->run(&x[first * 6], size, out.data(), 1, nullptr);
      REQUIRE(same(out, {whole.begin() + static_cast<std::ptrdiff_t>(first * width),
                         whole.begin() + static_cast<std::ptrdiff_t>((first + size) * width)}));
    }
  }
}

TEST_CASE("no rows: nothing is read or written") {
  PlanWriter writer(6);
  Rng rng(6);
  write_pipeline(writer, rng);
  const auto program = prepare_cpu<float>(writer.decode(), kernels());
  for (const size_t threads : {0, 1, 4}) CHECK_NOTHROW(program->run(nullptr, 0, nullptr, threads, nullptr));
}

TEST_CASE_TEMPLATE("the first bad row is reported whatever the thread count", T, float, double) {
  Rng rng(7);
  PlanWriter writer(3);
  const int32_t numbers = writer.check(writer.gather(0, {0, 1}), FiniteRule::kFinite);  // op 1
  const int32_t code = writer.category(writer.gather(0, {2}), {0, 2}, {0, 1}, true);    // op 3
  writer.concat({numbers, code});
  const size_t rows = 20000;
  std::vector<T> good = random_rows<T>(rng, rows, 3);
  for (size_t i = 0; i < rows; ++i) good[i * 3 + 2] = static_cast<T>(i % 2);
  struct Bad {
    size_t row, column;
    double value;
    const char* code;
    int op;
    int64_t op_column;
  };
  const Bad nan{700, 1, kNan, "ERR_INPUT_NAN", 1, 1};
  const Bad infinite{701, 0, -std::numeric_limits<double>::infinity(), "ERR_INPUT_INFINITE", 1, 0};
  const Bad category{699, 2, 5, "ERR_UNKNOWN_CATEGORY", 3, 0};
  const Bad late_category{19999, 2, 5, "ERR_UNKNOWN_CATEGORY", 3, 0};
  const Bad same_row{700, 2, 5, "ERR_UNKNOWN_CATEGORY", 3, 0};
  const std::vector<std::vector<Bad>> cases = {{nan},            // the first of each is the one to report
                                               {nan, infinite},  // both in one op
                                               {category, nan},  // an earlier row, but a later op
                                               {nan, same_row},  // one row: the earlier op
                                               {infinite, late_category},
                                               {late_category}};
  for (const Kernels* kernels : available_kernels()) {
    const auto program = prepare_cpu<T>(writer.decode(), *kernels);
    for (const std::vector<Bad>& bads : cases) {
      std::vector<T> x = good;
      for (const Bad& bad : bads) x[bad.row * 3 + bad.column] = static_cast<T>(bad.value);
      for (const size_t threads : {1, 0, 2, 4}) {
        CAPTURE(threads);
        std::vector<T> out(rows * 3);
        try {
          program->run(x.data(), rows, out.data(), threads, nullptr);
          FAIL("no error");
        } catch (const Error& error) {
          CHECK(std::string(error.code()) == bads[0].code);
          CHECK(error.row() == static_cast<int64_t>(bads[0].row));
          CHECK(error.column() == bads[0].op_column);
          CHECK(error.op() == bads[0].op);
        }
      }
    }
    CHECK_NOTHROW(run(*program, good, 0));
  }
}

TEST_CASE("an early bad row wins although a later tile fails sooner") {
  Rng rng(12);
  PlanWriter writer(2);
  const int32_t checked = writer.check(0, FiniteRule::kFinite);
  int32_t slow = checked;
  for (int k = 0; k < 20; ++k) slow = writer.activation(slow, Unary::kTanh);
  const int32_t code = writer.category(writer.gather(checked, {1}), {0, 1}, {0}, true);
  writer.concat({slow, code});
  const auto program = prepare_cpu<double>(writer.decode(), kernels());
  const size_t rows = 20000;
  std::vector<double> x = random_rows<double>(rng, rows, 2), out(rows * 3);
  for (size_t i = 0; i < rows; ++i) x[i * 2 + 1] = i == 100 ? 1 : 0;  // the last op refuses row 100
  for (size_t i = 4000; i < rows; ++i) x[i * 2] = kNan;               // the first op refuses these
  for (size_t repeat = 0; repeat < fewer(50); ++repeat) {
    try {
      program->run(x.data(), rows, out.data(), 4, nullptr);
      FAIL("no error");
    } catch (const Error& error) {
      REQUIRE(error.row() == 100);
    }
  }
}

TEST_CASE("many threads run one program at once") {
  Rng rng(8);
  PlanWriter writer(6);
  write_pipeline(writer, rng);
  const auto program = prepare_cpu<float>(writer.decode(), kernels());
  const std::vector<float> x = preprocessing_rows<float>(rng, 3000);
  const std::vector<float> expected = run(*program, x);
  std::vector<int> wrong(6, 0);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int repeat = 0; repeat < 10; ++repeat) wrong[t] += !same(run(*program, x, t % 3), expected);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const int count : wrong) CHECK(count == 0);
}

TEST_CASE("a cancelled run stops") {
  Rng rng(9);
  PlanWriter writer(6);
  write_pipeline(writer, rng);
  const auto program = prepare_cpu<float>(writer.decode(), kernels());
  const std::vector<float> x = preprocessing_rows<float>(rng, 3000);
  std::vector<float> out(3000 * 3);
  CancelToken token;
  program->run(x.data(), 3000, out.data(), 0, &token);
  token.cancel();
  for (const size_t threads : {1, 0}) {
    CHECK(error_code([&] { program->run(x.data(), 3000, out.data(), threads, &token); }) == "ERR_ABORTED");
  }
}

TEST_CASE("constants need not outlive prepare") {
  Rng rng(10);
  std::unique_ptr<Program<double>> program;
  std::vector<double> x = preprocessing_rows<double>(rng, 20), expected;
  {
    PlanWriter writer(6);
    write_pipeline(writer, rng);
    const Plan plan = writer.decode();
    expected = reference<double>(plan, x);
    program = prepare_cpu<double>(plan, kernels());
  }
  CHECK(same(run(*program, x), expected));
}

TEST_CASE("explain names every op, the device and the precision") {
  Rng rng(11);
  PlanWriter writer(6);
  write_pipeline(writer, rng);
  const auto program = prepare_cpu<float>(writer.decode(), kernels());
  const std::string text = program->explain();
  for (const char* part : {"cpu", kernels().name, "float32", "Check", "Gather", "Impute", "Affine",
                           "Category", "OneHot", "Concat", "Forest", "30 trees", "tiles of"}) {
    INFO(text);
    CHECK(text.find(part) != std::string::npos);
  }
  CHECK(program->row_cost_ns() > 0);
  CHECK(program->memory_bytes() > 30 * 8);
  CHECK(program->input_width() == 6);
  CHECK(program->output_width() == 3);
}

}  // namespace
}  // namespace test
}  // namespace boreal
