// One process with boreal's core and its native peers in it, so that they are timed turn by turn on the same
// operands, in the same memory, on the same cores. Reads a request a line, answers each with a line of JSON:
//   hello                             the engines and their versions, the ISA
//   limits                            peaks and bandwidths of this machine with this many threads
//   probe fma|dram                    how fast the machine is right now, for a bracket around a measurement
//   case op=matmul dtype=f32 m=8 ...  prepares a problem: which engines can do it, and how far they are apart
//   turn ENGINE CALLS                 seconds that so many calls take, after a warm-up
// Usage: bench_compare THREADS. bench/support/native.mjs drives it.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <iostream>
#include <sstream>
#include <thread>

#include "base/error.h"
#include "kernels/dispatch.h"
#include "limits.h"
#include "problem.h"

namespace boreal_bench {
namespace {

using Clock = std::chrono::steady_clock;
constexpr double kWarmUp = 0.5e-3;   // seconds of calls before the clock starts, unless a call takes longer
constexpr double kLong = 5e-3;       // seconds of a call that warms up by itself
constexpr double kProbe = 40e-6;     // seconds of a probe's arithmetic
constexpr size_t kDram = 256 << 20;  // beyond every cache

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Waits until the threads of the last engine sleep: OpenBLAS and OpenMP spin for up to 30 ms after their
// work, and would take the cores away from whoever is timed next.
void settle() {
  const auto deadline = Clock::now() + std::chrono::milliseconds(100);
  for (;;) {
    const std::clock_t before = std::clock();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    const double busy = static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
    if (busy < 0.2e-3 || Clock::now() > deadline) return;
  }
}

// The largest difference from the first result, relative to its largest value.
double difference(const std::vector<double>& a, const std::vector<double>& b) {
  double scale = 0, largest = 0;
  if (a.size() != b.size()) return INFINITY;
  for (const double value : a) scale = std::max(scale, std::abs(value));
  for (size_t i = 0; i < a.size(); ++i) {
    if (!(std::abs(a[i] - b[i]) <= largest)) largest = std::abs(a[i] - b[i]);
  }
  return scale > 0 ? largest / scale : largest;
}

class Comparison {
 public:
  explicit Comparison(size_t threads) : threads_(threads) {
    engines_.push_back(boreal_engine());
    engines_.push_back(boreal_f32_engine());
#ifdef BOREAL_BENCH_ONEDNN
    engines_.push_back(onednn_engine());
#endif
#ifdef BOREAL_BENCH_OPENBLAS
    engines_.push_back(openblas_engine(threads));
#endif
  }

  std::string answer(const std::string& line) {
    std::istringstream words(line);
    std::string request;
    words >> request;
    if (request == "hello") return hello();
    if (request == "limits") return limits();
    if (request == "probe") return probe(words);
    if (request == "case") return prepare(words);
    if (request == "turn") return turn(words);
    throw std::runtime_error("unknown request " + request);
  }

 private:
  std::string hello() const {
    std::string names;
    for (const Engine& engine : engines_) {
      names += (names.empty() ? "\"" : ", \"") + engine.name + "\": \"" + engine.version + "\"";
    }
    return "{\"engines\": {" + names + "}}";
  }

  std::string limits() const {
    std::ostringstream out;
    out << "{\"peaks\": {";
    const char* separator = "";
    for (const char* dtype : {"f32", "f64", "int8", "int8-saturating"}) {
      const Peak peak = measure_peak(dtype, threads_, 0.15);
      out << separator << '"' << dtype << "\": {\"rate\": " << peak.rate << ", \"instruction\": \""
          << peak.instruction << "\"}";
      separator = ", ";
    }
    // Of the last level a core may hold but a share: 8 MiB stand for it.
    const Caches caches = cache_sizes();
    const size_t l3 = std::min<size_t>(caches.l3 / 2, 8 << 20);
    out << "}, \"levels\": [";
    const struct {
      const char* name;
      size_t holds, tested;  // bytes: of all threads together
    } levels[] = {{"L1", caches.l1 * threads_, caches.l1 / 2 * threads_},
                  {"L2", caches.l2 * threads_, caches.l2 / 2 * threads_},
                  {"L3", caches.l3, std::max(l3, 2 * caches.l2 * threads_)},
                  {"DRAM", 0, kDram}};
    for (const auto& level : levels) {
      const Bandwidth bandwidth = measure_bandwidth(level.tested, threads_, 0.15);
      out << (level.holds == levels[0].holds ? "" : ", ") << "{\"name\": \"" << level.name
          << "\", \"bytes\": " << level.holds << ", \"read\": " << bandwidth.read
          << ", \"add\": " << bandwidth.add << '}';
    }
    out << "]}";
    return out.str();
  }

