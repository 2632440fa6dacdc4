// Reads the wire format of plan.h op by op. Every length is checked before it is used, so that a hostile
// array can neither be read past its end nor make anything large be allocated.
#include "plan/plan.h"

#include "base/error.h"
#include "plan/op_decoder.h"

namespace boreal {
namespace {

class Reader {
 public:
  explicit Reader(Span<int32_t> words) : words_(words) {}

  int32_t next() { return take(1)[0]; }

  // A count and so many words.
  Span<int32_t> list() {
    const int32_t count = next();
    if (count < 0) fail("a list has a negative length");
    return take(static_cast<size_t>(count));
  }

  bool at_end() const { return position_ == words_.size; }

  [[noreturn]] static void fail(const std::string& what) {
    throw Error("ERR_PLAN", "Malformed plan: " + what + ".");
  }

 private:
  Span<int32_t> take(size_t count) {
    if (count > words_.size - position_) fail("it ends within an op");
    const Span<int32_t> taken{words_.data + position_, count};
    position_ += count;
    return taken;
  }

  Span<int32_t> words_;
  size_t position_ = 0;
};

}  // namespace

Plan decode_plan(Span<int32_t> ops, const std::vector<Constant>& constants) {
  Reader reader(ops);
  const int32_t version = reader.next();
  if (version != kPlanVersion) Reader::fail("version " + std::to_string(version) + " is not known");
  const int32_t input_width = reader.next();
  if (input_width < 1 || static_cast<size_t>(input_width) > kMaxWidth) {
    Reader::fail("input width " + std::to_string(input_width) + " is out of range");
  }
  const int32_t count = reader.next();
  if (count < 1 || static_cast<size_t>(count) > kMaxOps) {
    Reader::fail("op count " + std::to_string(count) + " is out of range");
  }

  Plan plan;
  plan.input_width = static_cast<size_t>(input_width);
  size_t total_width = plan.input_width;
  for (int32_t i = 0; i < count; ++i) {
    WireOp wire;
    wire.opcode = reader.next();
    wire.inputs = reader.list();
    wire.ints = reader.list();
    wire.constants = reader.list();
    plan.ops.push_back(OpDecoder(plan, constants, wire).decode());
    total_width += plan.ops.back().width;
    if (total_width > kMaxTotalWidth) Reader::fail("its slots are too wide together");
  }
  if (!reader.at_end()) Reader::fail("words follow the last op");
  if (plan.ops.back().codes) Reader::fail("its result is 8-bit codes");
  return plan;
}

}  // namespace boreal
