#include "testing/eventstore/store/json_check.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace interconnect::eventstore {
namespace {

// As .NET decodes: what is no UTF-8 becomes U+FFFD.
std::u16string Decode(std::string_view utf8) {
  std::u16string text;
  text.reserve(utf8.size());
  const auto byte = [&utf8](std::size_t i) { return static_cast<unsigned char>(utf8[i]); };
  for (std::size_t i = 0; i < utf8.size();) {
    const unsigned lead = byte(i++);
    if (lead < 0x80) {
      text.push_back(static_cast<char16_t>(lead));
      continue;
    }
    const int more = lead >= 0xc2 && lead < 0xe0   ? 1
                     : lead >= 0xe0 && lead < 0xf0 ? 2
                     : lead >= 0xf0 && lead < 0xf5 ? 3
                                                   : 0;
    std::uint32_t code = more == 0 ? 0xfffd : lead & (0x3fu >> more);
    int taken = 0;
    for (; taken < more && i < utf8.size(); ++taken, ++i) {
      const unsigned next = byte(i);
      const unsigned lowest = taken > 0 ? 0x80 : lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
      const unsigned highest = taken > 0 ? 0xbf : lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
      if (next < lowest || next > highest) break;
      code = code << 6 | (next & 0x3f);
    }
    if (taken < more) code = 0xfffd;
    if (code >= 0x10000) {
      text.push_back(static_cast<char16_t>(0xd800 + ((code - 0x10000) >> 10)));
      code = 0xdc00 + ((code - 0x10000) & 0x3ff);
    }
    text.push_back(static_cast<char16_t>(code));
  }
  return text;
}

// char.IsWhiteSpace.
bool IsWhite(char16_t c) {
  return c == ' ' || (c >= '\t' && c <= '\r') || c == 0x85 || c == 0xa0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

bool IsDigit(char16_t c) { return c >= '0' && c <= '9'; }
bool IsHex(char16_t c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// char.IsLetterOrDigit, but that it takes every block beyond Latin and punctuation for letters.
bool IsLetterOrDigit(char16_t c) {
  if (c < 0x80) return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  if (c < 0xc0) return c == 0xaa || c == 0xb5 || c == 0xba;
  if (c == 0xd7 || c == 0xf7) return false;
  const bool symbols = c >= 0x2000 && c < 0x2c00;
  const bool surrogate = c >= 0xd800 && c < 0xf900;
  const bool special = c == 0xfeff || c >= 0xfff0 || (c >= 0x3000 && c <= 0x3004);
  return !symbols && !surrogate && !special && !IsWhite(c);
}

// Utf8JsonReader with trailing commas and comments: JSON as RFC 8259 has it, but for these. Texts are not looked into:
// what is no UTF-8 in them passes.
class StrictReader {
 public:
  explicit StrictReader(std::string_view text) : text_(text) {}

  bool Parses() { return SkipBlanks() && Value() && SkipBlanks() && at_ == text_.size(); }

 private:
  static constexpr std::size_t kMaxDepth = 64;

  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool Take(char c) {
    if (Peek() != c) return false;
    ++at_;
    return true;
  }
  bool TakeWord(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  // False: a comment that is none, or has no end.
  bool SkipBlanks() {
    while (at_ < text_.size()) {
      if (std::string_view(" \t\r\n").find(Peek()) != std::string_view::npos) {
        ++at_;
      } else if (TakeWord("//")) {
        // U+2028 and U+2029 may not be in such a comment.
        while (at_ < text_.size() && Peek() != '\r' && Peek() != '\n') {
          const std::string_view rest = text_.substr(at_);
          if (rest.starts_with("\xe2\x80\xa8") || rest.starts_with("\xe2\x80\xa9")) return false;
          ++at_;
        }
      } else if (TakeWord("/*")) {
        const std::size_t end = text_.find("*/", at_);
        if (end == std::string_view::npos) return false;
        at_ = end + 2;
      } else {
        break;
      }
    }
    return true;
  }

  bool Value() {
    switch (Peek()) {
      case '{':
        return Members('}', [this] { return Name() && Value(); });
      case '[':
        return Members(']', [this] { return Value(); });
      case '"':
        return Text();
      case 't':
        return TakeWord("true");
      case 'f':
        return TakeWord("false");
      case 'n':
        return TakeWord("null");
      default:
        return Number();
    }
  }

  template <class Member>
  bool Members(char end, const Member& member) {
    ++at_;
    if (++depth_ > kMaxDepth) return false;
    while (SkipBlanks() && !Take(end)) {
      if (!member() || !SkipBlanks()) return false;
      if (Take(',')) continue;
      if (!Take(end)) return false;
      --depth_;
      return true;
    }
    --depth_;
    return text_[at_ - 1] == end;
  }

  // No comment may stand between a name and its colon.
  bool Name() {
    if (Peek() != '"' || !Text()) return false;
    while (std::string_view(" \t\r\n").find(Peek()) != std::string_view::npos) ++at_;
    return Take(':') && SkipBlanks();
  }

  bool Text() {
    ++at_;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c != '\\') continue;
      if (Take('u')) {
        for (int i = 0; i < 4; ++i, ++at_) {
          if (!IsHex(static_cast<unsigned char>(Peek()))) return false;
        }
      } else if (at_ == text_.size() || std::string_view("\"\\/bfnrt").find(text_[at_++]) == std::string_view::npos) {
        return false;
      }
    }
    return false;
  }

  bool Digits() {
    const std::size_t start = at_;
    while (IsDigit(static_cast<unsigned char>(Peek()))) ++at_;
    return at_ > start;
  }

  bool Number() {
    Take('-');
    if (!Take('0') && !Digits()) return false;
    if (Take('.') && !Digits()) return false;
    if (Take('e') || Take('E')) {
      if (!Take('+')) Take('-');
      if (!Digits()) return false;
    }
    return true;
  }

  const std::string_view text_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
};

// A reader that goes from token to token as JsonTextReader.cs of Newtonsoft.Json does, without their values.
class Reader {
 public:
  Reader(std::u16string_view text, std::size_t max_depth) : text_(text), max_depth_(max_depth) {}

  // JToken.Parse: one value, then nothing but comments.
  bool Parses() {
    if (Read() != Step::kToken) return false;
    Step step = Step::kToken;
    while (!stack_.empty() && step == Step::kToken) step = Read();
    // Only a document that begins with a comment may end too early, as nobody looks at what follows it.
    if (step == Step::kEnd && !began_with_comment_) return false;
    while (step == Step::kToken) step = Read();
    return step == Step::kEnd;
  }

 private:
  enum class Step { kToken, kEnd, kError };
  enum class State { kValue, kObject, kPostValue, kFinished };
  enum class In : char { kObject = '}', kArray = ']', kConstructor = ')' };

  bool at_end() const { return at_ >= text_.size(); }
  char16_t Peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : u'\0'; }
  // Zeros between tokens are skipped as blanks are.
  void SkipBlanks() {
    while (!at_end() && (text_[at_] == 0 || IsWhite(text_[at_]))) ++at_;
  }

  Step Read() {
    while (true) {
      SkipBlanks();
      switch (state_) {
        case State::kValue:
          return at_end() ? Step::kEnd : ReadValue();
        case State::kObject:
          return at_end() ? Step::kEnd : ReadMember();
        case State::kPostValue:
          if (at_end()) return Step::kEnd;
          if (Peek() == '/') return ReadComment();
          if (Peek() == '}' || Peek() == ']' || Peek() == ')') return Close();
          if (Peek() != ',') return Step::kError;
          ++at_;
          state_ = stack_.back() == In::kObject ? State::kObject : State::kValue;
          break;
        case State::kFinished:
          if (at_end()) return Step::kEnd;
          return Peek() == '/' ? ReadComment() : Step::kError;
      }
    }
  }

  Step ReadValue() {
    const char16_t c = Peek();
    if (c == '/') {
      began_with_comment_ = began_with_comment_ || at_start_;
      at_start_ = false;
      return ReadComment();
    }
    at_start_ = false;
    switch (c) {
      case '"':
      case '\'':
        return ReadString() ? Value() : Step::kError;
      case 't':
        return ReadWord(u"true");
      case 'f':
        return ReadWord(u"false");
      case 'N':
        return ReadWord(u"NaN");
      case 'I':
        return ReadWord(u"Infinity");
      case 'u':
        return ReadWord(u"undefined");
      case 'n':
        return Peek(1) == 'u' ? ReadWord(u"null") : Peek(1) == 'e' ? ReadConstructor() : Step::kError;
      case '{':
        return Open(In::kObject, State::kObject);
      case '[':
        return Open(In::kArray, State::kValue);
      case ']':
      case ')':
        return Close();
      case ',':
        // A value that is left out; the comma is read again behind it.
        return Value();
      case '-':
        return Peek(1) == 'I' ? ReadWord(u"-Infinity") : ReadNumber();
      default:
        return IsDigit(c) || c == '.' ? ReadNumber() : Step::kError;
    }
  }

  Step Value() {
    state_ = stack_.empty() ? State::kFinished : State::kPostValue;
    return Step::kToken;
  }

  Step Open(In in, State state) {
    ++at_;
    stack_.push_back(in);
    state_ = state;
    return stack_.size() > max_depth_ ? Step::kError : Step::kToken;
  }

  Step Close() {
    if (stack_.empty() || static_cast<char16_t>(stack_.back()) != Peek()) return Step::kError;
    ++at_;
    stack_.pop_back();
    return Value();
  }

  Step ReadMember() {
    if (Peek() == '}') return Close();
    if (Peek() == '/') return ReadComment();
    if (Peek() == '"' || Peek() == '\'') {
      if (!ReadString()) return Step::kError;
    } else if (!ReadBareName()) {
      return Step::kError;
    }
    SkipBlanks();
    if (Peek() != ':') return Step::kError;
    ++at_;
    state_ = State::kValue;
    return Step::kToken;
  }

  bool ReadBareName() {
    const auto belongs = [](char16_t c) { return IsLetterOrDigit(c) || c == '_' || c == '$'; };
    if (!belongs(Peek())) return false;
    while (!at_end() && belongs(Peek())) ++at_;
    return !at_end() && (Peek() == 0 || Peek() == ':' || IsWhite(Peek()));
  }

  bool ReadString() {
    const char16_t quote = text_[at_++];
    while (!at_end()) {
      const char16_t c = text_[at_++];
      if (c == quote) return true;
      if (c != '\\') continue;
      if (at_end()) return false;
      const char16_t escaped = text_[at_++];
      if (escaped == 'u') {
        if (at_ + 4 > text_.size() || !std::all_of(text_.begin() + static_cast<std::ptrdiff_t>(at_),
                                                   text_.begin() + static_cast<std::ptrdiff_t>(at_ + 4), IsHex)) {
          return false;
        }
        at_ += 4;
      } else if (std::u16string_view(u"btnfr\\\"'/").find(escaped) == std::u16string_view::npos) {
        return false;
      }
    }
    return false;
  }

  Step ReadWord(std::u16string_view word) { return TakeWord(word) ? Value() : Step::kError; }

  bool TakeWord(std::u16string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    if (at_end()) return true;
    const char16_t c = Peek();
    if (c == '/') return Peek(1) == '*' || Peek(1) == '/';
    if (c == ')') return !stack_.empty() && stack_.back() == In::kConstructor;
    return c == 0 || c == '}' || c == ']' || c == ',' || IsWhite(c);
  }

  // new Name(value, ...)
  Step ReadConstructor() {
    if (!TakeWord(u"new")) return Step::kError;
    SkipBlanks();
    if (!IsLetterOrDigit(Peek())) return Step::kError;
    while (!at_end() && IsLetterOrDigit(Peek())) ++at_;
    SkipBlanks();
    return Peek() == '(' ? Open(In::kConstructor, State::kValue) : Step::kError;
  }

  Step ReadComment() {
    // The reader wants two more characters, so that "//" as the very last is no comment.
    if (at_ + 2 >= text_.size() || (Peek(1) != '*' && Peek(1) != '/')) return Step::kError;
    const bool one_line = Peek(1) == '/';
    at_ += 2;
    if (one_line) {
      while (!at_end() && Peek() != '\r' && Peek() != '\n') ++at_;
      return Step::kToken;
    }
    const std::size_t end = text_.find(u"*/", at_);
    if (end == std::u16string_view::npos) return Step::kError;
    at_ = end + 2;
    return Step::kToken;
  }

  Step ReadNumber() {
    const std::size_t start = at_;
    while (!at_end() && (IsHex(Peek()) || std::u16string_view(u"-+xX.").find(Peek()) != std::u16string_view::npos))
      ++at_;
    const std::u16string_view number = text_.substr(start, at_ - start);
    const char16_t next = Peek();
    const bool ends =
        at_end() || next == 0 || IsWhite(next) || std::u16string_view(u",}])/").find(next) != std::u16string_view::npos;
    return ends && IsNumber(number) ? Value() : Step::kError;
  }

  static bool IsNumber(std::u16string_view number) {
    if (number.size() > 1 && number[0] == '0' && number[1] != '.' && number[1] != 'e' && number[1] != 'E') {
      const bool hex = number[1] == 'x' || number[1] == 'X';
      return hex ? FitsInto64Bits(number.substr(2), 16) : FitsInto64Bits(number, 8);
    }
    const std::u16string_view digits = number.substr(number.starts_with('-') ? 1 : 0);
    // A whole number beyond 64 bits may have so many characters.
    if (!digits.empty() && std::all_of(digits.begin(), digits.end(), IsDigit)) return number.size() <= 380;
    return IsDouble(digits);
  }

  // Convert.ToInt64 with a base.
  static bool FitsInto64Bits(std::u16string_view digits, std::uint64_t base) {
    if (digits.empty()) return false;
    std::uint64_t value = 0;
    for (const char16_t c : digits) {
      if (!IsHex(c)) return false;
      const std::uint64_t digit = static_cast<std::uint64_t>(IsDigit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
      if (digit >= base || value > (UINT64_MAX - digit) / base) return false;
      value = value * base + digit;
    }
    return true;
  }

  // double.TryParse, behind a sign: digits on either side of a point, and an exponent.
  static bool IsDouble(std::u16string_view text) {
    std::size_t at = 0;
    const auto digits = [&text, &at] {
      const std::size_t from = at;
      while (at < text.size() && IsDigit(text[at])) ++at;
      return at - from;
    };
    std::size_t count = digits();
    if (at < text.size() && text[at] == '.') {
      ++at;
      count += digits();
    }
    if (count == 0) return false;
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
      ++at;
      if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
      if (digits() == 0) return false;
    }
    return at == text.size();
  }

  const std::u16string_view text_;
  const std::size_t max_depth_;
  std::size_t at_ = 0;
  State state_ = State::kValue;
  std::vector<In> stack_;
  bool at_start_ = true;
  bool began_with_comment_ = false;
};

}  // namespace

bool ParsesAsJson(std::string_view utf8, JsonParser parser) {
  if (utf8.empty()) return false;
  if (parser == JsonParser::kSystemTextJson) return StrictReader(utf8).Parses();
  const std::u16string text = Decode(utf8);
  return Reader(text, parser == JsonParser::kNewtonsoft11 ? SIZE_MAX : 64).Parses();
}

}  // namespace interconnect::eventstore
