// A Plan: ops over slots with their widths inferred and every constant checked. Data only; devices run it.
//
// Wire format (made by lib/core/plan-builder.ts, one typed array plus a list of constants, so that C++ never
// reads object fields):
//   ops = [kPlanVersion, input_width, op_count, op...]
//   op  = [opcode, n_inputs, inputs..., n_ints, ints..., n_constants, constant indices...]
// Opcodes and the meaning of ints and constants, in this order:
//    1 Check     ints [rule]                 0 finite, 1 finite or NaN
//    2 Gather    ints [column...]
//    3 Concat
//    4 Impute    constants [fill f64]
//    5 Affine    constants [shift f64, scale f64]
//    6 Category  ints [reject_unknown]       constants [offsets i32, values f64]
//    7 OneHot    constants [sizes i32, drop i32]
//    8 Dense     ints [outputs, activation]  constants [weights f64, bias f64]
//    9 Activation ints [kind]
//   10 Softmax
//   11 ArgMax
//   12 Forest    ints [aggregate, outputs, compare]
//                                            constants [tree_offsets i32, feature i32, threshold f64,
//                                            left i32, rules u8, cover f32, values f64, set_offsets i32,
//                                            set_words i32, groups i32]
//   13 Quantile  constants [probabilities f64]
//   14 LeafLinear                            constants [intercept f64, otherwise f64, offsets i32,
//                                            features i32, coefficients f64]
//   15 Binary    ints [function]            constants [operand f64], or none and two inputs
//   16 Select    three inputs
//   17 Constant  constants [values f64]
//   18 Reduce    ints [fold]
//   19 Lookup    constants [offsets i32, values f64, otherwise f64]
//   20 Float32
//   21 Distance  ints [metric, outputs]     constants [points f64]
//   22 Coupling  ints [classes]
//   23 NonNegative ints [rounds]           constants [gram f64, tolerance f64]
//   24 Expansion ints [function, outputs]  constants [parameters (gamma, coef0, degree) f64, vectors f64,
//                                            weights f64, bias f64]
//   25 Interpolate ints [outside]          constants [offsets i32, x f64, y f64]
//   26 Neighbors ints [metric, search, leaf_size, neighbors, vote, distance_weights, outputs]
//                                            constants [points f32 or f64, none of given distances, numbers
//                                            f64 (p, radius), classes i32, values f64]
//   27 NeighborImpute  ints [neighbors, distance_weights]  constants [points f64, fill f64]
//   28 Layer     ints [outputs, activation] constants [code f64, parameters f32]
//   29 Draw      ints [seed]
//   30 Scale     constants [factor f64, term f64]
//   31 Quantize                            constants [codes f32 (scale, zero)]
//   32 Int8Dense ints [positions, outputs, activation]
//                                            constants [weights u8, scale f32, bias f32], and codes f32 where
//                                            the result is codes too
//   33 Int8Conv  ints [outputs, activation] constants [code f64, weights u8, scale f32, bias f32], and codes
//                                            f32 where the result is codes too
//   34 Divergence ints [outputs, rounds]   constants [parts f64, settings (beta, l1, l2, tolerance) f64]
#pragma once

#include <string>
#include <vector>

#include "plan/op.h"

namespace boreal {

constexpr int32_t kPlanVersion = 1;

enum class ConstantType { kF32, kF64, kI32, kU8 };
struct Constant {
  ConstantType type;
  const void* data;
  size_t size;  // in elements
};

struct Plan {
  size_t input_width = 0;
  std::vector<Op> ops;  // at least one

  size_t slot_width(size_t slot) const { return slot == 0 ? input_width : ops[slot - 1].width; }
  size_t output_width() const { return ops.back().width; }
  // What the codes of a slot stand for, or null where it holds numbers.
  const Int8Codes* slot_codes(size_t slot) const {
    return slot == 0 || !ops[slot - 1].codes ? nullptr : &*ops[slot - 1].codes;
  }
};

// Decodes and checks everything: indices, lengths, ranges, overflow, tree structure. Constants are borrowed
// from the caller. Throws ERR_PLAN naming the op and what is wrong with it; nothing a caller passes can crash
// the process.
Plan decode_plan(Span<int32_t> ops, const std::vector<Constant>& constants);

// Limits that keep a hostile plan from asking for absurd memory.
constexpr size_t kMaxWidth = size_t{1} << 22;
constexpr size_t kMaxTotalWidth = size_t{1} << 25;  // of all slots: one row takes 256 MiB of float64 at most
constexpr size_t kMaxOps = 65536;

}  // namespace boreal
