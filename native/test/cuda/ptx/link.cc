#include <algorithm>

#include "test/cuda/ptx/decode.h"

namespace emulator {
namespace ptx {
namespace {

uint64_t up(uint64_t value, uint64_t step) { return (value + step - 1) / step * step; }

const char* const kSpecials[] = {"%tid.x",    "%tid.y",    "%tid.z",   "%ntid.x",  "%ntid.y",
                                 "%ntid.z",   "%ctaid.x",  "%ctaid.y", "%ctaid.z", "%nctaid.x",
                                 "%nctaid.y", "%nctaid.z", "%laneid",  "%warpid"};

class Linker {
 public:
  Linker(Loaded& loaded, const std::string& entry) : loaded_(loaded), program_(new Program()) {
    program_->name = entry;
    program_->path = loaded.module.path;
    for (const char* const name : kSpecials) {
      program_->specials[name] = program_->constant_bytes;
      program_->constant_bytes += kLanes * 4;
    }
  }

  std::unique_ptr<Program> link() {
    const Function& entry = find(program_->name);
    order_of(entry);
    if (entry.most_threads != 0) program_->most_threads = entry.most_threads;
    for (const Function* f : order_) places_of(*f);
    end_shared();
    for (const Function* f : order_) code_of(*f);
    // The constants are known now: registers come behind them.
    program_->file_bytes += base();
    for (Instruction& i : program_->code) move_registers(i);
    return std::move(program_);
  }

 private:
  struct Called {
    Names names;
    uint32_t first = 0, link = 0;
  };

  const Function& find(const std::string& name) const {
    const auto found = loaded_.module.functions.find(name);
    if (found == loaded_.module.functions.end() || !found->second.has_body) {
      throw Fault(loaded_.module.path + ": no function " + name);
    }
    return found->second;
  }
  // What a function calls comes before it: lanes that are in there run first, and come back together.
  void order_of(const Function& f) {
    if (std::count(open_.begin(), open_.end(), &f) != 0) throw Fault(f.name + " calls itself");
    if (std::count(order_.begin(), order_.end(), &f) != 0) return;
    open_.push_back(&f);
    for (const Statement& s : f.body) {
      if (s.opcode.compare(0, 5, "call.") == 0 || s.opcode == "call") order_of(find(callee(s)));
    }
    open_.pop_back();
    order_.push_back(&f);
  }
  static const std::string& callee(const Statement& s) {
    for (const Argument& a : s.arguments) {
      if (a.kind == Argument::kName) return a.name;
    }
    throw Fault("a call of nothing");
  }

  // Registers are counted from 0 on and marked; they move when all constants are known.
  static constexpr uint32_t kMark = 1u << 31;
  uint32_t new_register(Type type) {
    const uint32_t bytes = kLanes * std::max(type.bytes(), 1u);
    const uint32_t at = program_->file_bytes = static_cast<uint32_t>(up(program_->file_bytes, 64));
    program_->file_bytes += type.kind == 'p' ? 4 : bytes;
    return at | kMark;
  }
  uint32_t base() const { return static_cast<uint32_t>(up(program_->constant_bytes, 64)); }
  void move_registers(Instruction& i) {
    const auto move = [&](uint32_t& at) {
      if ((at & kMark) != 0) at = (at & ~kMark) + base();
    };
    for (uint32_t& at : i.a) move(at);
    for (uint32_t& at : i.many) move(at);
    if (i.guard >= 0) {
      uint32_t guard = static_cast<uint32_t>(i.guard);
      move(guard);
      i.guard = guard;
    }
  }

  void place_shared(const Variable& v, Names& names) {
    const auto known = shared_.find(v.name);
    if (known != shared_.end()) {
      names.variables[v.name] = {Space::kShared, known->second};
    } else if (v.open) {
      dynamic_.push_back({v.name, &names});
      dynamic_align_ = std::max<uint64_t>(dynamic_align_, v.align);
    } else {
      program_->shared_bytes = up(program_->shared_bytes, v.align);
      shared_[v.name] = program_->shared_bytes;
      names.variables[v.name] = {Space::kShared, program_->shared_bytes};
      program_->shared_bytes += v.bytes;
    }
  }
  // Behind what has a size, at what alignment its declaration promises and no better one.
  void end_shared() {
    uint64_t at = up(program_->shared_bytes, dynamic_align_);
    if (dynamic_.empty()) {
      at = program_->shared_bytes;
    } else if (at % (2 * dynamic_align_) == 0) {
      at += dynamic_align_;
    }
    program_->dynamic_at = at;
    for (const auto& variable : dynamic_) variable.second->variables[variable.first] = {Space::kShared, at};
  }
  void place_local(const Variable& v, Names& names) {
    program_->local_bytes = up(program_->local_bytes, std::max(v.align, 8u));
    names.variables[v.name] = {Space::kLocal, program_->local_bytes};
    program_->local_bytes += v.bytes;
  }

