// Threads of a block as coroutines. Each gets its stack from ucontext once; from then on they jump, since
// swapcontext is two system calls a switch.
#include <fence.h>
#include <hopper.h>
#include <setjmp.h>
#include <static_shared.h>
#include <ucontext.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <vector>

BOREAL_EMULATOR_OWN uint3 threadIdx, blockIdx;
BOREAL_EMULATOR_OWN dim3 blockDim, gridDim;

namespace emulator {
namespace {

constexpr size_t kStackBytes = 64 << 10;
constexpr unsigned kWarp = 32;
constexpr size_t kLaneBytes = 64, kSharedAlign = 1024;

enum class State { kReady, kAtWarp, kAtBlock, kEnded };

struct Coroutine {
  jmp_buf at;
  bool begun = false;
  std::unique_ptr<unsigned char[]> stack{new unsigned char[kStackBytes]};
  State state = State::kEnded;
  AsyncGroups copies, products;
};

struct Free {
  void operator()(unsigned char* data) const { std::free(data); }
};

// The block that this thread of the host runs.
struct Block {
  jmp_buf scheduler;
  std::vector<Coroutine> threads;  // kept from launch to launch
  unsigned count = 0, current = 0;
  std::vector<unsigned> order;
  std::unique_ptr<unsigned char, Free> shared;
  size_t shared_bytes = 0;
  std::vector<unsigned char> exchanges;
  std::vector<std::function<void()>> later;
  const std::function<void()>* body = nullptr;
  std::mt19937 random{12345};
};
BOREAL_EMULATOR_OWN Block block;

void wait_as(State state) {
  Coroutine& own = block.threads[block.current];
  own.state = state;
  if (_setjmp(own.at) == 0) _longjmp(block.scheduler, 1);
}

// One thread of one block after another.
void thread_main() {
  for (;;) {
    (*block.body)();
    wait_as(State::kEnded);
  }
}

// Runs a thread until it waits.
void go_on(Coroutine& thread) {
  if (_setjmp(block.scheduler) != 0) return;
  if (thread.begun) _longjmp(thread.at, 1);
  thread.begun = true;
  ucontext_t context;
  getcontext(&context);
  context.uc_stack.ss_sp = thread.stack.get();
  context.uc_stack.ss_size = kStackBytes;
  context.uc_link = nullptr;
  makecontext(&context, thread_main, 0);
  setcontext(&context);
}

// Lets waiting threads of [first, last) go on once all that have not ended wait in that state.
void release(unsigned first, unsigned last, State state) {
  for (unsigned t = first; t < last; ++t) {
    if (block.threads[t].state != state && block.threads[t].state != State::kEnded) return;
  }
  for (unsigned t = first; t < last; ++t) {
    if (block.threads[t].state == state) block.threads[t].state = State::kReady;
  }
}

// Copies and products go on beside the thread that has started them.
void advance_some(Coroutine& thread) {
  if (thread.state == State::kEnded) return;
  for (AsyncGroups* groups : {&thread.copies, &thread.products}) {
    if (!groups->empty()) groups->advance(block.random() % 4);
  }
}

// A block finds nothing of the one before it.
void forget_shared() {
  if (block.shared != nullptr) std::memset(block.shared.get(), kUnwritten, block.shared_bytes);
  forget_static_shared();
}

void run_block() {
  forget_shared();
  for (unsigned t = 0; t < block.count; ++t) block.threads[t].state = State::kReady;
  for (bool running = true; running;) {
    running = false;
    // Half of the warps sleep through this round, so that some run far ahead of others.
    const unsigned asleep = static_cast<unsigned>(block.random());
    for (const unsigned t : block.order) {
      Coroutine& thread = block.threads[t];
      if (thread.state != State::kReady) continue;
      if ((asleep >> t / kWarp & 1) != 0) {
        running = true;
        continue;
      }
      block.current = t;
      threadIdx = {t, 0, 0};
      go_on(thread);
      running = true;
      advance_some(thread);
    }
    // In any order, some in a later round.
    std::shuffle(block.later.begin(), block.later.end(), block.random);
    for (size_t left = block.random() % 2 == 0 ? 0 : block.later.size() / 2; block.later.size() > left;) {
      block.later.back()();
      block.later.pop_back();
    }
    for (unsigned t = 0; t < block.count; t += kWarp) {
      release(t, std::min(t + kWarp, block.count), State::kAtWarp);
    }
    release(0, block.count, State::kAtBlock);
    for (unsigned t = 0; t < block.count && !running; ++t) running = block.threads[t].state == State::kReady;
  }
  for (unsigned t = 0; t < block.count; ++t) {
    const Coroutine& thread = block.threads[t];
    if (thread.state != State::kEnded) die("threads that wait for each other");
    if (!thread.copies.empty() || !thread.products.empty()) die("copies or products that nobody waits for");
  }
  if (!block.later.empty()) die("a tile that nobody waits for");
  if (block.shared != nullptr) check_fence(block.shared.get() + block.shared_bytes);
}

}  // namespace

void run_grid(dim3 grid, unsigned threads, size_t shared_bytes, const std::function<void()>& thread) {
  if (block.threads.size() < threads) block.threads.resize(threads);
  block.count = threads;
  block.body = &thread;
  block.order.resize(threads);
  for (unsigned t = 0; t < threads; ++t) block.order[t] = t;
  std::shuffle(block.order.begin(), block.order.end(), block.random);
  void* shared = nullptr;
  if (shared_bytes > 0 && posix_memalign(&shared, kSharedAlign, shared_bytes + kFence) != 0) std::abort();
  block.shared.reset(static_cast<unsigned char*>(shared));
  block.shared_bytes = shared_bytes;
  if (shared != nullptr) put_fence(block.shared.get() + shared_bytes);
  block.exchanges.resize((threads + kWarp - 1) / kWarp * kWarp * kLaneBytes);
  gridDim = grid;
  blockDim = dim3(threads);
  for (unsigned z = 0; z < grid.z; ++z) {
    for (unsigned y = 0; y < grid.y; ++y) {
      for (unsigned x = 0; x < grid.x; ++x) {
        blockIdx = {x, y, z};
        run_block();
      }
    }
  }
}

void die(const char* why) {
  std::fprintf(stderr, "emulation: %s\n", why);
  std::abort();
}
void wait_for_block() { wait_as(State::kAtBlock); }
void wait_for_warp() { wait_as(State::kAtWarp); }
void let_others_run() { wait_as(State::kReady); }
void later(std::function<void()> work) { block.later.push_back(std::move(work)); }
AsyncGroups& products() { return block.threads[block.current].products; }
AsyncGroups& copies() { return block.threads[block.current].copies; }
unsigned lane() { return block.current % kWarp; }
unsigned char* exchange_of_lane(unsigned lane) {
  return &block.exchanges[(block.current / kWarp * kWarp + lane) * kLaneBytes];
}
unsigned char* shared_bytes() { return block.shared.get(); }

}  // namespace emulator
