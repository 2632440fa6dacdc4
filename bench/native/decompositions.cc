// Times the decompositions of random matrices; one JSON line for each: { suite, name, n, threads, seconds },
// the median of several runs. bench/decompositions.bench.mjs sets them beside the peers' through JavaScript.
//   decompositions [threads ...]     default 1 and all
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <vector>

#include "base/rng.h"
#include "base/thread_pool.h"
#include "linalg/cholesky.h"
#include "linalg/eigh.h"
#include "linalg/lu.h"
#include "linalg/qr.h"
#include "linalg/svd.h"

namespace {

using boreal::ConstDense;
using boreal::Dense;
using boreal::RunOptions;
using boreal::Workspace;

double median_seconds(const std::function<void()>& f, int repeats) {
  f();
  std::vector<double> times;
  for (int i = 0; i < repeats; ++i) {
    const auto start = std::chrono::steady_clock::now();
    f();
    times.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

void run_size(size_t n, size_t threads) {
  boreal::Rng rng(n);
  const Workspace random(n, n), symmetric(n, n), definite(n, n), x(n, n), y(n, n);
  const Dense a = random.view();
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j < n; ++j) a.at(i, j) = 2 * rng.uniform() - 1;
  }
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j < n; ++j) symmetric.view().at(i, j) = a.at(i, j) + a.at(j, i);
  }
  RunOptions run;
  run.max_threads = threads;
  boreal::multiply(1, boreal::Form::kAsIs, as_const(a), boreal::Form::kTransposed, as_const(a), 0,
                   definite.view(), run);
  for (size_t i = 0; i < n; ++i) definite.view().at(i, i) += static_cast<double>(n);
  const ConstDense general = as_const(a), hermitian = as_const(symmetric.view()),
                   spd = as_const(definite.view());
  std::vector<double> values(n);
  const struct {
    const char* name;
    std::function<void()> f;
  } cases[] = {
      {"solve",
       [&] {
         boreal::solve(general, boreal::block(spd, 0, n, 0, 1), boreal::block(x.view(), 0, n, 0, 1), run);
       }},
      {"inverse", [&] { boreal::inverse(general, x.view(), run); }},
      {"cholesky", [&] { boreal::cholesky(spd, x.view(), run); }},
      {"qr", [&] { boreal::qr(general, x.view(), y.view(), run); }},
      {"svd", [&] { boreal::svd(general, x.view(), values.data(), y.view(), run); }},
      {"eigh", [&] { boreal::eigh(hermitian, values.data(), x.view(), run); }},
  };
  for (const auto& one : cases) {
    const double seconds = median_seconds(one.f, n <= 250 ? 21 : n <= 500 ? 9 : 5);
    std::printf("{\"suite\":\"decompositions\",\"name\":\"%s\",\"n\":%zu,\"threads\":%zu,\"seconds\":%.6f}\n",
                one.name, n, threads, seconds);
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<size_t> threads;
  for (int i = 1; i < argc; ++i) threads.push_back(std::strtoull(argv[i], nullptr, 10));
  if (threads.empty()) threads = {1, boreal::ThreadPool::instance().size()};
  for (const size_t count : threads) {
    for (const size_t n : {100, 250, 500, 1000}) run_size(n, count);
  }
  return 0;
}
