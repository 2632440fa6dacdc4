// Decodes one op of the wire format: the meaning of its ints and constants, their checks, and the width of
// the slot it writes. Knows the widths of the slots before it, nothing of devices.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "plan/plan.h"

namespace boreal {

// One op as it stands on the wire: lengths checked, meaning not yet.
struct WireOp {
  int32_t opcode;
  Span<int32_t> inputs, ints, constants;
};

class OpDecoder {
 public:
  // plan holds the ops before this one. All arguments outlive the decoder.
  OpDecoder(const Plan& plan, const std::vector<Constant>& constants, const WireOp& wire);

  // The decoded op with its width. Throws ERR_PLAN.
  Op decode();

 private:
  Op check();
  Op gather();
  Op concat();
  Op impute();
  Op affine();
  Op category();
  Op one_hot();
  Op dense();
  Op activation();
  Op softmax();
  Op arg_max();
  Op forest();
  Op quantile();
  Op leaf_linear();
  Op binary();
  Op select();
  Op constant_row();
  Op reduce();
  Op lookup();
  Op float32();
  Op distance();
  Op coupling();
  Op non_negative();
  Op divergence();
  Op expansion();
  Op interpolate();
  Op neighbors();
  Op neighbor_impute();
  Op layer();
  Op draw();
  Op scale();
  Op quantize();
  Op int8_dense();
  Op int8_conv();

  // Exactly so many inputs, ints and constants.
  void expect(size_t inputs, size_t ints, size_t constants) const;
  // offsets[j] .. offsets[j + 1] are parts of so many values, one for each column, and cover them.
  void check_offsets(Span<int32_t> offsets, size_t values) const;
  size_t width_of(size_t input) const;
  bool is_type(size_t k, ConstantType type) const;  // of constant k
  // Constant k of this op, of type T.
  template <typename T>
  Span<T> constant(size_t k, const char* what) const;
  template <typename T>
  Span<T> constant(size_t k, const char* what, size_t size) const;
  // Int k of this op, in [least, most].
  int32_t ranged(size_t k, const char* what, int32_t least, int32_t most) const;
  // Int k of this op as a function of one number.
  Unary unary(size_t k) const;
  // Constant k of this op as the codes of a slot: scale and zero.
  Int8Codes codes(size_t k) const;
  // The op whose last constant, after so many others, is the codes of its result, or is not there.
  Op with_codes(Op op, size_t others) const;
  Op finish(OpKind kind, size_t width) const;
  void check_sets(const ForestOp& forest) const;
  void check_groups(const ForestOp& op) const;
  void check_trees(const ForestOp& forest, size_t leaves) const;
  [[noreturn]] void fail(const std::string& what) const;

  const Plan& plan_;
  const std::vector<Constant>& constants_;
  const WireOp& wire_;
  const char* name_;
  size_t width_ = 0;  // of the first input
};

}  // namespace boreal
