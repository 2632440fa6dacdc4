// What terms a document has: words, or sequences of words or characters, as scikit-learn's analyzers.
#pragma once

#include <cstdint>
#include <vector>

#include "text/characters.h"
#include "text/term_table.h"

namespace boreal {

// kTokens: documents are lists of tokens, each followed by kTermEnd.
enum class Analyzer { kWord, kChar, kCharWordBounds, kTokens };

struct TermSpec {
  Analyzer analyzer = Analyzer::kWord;
  size_t least = 1, most = 1;       // lengths of sequences
  const TermTable* stop = nullptr;  // words that do not count
};

// Cuts documents into terms; for one thread.
class TermReader {
 public:
  explicit TermReader(const TermSpec& spec) : spec_(spec) {}

  // Calls emit(term) for each term in order. Terms live until the next call.
  template <typename Emit>
  void read(Span<uint8_t> document, Emit&& emit) {
    switch (spec_.analyzer) {
      case Analyzer::kWord:
        for_each_word(document, [&](Span<uint8_t> word) { take(word, emit); });
        break;
      case Analyzer::kTokens:
        for_each_token(document, [&](Span<uint8_t> token) { take(token, emit); });
        break;
      case Analyzer::kChar:
        read_characters(document, emit);
        return;
      case Analyzer::kCharWordBounds:
        read_within_words(document, emit);
        return;
    }
    emit_sequences(emit);
  }

 private:
  bool is_plain() const { return spec_.least == 1 && spec_.most == 1; }

  template <typename Emit>
  void take(Span<uint8_t> word, Emit& emit) {
    if (spec_.stop != nullptr && spec_.stop->find(word) != TermTable::kNone) return;
    if (is_plain()) {
      emit(word);
      return;
    }
    if (!starts_.empty()) text_.push_back(' ');
    starts_.push_back(text_.size());
    text_.insert(text_.end(), word.begin(), word.end());
  }

  // Sequences of the words in text_, which are parted by one space as in the sequences.
  template <typename Emit>
  void emit_sequences(Emit& emit) {
    if (is_plain()) return;
    const size_t words = starts_.size();
    starts_.push_back(text_.size() + 1);
    for (size_t n = spec_.least; n <= spec_.most && n <= words; ++n) {
      for (size_t i = 0; i + n <= words; ++i) emit(piece(starts_[i], starts_[i + n] - 1));
    }
    clear();
  }

  // Runs of at least two word characters.
  template <typename Take>
  static void for_each_word(Span<uint8_t> document, Take&& take) {
    const uint8_t* at = document.begin();
    const uint8_t* const end = document.end();
    while (at < end) {
      const uint8_t* const start = at;
      size_t length = 0;
      while (at < end) {
        if (*at < 0x80) {
          if (!kAsciiWord[*at]) break;
          ++at;
        } else {
          const Character c = character_at(at, end);
          if (!is_word(c.code)) break;
          at += c.bytes;
        }
        ++length;
      }
      if (length >= 2) take(Span<uint8_t>{start, static_cast<size_t>(at - start)});
      if (at < end) at += character_at(at, end).bytes;
    }
  }

  template <typename Take>
  static void for_each_token(Span<uint8_t> document, Take&& take) {
    const uint8_t* at = document.begin();
    while (at < document.end()) {
      const auto* const stop =
          static_cast<const uint8_t*>(std::memchr(at, kTermEnd, static_cast<size_t>(document.end() - at)));
      if (stop == nullptr) return;
      take(Span<uint8_t>{at, static_cast<size_t>(stop - at)});
      at = stop + 1;
    }
  }

  // A run of spaces of any kind counts as one ' '; a single one stays what it is.
  template <typename Emit>
  void read_characters(Span<uint8_t> document, Emit& emit) {
    const uint8_t* at = document.begin();
    const uint8_t* const end = document.end();
    while (at < end) {
      const Character c = character_at(at, end);
      const uint8_t* next = at + c.bytes;
      starts_.push_back(text_.size());
      if (is_space(c.code)) {
        const uint8_t* const after_first = next;
        while (next < end) {
          const Character d = character_at(next, end);
          if (!is_space(d.code)) break;
          next += d.bytes;
        }
        if (next == after_first) {
          text_.insert(text_.end(), at, next);
        } else {
          text_.push_back(' ');
        }
      } else {
        text_.insert(text_.end(), at, next);
      }
      at = next;
    }
    const size_t length = starts_.size();
    starts_.push_back(text_.size());
    for (size_t n = spec_.least; n <= spec_.most && n <= length; ++n) {
      for (size_t i = 0; i + n <= length; ++i) emit(piece(starts_[i], starts_[i + n]));
    }
    clear();
  }

  // Sequences within words with a space on either side; a word that is shorter counts once.
  template <typename Emit>
  void read_within_words(Span<uint8_t> document, Emit& emit) {
    const uint8_t* at = document.begin();
    const uint8_t* const end = document.end();
    while (at < end) {
      Character c = character_at(at, end);
      if (is_space(c.code)) {
        at += c.bytes;
        continue;
      }
      starts_.push_back(0);
      text_.push_back(' ');
      while (at < end && !is_space((c = character_at(at, end)).code)) {
        starts_.push_back(text_.size());
        text_.insert(text_.end(), at, at + c.bytes);
        at += c.bytes;
      }
      starts_.push_back(text_.size());
      text_.push_back(' ');
      const size_t length = starts_.size();
      starts_.push_back(text_.size());
      for (size_t n = spec_.least; n <= spec_.most; ++n) {
        if (n >= length) {
          emit(piece(0, text_.size()));
          break;
        }
        for (size_t i = 0; i + n <= length; ++i) emit(piece(starts_[i], starts_[i + n]));
      }
      clear();
    }
  }

  Span<uint8_t> piece(size_t begin, size_t end) const { return {text_.data() + begin, end - begin}; }
  void clear() {
    text_.clear();
    starts_.clear();
  }

  struct AsciiWord {
    bool is[128] = {};
    constexpr AsciiWord() {
      for (int c = 0; c < 128; ++c) {
        is[c] = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
      }
    }
    constexpr bool operator[](size_t c) const { return is[c]; }
  };
  static const AsciiWord kAsciiWord;

  TermSpec spec_;
  std::vector<uint8_t> text_;   // of one document or word
  std::vector<size_t> starts_;  // in text_, and one past the last
};

inline constexpr TermReader::AsciiWord TermReader::kAsciiWord{};

}  // namespace boreal
