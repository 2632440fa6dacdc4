// Figures as lines of JSON on standard output.
#pragma once

#include <cmath>
#include <cstdio>
#include <string>

namespace boreal {

// One line, written when it ends.
class Line {
 public:
  explicit Line(const char* name) { set("name", name); }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;
  ~Line() {
    std::printf("{%s}\n", text_.c_str());
    std::fflush(stdout);
  }

  Line& set(const char* key, double value) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.9g", value);
    return add(key, std::isfinite(value) ? text : "null");
  }
  Line& set(const char* key, size_t value) { return add(key, std::to_string(value)); }
  Line& set(const char* key, bool value) { return add(key, value ? "true" : "false"); }
  Line& set(const char* key, const std::string& value) {
    std::string text = "\"";
    for (const char letter : value) {
      if (letter == '"' || letter == '\\') text += '\\';
      text += static_cast<unsigned char>(letter) < ' ' ? ' ' : letter;
    }
    return add(key, text + '"');
  }
  Line& set(const char* key, const char* value) { return set(key, std::string(value)); }

 private:
  Line& add(const char* key, const std::string& value) {
    text_ += (text_.empty() ? "\"" : ", \"") + std::string(key) + "\": " + value;
    return *this;
  }
  std::string text_;
};

}  // namespace boreal