  static bool uses(const Function& f, const Argument& a, const std::string& name) {
    if (a.name == name) return true;
    for (const Argument& part : a.parts) {
      if (uses(f, part, name)) return true;
    }
    return false;
  }
  static bool uses(const Function& f, const std::string& name) {
    for (const Statement& s : f.body) {
      for (const Argument& a : s.arguments) {
        if (uses(f, a, name)) return true;
      }
    }
    return false;
  }

  void places_of(const Function& f) {
    Called& own = called_[f.name];
    Names& names = own.names;
    for (const auto& r : f.registers) names.registers[r.first] = {new_register(r.second), r.second};
    own.link = new_register({'u', 32});
    for (const Variable& v : loaded_.module.variables) {
      if (v.space != Space::kShared) {
        auto& bytes = loaded_.global.at(v.name);
        names.variables[v.name] = {v.space, reinterpret_cast<uint64_t>(bytes.data())};
      } else if (uses(f, v.name)) {
        place_shared(v, names);
      }
    }
    for (const Variable& v : f.parameters) {
      if (!f.entry) {
        place_local(v, names);
        continue;
      }
      program_->parameters_bytes = up(program_->parameters_bytes, v.align);
      names.variables[v.name] = {Space::kParam, program_->parameters_bytes};
      program_->parameter_at.push_back(program_->parameters_bytes);
      program_->parameter_bytes.push_back(v.bytes);
      program_->parameters_bytes += v.bytes;
    }
    for (const Variable& v : f.results) place_local(v, names);
    for (const Variable& v : f.variables) {
      if (v.space == Space::kShared) place_shared(v, names);
      if (v.space == Space::kLocal) place_local(v, names);
    }
    // What a call hands over is written where the function finds it.
    for (const Statement& s : f.body) {
      if (s.opcode.compare(0, 4, "call") == 0) hand_over(s, names);
    }
  }
  void hand_over(const Statement& s, Names& names) {
    const Function& to = find(callee(s));
    const Names& its = called_.at(to.name).names;
    bool seen_name = false;
    for (const Argument& a : s.arguments) {
      if (a.kind == Argument::kName) seen_name = true;
      if (a.kind != Argument::kList) continue;
      const auto& formal = seen_name ? to.parameters : to.results;
      if (formal.size() != a.parts.size()) throw Fault("a call of " + to.name + " with other parameters");
      for (size_t i = 0; i < formal.size(); ++i) {
        names.variables[a.parts[i].name] = its.variables.at(formal[i].name);
      }
    }
  }

  void code_of(const Function& f) {
    Called& own = called_.at(f.name);
    own.first = static_cast<uint32_t>(program_->code.size());
    if (f.entry) program_->first = own.first;
    std::map<std::string, uint32_t> labels;
    uint32_t at = own.first;
    for (const Statement& s : f.body) {
      if (s.label.empty()) {
        ++at;
      } else {
        labels[s.label] = at;
      }
    }
    for (const Statement& s : f.body) {
      if (s.label.empty()) program_->code.push_back(instruction(s, f, own, labels));
    }
  }

  Instruction instruction(const Statement& s, const Function& f, const Called& own,
                          const std::map<std::string, uint32_t>& labels) {
    Decode d(*program_, own.names, s);
    if (d.stem() == "bra") {
      d.take("uni");
      d.out.flow = Flow::kBranch;
      const auto label = labels.find(d.argument(0).name);
      if (label == labels.end()) d.fail("no such label");
      d.out.target = label->second;
    } else if (d.stem() == "call") {
      d.take("uni");
      const Called& to = called_.at(callee(s));
      d.out.flow = Flow::kCall;
      d.out.target = to.first;
      d.out.a[0] = to.link;
    } else if (d.stem() == "ret" || d.stem() == "exit") {
      d.take("uni");
      d.out.flow = f.entry || d.stem() == "exit" ? Flow::kExit : Flow::kReturn;
      d.out.a[0] = own.link;
    } else {
      decode(d);
    }
    d.done();
    return d.out;
  }
  static void decode(Decode& d) {
    for (const Decoders* table : {&arithmetic(), &bits_of_registers(), &conversions(), &memory(), &meetings(),
                                  &tensors(), &hopper()}) {
      const auto found = table->find(d.stem());
      if (found == table->end()) continue;
      return found->second(d);
    }
    d.fail("unknown opcode");
  }

  Loaded& loaded_;
  std::unique_ptr<Program> program_;
  std::vector<const Function*> open_, order_;
  std::map<std::string, Called> called_;
  std::map<std::string, uint64_t> shared_;
  std::vector<std::pair<std::string, Names*>> dynamic_;
  uint64_t dynamic_align_ = 1;
};

}  // namespace

std::unique_ptr<Program> link(Loaded& loaded, const std::string& entry) {
  return Linker(loaded, entry).link();
}

}  // namespace ptx
}  // namespace emulator
