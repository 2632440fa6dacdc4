#include "test/cuda/ptx/module.h"

#include <cstdlib>
#include <cstring>
#include <utility>

#include "test/cuda/ptx/lexer.h"

namespace emulator {
namespace ptx {

bool type_of(const std::string& name, Type& type) {
  if (name == "pred") {
    type = {'p', 1};
    return true;
  }
  if (name.size() < 2 || std::strchr("busf", name[0]) == nullptr) return false;
  for (const unsigned bits : {8u, 16u, 32u, 64u}) {
    if (name.substr(1) == std::to_string(bits)) {
      type = {name[0], bits};
      return true;
    }
  }
  return false;
}

namespace {

// A name of an inner scope becomes one of its own: what is declared there may be declared again.
using Scope = std::map<std::string, std::string>;

class Parser {
 public:
  Parser(const std::string& path, const std::string& text) : words_(words_of(text)) { module_.path = path; }

  Module parse() {
    while (!peek().empty()) top_level();
    return std::move(module_);
  }

 private:
  const std::string& peek(size_t ahead = 0) const {
    return words_[at_ + ahead < words_.size() ? at_ + ahead : words_.size() - 1].text;
  }
  std::string take() {
    const std::string text = peek();
    if (at_ + 1 < words_.size()) ++at_;
    return text;
  }
  bool take_if(const char* text) {
    if (peek() != text) return false;
    take();
    return true;
  }
  [[noreturn]] void fail(const std::string& what) const {
    throw Fault(module_.path + ":" + std::to_string(words_[at_].line) + ": " + what);
  }
  void expect(const char* text) {
    if (!take_if(text)) fail("expected '" + std::string(text) + "', found '" + peek() + "'");
  }
  uint64_t number() {
    const bool negative = take_if("-");
    char* end = nullptr;
    const std::string text = take();
    const uint64_t value = std::strtoull(text.c_str(), &end, 0);
    if (text.empty() || (*end != 0 && std::strcmp(end, "U") != 0)) fail("'" + text + "' is no number");
    return negative ? 0 - value : value;
  }
  void skip_line() {
    for (const int line = words_[at_].line; words_[at_].line == line && !peek().empty();) take();
  }

  void top_level() {
    const std::string word = take();
    if (word == ".version" || word == ".address_size") {
      take();
    } else if (word == ".target") {
      module_.target = take();
      while (take_if(",")) take();
    } else if (word == ".file") {
      --at_;
      skip_line();
    } else if (word == ".section") {
      while (!take_if("{")) take();
      while (!take_if("}")) take();
    } else if (word == ".visible" || word == ".weak" || word == ".extern") {
      return;
    } else if (word == ".entry" || word == ".func") {
      function(word == ".entry");
    } else if (word == ".shared" || word == ".global" || word == ".const") {
      module_.variables.push_back(variable(word));
      expect(";");
    } else {
      --at_;
      fail("unknown directive '" + word + "'");
    }
  }

  Variable variable(const std::string& space) {
    Variable v;
    v.space = space == ".shared"  ? Space::kShared
              : space == ".local" ? Space::kLocal
              : space == ".param" ? Space::kParam
              : space == ".const" ? Space::kConst
                                  : Space::kGlobal;
    Type type;
    for (;;) {
      if (take_if(".align")) {
        v.align = static_cast<unsigned>(number());
      } else if (peek().size() > 1 && peek()[0] == '.' && type_of(peek().substr(1), type)) {
        take();
      } else {
        break;
      }
    }
    if (type.bits == 0) fail("a variable without a type");
    if (v.align < type.bytes()) v.align = type.bytes();
    v.name = take();
    v.bytes = type.bytes();
    while (take_if("[")) {
      if (take_if("]")) {
        v.open = true;
        v.bytes = 0;
      } else {
        v.bytes *= number();
        expect("]");
      }
    }
    if (take_if("=")) {
      const bool braces = take_if("{");
      do {
        const uint64_t bits = number();
        const auto* const bytes = reinterpret_cast<const unsigned char*>(&bits);
        v.value.insert(v.value.end(), bytes, bytes + type.bytes());
      } while (take_if(","));
      if (braces) expect("}");
      if (v.value.size() > v.bytes) fail("more values than '" + v.name + "' has");
    }
    v.value.resize(v.bytes);
    return v;
  }

  std::vector<Variable> parameter_list() {
    std::vector<Variable> list;
    if (!take_if("(")) return list;
    while (!take_if(")")) {
      expect(".param");
      list.push_back(variable(".param"));
      take_if(",");
    }
    return list;
  }