  // Every core is asked, whatever the number of threads timed: a neighbour may sit on any of them.
  std::string probe(std::istream& words) {
    std::string kind;
    words >> kind;
    const size_t cores = std::min<size_t>(std::max(1u, std::thread::hardware_concurrency()), 8);
    const double rate = kind == "dram" ? probe_dram() : measure_peak("f32", cores, kProbe).rate;
    std::ostringstream out;
    out << "{\"rate\": " << rate << '}';
    return out.str();
  }

  // Reads on where the last probe stopped, so that no cache holds it.
  double probe_dram() {
    if (dram_.size() == 0) {
      dram_ = AlignedBuffer<uint64_t>(kDram / sizeof(uint64_t));
      std::fill(dram_.begin(), dram_.end(), 1);
    }
    constexpr size_t kPart = (16 << 20) / sizeof(uint64_t);
    const uint64_t* part = dram_.data() + dram_part_++ % (dram_.size() / kPart) * kPart;
    const auto start = Clock::now();
    uint64_t sums[8] = {};
    for (size_t i = 0; i < kPart; i += 8) {
      for (size_t lane = 0; lane < 8; ++lane) sums[lane] += part[i + lane];
    }
    const double taken = seconds_since(start);
    for (const uint64_t sum : sums) sink_ += sum;
    return static_cast<double>(kPart * sizeof(uint64_t)) / taken;
  }

  std::string prepare(std::istream& words) {
    tasks_.clear();
    problem_ = Problem();
    Problem& problem = problem_;
    problem.threads = threads_;
    std::string word;
    while (words >> word) {
      const size_t equals = word.find('=');
      if (equals == std::string::npos) throw std::runtime_error("a case is made of key=value, not " + word);
      const std::string key = word.substr(0, equals), value = word.substr(equals + 1);
      if (key == "op") problem.op = value;
      if (key == "dtype") problem.dtype = value;
      if (key == "m") problem.m = std::strtoull(value.c_str(), nullptr, 10);
      if (key == "n") problem.n = std::strtoull(value.c_str(), nullptr, 10);
      if (key == "k") problem.k = std::strtoull(value.c_str(), nullptr, 10);
      if (key == "packed") problem.packed = value == "1";
    }
    std::string names;
    std::vector<double> reference;
    double apart = 0;
    for (const Engine& engine : engines_) {
      Task task = engine.prepare(problem);
      if (!task.run) continue;
      const auto start = Clock::now();
      task.run();
      seconds_[engine.name] = seconds_since(start);
      if (task.result) {
        std::vector<double> result = task.result();
        if (reference.empty())
          reference = std::move(result);
        else
          apart = std::max(apart, difference(reference, result));
      }
      names += (names.empty() ? "\"" : ", \"") + engine.name + '"';
      tasks_[engine.name] = std::move(task);
    }
    std::ostringstream out;
    out << "{\"engines\": [" << names << "], \"difference\": ";
    if (std::isfinite(apart))
      out << apart;
    else
      out << "null";
    out << '}';
    return out.str();
  }

  std::string turn(std::istream& words) {
    std::string name;
    size_t calls = 1;
    words >> name >> calls;
    const auto found = tasks_.find(name);
    if (found == tasks_.end()) throw std::runtime_error("no task of " + name);
    const std::function<void()>& run = found->second.run;
    double& call_seconds = seconds_[name];
    const auto warm = Clock::now();
    while (call_seconds < kLong && seconds_since(warm) < kWarmUp) run();
    const auto start = Clock::now();
    for (size_t call = 0; call < calls; ++call) run();
    const double taken = seconds_since(start);
    call_seconds = taken / static_cast<double>(calls);
    if (threads_ > 1) settle();
    std::ostringstream out;
    out.precision(9);
    out << "{\"seconds\": " << taken << '}';
    return out.str();
  }

  size_t threads_;
  std::vector<Engine> engines_;
  Problem problem_;  // owns the operands of the tasks
  std::map<std::string, Task> tasks_;
  std::map<std::string, double> seconds_;  // of an engine's last call
  AlignedBuffer<uint64_t> dram_;
  size_t dram_part_ = 0;
  volatile uint64_t sink_ = 0;
};

}  // namespace
}  // namespace boreal_bench

int main(int argc, char** argv) {
  boreal_bench::Comparison comparison(argc > 1 ? std::max(1, std::atoi(argv[1])) : 1);
  std::string line;
  while (std::getline(std::cin, line)) {
    std::string answer, problem;
    try {
      answer = comparison.answer(line);
    } catch (const boreal::Error& error) {
      problem = error.what();
    } catch (const std::exception& error) {
      problem = error.what();
    }
    if (!problem.empty()) {
      std::replace(problem.begin(), problem.end(), '"', '\'');
      std::replace(problem.begin(), problem.end(), '\n', ' ');
      answer = "{\"error\": \"" + problem + "\"}";
    }
    std::printf("%s\n", answer.c_str());
    std::fflush(stdout);
  }
  return 0;
}
