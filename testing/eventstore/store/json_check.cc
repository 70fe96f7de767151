#include "testing/eventstore/store/json_check.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace interconnect::eventstore {
namespace {

// As .NET decodes: what is no UTF-8 becomes U+FFFD.
std::u16string decode(std::string_view utf8) {
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
bool is_white(char16_t c) {
  return c == ' ' || (c >= '\t' && c <= '\r') || c == 0x85 || c == 0xa0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

bool is_digit(char16_t c) { return c >= '0' && c <= '9'; }
bool is_hex(char16_t c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// char.IsLetterOrDigit, but that it takes every block beyond Latin and punctuation for letters.
bool is_letter_or_digit(char16_t c) {
  if (c < 0x80) return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  if (c < 0xc0) return c == 0xaa || c == 0xb5 || c == 0xba;
  if (c == 0xd7 || c == 0xf7) return false;
  const bool symbols = c >= 0x2000 && c < 0x2c00;
  const bool surrogate = c >= 0xd800 && c < 0xf900;
  const bool special = c == 0xfeff || c >= 0xfff0 || (c >= 0x3000 && c <= 0x3004);
  return !symbols && !surrogate && !special && !is_white(c);
}

// Utf8JsonReader with trailing commas and comments: JSON as RFC 8259 has it, but for these. Texts are not looked into:
// what is no UTF-8 in them passes.
class StrictReader {
 public:
  explicit StrictReader(std::string_view text) : text_(text) {}

  bool parses() { return skip_blanks() && value() && skip_blanks() && at_ == text_.size(); }

 private:
  static constexpr std::size_t kMaxDepth = 64;

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  bool take_word(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  // False: a comment that is none, or has no end.
  bool skip_blanks() {
    while (at_ < text_.size()) {
      if (std::string_view(" \t\r\n").find(peek()) != std::string_view::npos) {
        ++at_;
      } else if (take_word("//")) {
        // U+2028 and U+2029 may not be in such a comment.
        while (at_ < text_.size() && peek() != '\r' && peek() != '\n') {
          const std::string_view rest = text_.substr(at_);
          if (rest.starts_with("\xe2\x80\xa8") || rest.starts_with("\xe2\x80\xa9")) return false;
          ++at_;
        }
      } else if (take_word("/*")) {
        const std::size_t end = text_.find("*/", at_);
        if (end == std::string_view::npos) return false;
        at_ = end + 2;
      } else {
        break;
      }
    }
    return true;
  }

  bool value() {
    switch (peek()) {
      case '{':
        return members('}', [this] { return name() && value(); });
      case '[':
        return members(']', [this] { return value(); });
      case '"':
        return text();
      case 't':
        return take_word("true");
      case 'f':
        return take_word("false");
      case 'n':
        return take_word("null");
      default:
        return number();
    }
  }

  template <class Member>
  bool members(char end, const Member& member) {
    ++at_;
    if (++depth_ > kMaxDepth) return false;
    while (skip_blanks() && !take(end)) {
      if (!member() || !skip_blanks()) return false;
      if (take(',')) continue;
      if (!take(end)) return false;
      --depth_;
      return true;
    }
    --depth_;
    return text_[at_ - 1] == end;
  }

  // No comment may stand between a name and its colon.
  bool name() {
    if (peek() != '"' || !text()) return false;
    while (std::string_view(" \t\r\n").find(peek()) != std::string_view::npos) ++at_;
    return take(':') && skip_blanks();
  }

  bool text() {
    ++at_;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c != '\\') continue;
      if (take('u')) {
        for (int i = 0; i < 4; ++i, ++at_) {
          if (!is_hex(static_cast<unsigned char>(peek()))) return false;
        }
      } else if (at_ == text_.size() || std::string_view("\"\\/bfnrt").find(text_[at_++]) == std::string_view::npos) {
        return false;
      }
    }
    return false;
  }

  bool digits() {
    const std::size_t start = at_;
    while (is_digit(static_cast<unsigned char>(peek()))) ++at_;
    return at_ > start;
  }

  bool number() {
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      if (!digits()) return false;
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
  bool parses() {
    if (read() != Step::kToken) return false;
    Step step = Step::kToken;
    while (!stack_.empty() && step == Step::kToken) step = read();
    // Only a document that begins with a comment may end too early, as nobody looks at what follows it.
    if (step == Step::kEnd && !began_with_comment_) return false;
    while (step == Step::kToken) step = read();
    return step == Step::kEnd;
  }

 private:
  enum class Step { kToken, kEnd, kError };
  enum class State { kValue, kObject, kPostValue, kFinished };
  enum class In : char { kObject = '}', kArray = ']', kConstructor = ')' };

  bool at_end() const { return at_ >= text_.size(); }
  char16_t peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : u'\0'; }
  // Zeros between tokens are skipped as blanks are.
  void skip_blanks() {
    while (!at_end() && (text_[at_] == 0 || is_white(text_[at_]))) ++at_;
  }

  Step read() {
    while (true) {
      skip_blanks();
      switch (state_) {
        case State::kValue:
          return at_end() ? Step::kEnd : read_value();
        case State::kObject:
          return at_end() ? Step::kEnd : read_member();
        case State::kPostValue:
          if (at_end()) return Step::kEnd;
          if (peek() == '/') return read_comment();
          if (peek() == '}' || peek() == ']' || peek() == ')') return close();
          if (peek() != ',') return Step::kError;
          ++at_;
          state_ = stack_.back() == In::kObject ? State::kObject : State::kValue;
          break;
        case State::kFinished:
          if (at_end()) return Step::kEnd;
          return peek() == '/' ? read_comment() : Step::kError;
      }
    }
  }

  Step read_value() {
    const char16_t c = peek();
    if (c == '/') {
      began_with_comment_ = began_with_comment_ || at_start_;
      at_start_ = false;
      return read_comment();
    }
    at_start_ = false;
    switch (c) {
      case '"':
      case '\'':
        return read_string() ? value() : Step::kError;
      case 't':
        return read_word(u"true");
      case 'f':
        return read_word(u"false");
      case 'N':
        return read_word(u"NaN");
      case 'I':
        return read_word(u"Infinity");
      case 'u':
        return read_word(u"undefined");
      case 'n':
        return peek(1) == 'u' ? read_word(u"null") : peek(1) == 'e' ? read_constructor() : Step::kError;
      case '{':
        return open(In::kObject, State::kObject);
      case '[':
        return open(In::kArray, State::kValue);
      case ']':
      case ')':
        return close();
      case ',':
        // A value that is left out; the comma is read again behind it.
        return value();
      case '-':
        return peek(1) == 'I' ? read_word(u"-Infinity") : read_number();
      default:
        return is_digit(c) || c == '.' ? read_number() : Step::kError;
    }
  }

  Step value() {
    state_ = stack_.empty() ? State::kFinished : State::kPostValue;
    return Step::kToken;
  }

  Step open(In in, State state) {
    ++at_;
    stack_.push_back(in);
    state_ = state;
    return stack_.size() > max_depth_ ? Step::kError : Step::kToken;
  }

  Step close() {
    if (stack_.empty() || static_cast<char16_t>(stack_.back()) != peek()) return Step::kError;
    ++at_;
    stack_.pop_back();
    return value();
  }

  Step read_member() {
    if (peek() == '}') return close();
    if (peek() == '/') return read_comment();
    if (peek() == '"' || peek() == '\'') {
      if (!read_string()) return Step::kError;
    } else if (!read_bare_name()) {
      return Step::kError;
    }
    skip_blanks();
    if (peek() != ':') return Step::kError;
    ++at_;
    state_ = State::kValue;
    return Step::kToken;
  }

  bool read_bare_name() {
    const auto belongs = [](char16_t c) { return is_letter_or_digit(c) || c == '_' || c == '$'; };
    if (!belongs(peek())) return false;
    while (!at_end() && belongs(peek())) ++at_;
    return !at_end() && (peek() == 0 || peek() == ':' || is_white(peek()));
  }

  bool read_string() {
    const char16_t quote = text_[at_++];
    while (!at_end()) {
      const char16_t c = text_[at_++];
      if (c == quote) return true;
      if (c != '\\') continue;
      if (at_end()) return false;
      const char16_t escaped = text_[at_++];
      if (escaped == 'u') {
        if (at_ + 4 > text_.size() || !std::all_of(text_.begin() + static_cast<std::ptrdiff_t>(at_),
                                                   text_.begin() + static_cast<std::ptrdiff_t>(at_ + 4), is_hex)) {
          return false;
        }
        at_ += 4;
      } else if (std::u16string_view(u"btnfr\\\"'/").find(escaped) == std::u16string_view::npos) {
        return false;
      }
    }
    return false;
  }

  Step read_word(std::u16string_view word) { return take_word(word) ? value() : Step::kError; }

  bool take_word(std::u16string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    if (at_end()) return true;
    const char16_t c = peek();
    if (c == '/') return peek(1) == '*' || peek(1) == '/';
    if (c == ')') return !stack_.empty() && stack_.back() == In::kConstructor;
    return c == 0 || c == '}' || c == ']' || c == ',' || is_white(c);
  }

  // new Name(value, ...)
  Step read_constructor() {
    if (!take_word(u"new")) return Step::kError;
    skip_blanks();
    if (!is_letter_or_digit(peek())) return Step::kError;
    while (!at_end() && is_letter_or_digit(peek())) ++at_;
    skip_blanks();
    return peek() == '(' ? open(In::kConstructor, State::kValue) : Step::kError;
  }

  Step read_comment() {
    // The reader wants two more characters, so that "//" as the very last is no comment.
    if (at_ + 2 >= text_.size() || (peek(1) != '*' && peek(1) != '/')) return Step::kError;
    const bool one_line = peek(1) == '/';
    at_ += 2;
    if (one_line) {
      while (!at_end() && peek() != '\r' && peek() != '\n') ++at_;
      return Step::kToken;
    }
    const std::size_t end = text_.find(u"*/", at_);
    if (end == std::u16string_view::npos) return Step::kError;
    at_ = end + 2;
    return Step::kToken;
  }

  Step read_number() {
    const std::size_t start = at_;
    while (!at_end() && (is_hex(peek()) || std::u16string_view(u"-+xX.").find(peek()) != std::u16string_view::npos))
      ++at_;
    const std::u16string_view number = text_.substr(start, at_ - start);
    const char16_t next = peek();
    const bool ends = at_end() || next == 0 || is_white(next) ||
                      std::u16string_view(u",}])/").find(next) != std::u16string_view::npos;
    return ends && is_number(number) ? value() : Step::kError;
  }

  static bool is_number(std::u16string_view number) {
    if (number.size() > 1 && number[0] == '0' && number[1] != '.' && number[1] != 'e' && number[1] != 'E') {
      const bool hex = number[1] == 'x' || number[1] == 'X';
      return hex ? fits_into_64_bits(number.substr(2), 16) : fits_into_64_bits(number, 8);
    }
    const std::u16string_view digits = number.substr(number.starts_with('-') ? 1 : 0);
    // A whole number beyond 64 bits may have so many characters.
    if (!digits.empty() && std::all_of(digits.begin(), digits.end(), is_digit)) return number.size() <= 380;
    return is_double(digits);
  }

  // Convert.ToInt64 with a base.
  static bool fits_into_64_bits(std::u16string_view digits, std::uint64_t base) {
    if (digits.empty()) return false;
    std::uint64_t value = 0;
    for (const char16_t c : digits) {
      if (!is_hex(c)) return false;
      const std::uint64_t digit = static_cast<std::uint64_t>(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
      if (digit >= base || value > (UINT64_MAX - digit) / base) return false;
      value = value * base + digit;
    }
    return true;
  }

  // double.TryParse, behind a sign: digits on either side of a point, and an exponent.
  static bool is_double(std::u16string_view text) {
    std::size_t at = 0;
    const auto digits = [&text, &at] {
      const std::size_t from = at;
      while (at < text.size() && is_digit(text[at])) ++at;
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

bool parses_as_json(std::string_view utf8, JsonParser parser) {
  if (utf8.empty()) return false;
  if (parser == JsonParser::kSystemTextJson) return StrictReader(utf8).parses();
  const std::u16string text = decode(utf8);
  return Reader(text, parser == JsonParser::kNewtonsoft11 ? SIZE_MAX : 64).parses();
}

}  // namespace interconnect::eventstore
