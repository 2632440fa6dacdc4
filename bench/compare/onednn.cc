// oneDNN's primitives for the same problems. Where a problem says `packed`, the weights have the layout that
// oneDNN prefers, and are brought into it before the clock starts.
#include <oneapi/dnnl/dnnl.hpp>
#include <unordered_map>

#include "operands.h"
#include "problem.h"

namespace boreal_bench {
namespace {

using dnnl::memory;
using Arguments = std::unordered_map<int, memory>;

const dnnl::engine& cpu() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

dnnl::stream& stream() {
  static dnnl::stream stream(cpu());
  return stream;
}

template <typename T>
memory wrap(const memory::desc& shape, const T* data) {
  return memory(shape, cpu(), const_cast<T*>(data));
}

memory::desc matrix(size_t rows, size_t cols, memory::data_type type, memory::format_tag tag) {
  return {{static_cast<memory::dim>(rows), static_cast<memory::dim>(cols)}, type, tag};
}

template <typename Out>
Task task_of(const dnnl::primitive& primitive, const Arguments& arguments,
             const std::shared_ptr<AlignedBuffer<Out>>& out) {
  return {[=] {
            primitive.execute(stream(), arguments);
            stream().wait();
          },
          [=] { return to_doubles(out->data(), out->size()); }};
}

// c = a b for [m, k] x [k, n].
template <typename A, typename B, typename C>
Task matmul(const Problem& p, memory::data_type ta, memory::data_type tb, memory::data_type tc) {
  const auto plain = memory::format_tag::ab;
  const memory::desc weights = matrix(p.k, p.n, tb, plain);
  auto c = std::make_shared<AlignedBuffer<C>>(p.m * p.n);
  const dnnl::matmul::desc what(matrix(p.m, p.k, ta, plain),
                                p.packed ? matrix(p.k, p.n, tb, memory::format_tag::any) : weights,
                                matrix(p.m, p.n, tc, plain));
  const dnnl::matmul::primitive_desc how(what, cpu());
  memory given = wrap(weights, p.operand<B>(1, p.k * p.n));
  memory b = given;
  if (how.weights_desc() != weights) {
    b = memory(how.weights_desc(), cpu());
    dnnl::reorder(given, b).execute(stream(), given, b);
    stream().wait();
  }
  return task_of(dnnl::matmul(how),
                 {{DNNL_ARG_SRC, wrap(how.src_desc(), p.operand<A>(0, p.m * p.k))},
                  {DNNL_ARG_WEIGHTS, b},
                  {DNNL_ARG_DST, wrap(how.dst_desc(), c->data())}},
                 c);
}

// The ops of one and of two arrays, over n float32 values.
Task elementwise(const Problem& p) {
  static const std::unordered_map<std::string, dnnl::algorithm> unary = {
      {"exp", dnnl::algorithm::eltwise_exp},
      {"log", dnnl::algorithm::eltwise_log},
      {"tanh", dnnl::algorithm::eltwise_tanh},
      {"sigmoid", dnnl::algorithm::eltwise_logistic},
      {"gelu", dnnl::algorithm::eltwise_gelu_erf}};
  static const std::unordered_map<std::string, dnnl::algorithm> binary = {
      {"add", dnnl::algorithm::binary_add}, {"mul", dnnl::algorithm::binary_mul}};
  const size_t size = p.m * p.n;
  const memory::desc shape = matrix(p.m, p.n, memory::data_type::f32, memory::format_tag::ab);
  auto y = std::make_shared<AlignedBuffer<float>>(p.op == "sum" ? 1 : size);
  const memory x = wrap(shape, p.op == "log" ? positive<float>(p) : p.operand<float>(0, size));
  if (const auto found = unary.find(p.op); found != unary.end()) {
    const dnnl::eltwise_forward::desc what(dnnl::prop_kind::forward_inference, found->second, shape, 0, 0);
    return task_of(dnnl::eltwise_forward({what, cpu()}),
                   {{DNNL_ARG_SRC, x}, {DNNL_ARG_DST, wrap(shape, y->data())}}, y);
  }
  if (const auto found = binary.find(p.op); found != binary.end()) {
    const dnnl::binary::desc what(found->second, shape, shape, shape);
    return task_of(dnnl::binary({what, cpu()}),
                   {{DNNL_ARG_SRC_0, x},
                    {DNNL_ARG_SRC_1, wrap(shape, p.operand<float>(1, size))},
                    {DNNL_ARG_DST, wrap(shape, y->data())}},
                   y);
  }
  if (p.op == "softmax") {
    const dnnl::softmax_forward::desc what(dnnl::prop_kind::forward_inference, shape, 1);
    return task_of(dnnl::softmax_forward({what, cpu()}),
                   {{DNNL_ARG_SRC, x}, {DNNL_ARG_DST, wrap(shape, y->data())}}, y);
  }
  if (p.op == "sum") {
    const memory::desc one = matrix(1, 1, memory::data_type::f32, memory::format_tag::ab);
    const dnnl::reduction::desc what(dnnl::algorithm::reduction_sum, shape, one, 0, 0);
    return task_of(dnnl::reduction({what, cpu()}), {{DNNL_ARG_SRC, x}, {DNNL_ARG_DST, wrap(one, y->data())}},
                   y);
  }
  return {};
}

Task task_for(const Problem& p) {
  using type = memory::data_type;
  if (p.op == "matmul" && p.dtype == "f32") {
    return matmul<float, float, float>(p, type::f32, type::f32, type::f32);
  }
  if (p.op == "matmul-int8") return matmul<uint8_t, int8_t, int32_t>(p, type::u8, type::s8, type::s32);
  return p.op != "matmul" && p.dtype == "f32" ? elementwise(p) : Task{};
}

// What oneDNN has no primitive for on this CPU, it does not take part in.
Task prepare(const Problem& p) {
  try {
    return task_for(p);
  } catch (const dnnl::error& error) {
    if (error.status == dnnl_unimplemented) return {};
    throw;
  }
}

}  // namespace

Engine onednn_engine() {
  const dnnl::version_t* version = dnnl::version();
  return {"onednn",
          std::to_string(version->major) + '.' + std::to_string(version->minor) + '.' +
              std::to_string(version->patch),
          prepare};
}

}  // namespace boreal_bench