  void function(bool entry) {
    Function f;
    f.entry = entry;
    if (!entry) f.results = parameter_list();
    f.name = take();
    f.parameters = parameter_list();
    for (;;) {
      if (take_if(";")) {
        module_.functions.emplace(f.name, f);
        return;
      }
      if (take_if("{")) break;
      const std::string directive = take();
      if (directive == ".maxntid" || directive == ".reqntid") {
        f.most_threads = static_cast<unsigned>(number());
        while (take_if(",")) f.most_threads *= static_cast<unsigned>(number());
      } else if (directive == ".minnctapersm" || directive == ".maxnreg") {
        number();
      } else if (directive != ".noreturn") {
        fail("unknown directive '" + directive + "' of a function");
      }
    }
    f.has_body = true;
    scopes_.assign(1, Scope());
    while (!scopes_.empty()) statement(f);
    module_.functions[f.name] = std::move(f);
  }

  std::string declare(const std::string& name) {
    std::string own = scopes_.size() == 1 ? name : name + "#" + std::to_string(++names_);
    if (!scopes_.back().emplace(name, own).second) fail("'" + name + "' is declared twice");
    return own;
  }
  std::string resolve(const std::string& name) const {
    for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
      const auto found = scope->find(name);
      if (found != scope->end()) return found->second;
    }
    return name;
  }

  void registers(Function& f) {
    Type type;
    if (!type_of(take().substr(1), type)) fail("registers of an unknown type");
    do {
      const std::string name = take();
      if (take_if("<")) {
        const uint64_t count = number();
        expect(">");
        for (uint64_t i = 0; i < count; ++i) f.registers[declare(name + std::to_string(i))] = type;
      } else {
        f.registers[declare(name)] = type;
      }
    } while (take_if(","));
    expect(";");
  }

  void statement(Function& f) {
    if (take_if("{")) return scopes_.push_back(Scope());
    if (take_if("}")) return scopes_.pop_back();
    if (take_if(";")) return;
    if (take_if(".reg")) return registers(f);
    if (peek() == ".loc") {
      source_line_ = std::atoi(peek(2).c_str());
      return skip_line();
    }
    if (take_if(".pragma")) {
      take();
      return expect(";");
    }
    for (const char* const space : {".local", ".shared", ".param"}) {
      if (!take_if(space)) continue;
      Variable v = variable(space);
      v.name = declare(v.name);
      f.variables.push_back(v);
      return expect(";");
    }
    Statement s;
    s.line = words_[at_].line;
    s.source_line = source_line_;
    if (peek(1) == ":") {
      s.label = take();
      expect(":");
      f.body.push_back(s);
      return;
    }
    if (take_if("@")) {
      s.guard_negated = take_if("!");
      s.guard = resolve(take());
    }
    s.opcode = take();
    while (!take_if(";")) {
      s.arguments.push_back(argument());
      if (peek() != ";") expect(",");
    }
    f.body.push_back(std::move(s));
  }

  Argument argument() {
    Argument a = simple_argument();
    if (!take_if("|")) return a;
    Argument pair;
    pair.kind = Argument::kPair;
    pair.parts = {a, simple_argument()};
    return pair;
  }
  std::vector<Argument> arguments_until(const char* end) {
    std::vector<Argument> list;
    while (!take_if(end)) {
      list.push_back(argument());
      if (peek() != end) expect(",");
    }
    return list;
  }
  Argument simple_argument() {
    Argument a;
    if (take_if("{")) {
      a.kind = Argument::kVector;
      a.parts = arguments_until("}");
    } else if (take_if("(")) {
      a.kind = Argument::kList;
      a.parts = arguments_until(")");
    } else if (take_if("[")) {
      a = simple_argument();
      if (a.kind != Argument::kName && a.kind != Argument::kNumber) fail("not an address");
      a.kind = Argument::kAddress;
      if (take_if(",")) a.parts = {argument()};
      expect("]");
    } else if (take_if("!")) {
      a = simple_argument();
      a.negated = true;
    } else if (peek() == "-" || (!peek().empty() && peek()[0] >= '0' && peek()[0] <= '9')) {
      a.kind = Argument::kNumber;
      if (peek().size() > 2 && (peek()[1] == 'f' || peek()[1] == 'd') && peek()[0] == '0') {
        const std::string text = take();
        a.literal = text[1];
        a.bits = std::strtoull(text.c_str() + 2, nullptr, 16);
      } else {
        a.bits = number();
      }
    } else {
      a.name = resolve(take());
      if (take_if("+")) a.bits = number();
    }
    return a;
  }

  std::vector<Word> words_;
  size_t at_ = 0;
  Module module_;
  std::vector<Scope> scopes_;
  unsigned names_ = 0;
  int source_line_ = 0;
};

}  // namespace

Module parse(const std::string& path, const std::string& text) { return Parser(path, text).parse(); }

}  // namespace ptx
}  // namespace emulator
