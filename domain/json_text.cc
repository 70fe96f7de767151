#include "domain/json_text.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <cstdint>

namespace interconnect {
namespace {

enum class CharClass : std::uint8_t { kPlain, kQuote, kBackslash, kControl, kNotAscii };

constexpr std::array<CharClass, 256> make_char_classes() {
  std::array<CharClass, 256> classes{};
  for (std::size_t c = 0; c < 0x20; ++c) classes[c] = CharClass::kControl;
  for (std::size_t c = 0x80; c < 0x100; ++c) classes[c] = CharClass::kNotAscii;
  classes['"'] = CharClass::kQuote;
  classes['\\'] = CharClass::kBackslash;
  return classes;
}

constexpr std::array<CharClass, 256> kCharClasses = make_char_classes();

CharClass class_of(char c) { return kCharClasses[static_cast<unsigned char>(c)]; }

// The length of the UTF-8 sequence (RFC 3629: no overlong forms, no surrogates) that begins here, 0 if there is none.
std::size_t utf8_length(const char* at, const char* end) {
  const auto byte = [at](std::size_t i) { return static_cast<unsigned char>(at[i]); };
  const auto size = static_cast<std::size_t>(end - at);
  const auto continues = [&](std::size_t i) { return i < size && (byte(i) & 0xc0) == 0x80; };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return continues(1) ? 2 : 0;
  if ((lead & 0xf0) == 0xe0) {
    if (!continues(1) || !continues(2)) return 0;
    if (lead == 0xe0 && byte(1) < 0xa0) return 0;
    if (lead == 0xed && byte(1) > 0x9f) return 0;
    return 3;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    if (!continues(1) || !continues(2) || !continues(3)) return 0;
    if (lead == 0xf0 && byte(1) < 0x90) return 0;
    if (lead == 0xf4 && byte(1) > 0x8f) return 0;
    return 4;
  }
  return 0;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Each method takes what it names off the front of the text, or answers false.
class Reader {
 public:
  explicit Reader(std::string_view text) : begin_(text.data()), at_(begin_), end_(begin_ + text.size()) {}

  std::size_t offset() const { return static_cast<std::size_t>(at_ - begin_); }
  bool at_end() const { return at_ == end_; }
  char peek() const { return at_ == end_ ? '\0' : *at_; }
  void skip() { ++at_; }

  void whitespace() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }

  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  bool string() {
    if (!take('"')) return false;
    while (at_ != end_) {
      switch (class_of(*at_)) {
        case CharClass::kPlain:
          ++at_;
          break;
        case CharClass::kQuote:
          ++at_;
          return true;
        case CharClass::kBackslash:
          if (!escape()) return false;
          break;
        case CharClass::kControl:
          return false;
        case CharClass::kNotAscii: {
          const std::size_t length = utf8_length(at_, end_);
          if (length == 0) return false;
          at_ += length;
          break;
        }
      }
    }
    return false;
  }

  bool number() {
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      return digits();
    }
    return true;
  }

  bool literal(std::string_view word) {
    if (static_cast<std::size_t>(end_ - at_) < word.size() || !std::equal(word.begin(), word.end(), at_)) return false;
    at_ += word.size();
    return true;
  }

  bool scalar() {
    switch (peek()) {
      case '"':
        return string();
      case 't':
        return literal("true");
      case 'f':
        return literal("false");
      case 'n':
        return literal("null");
      default:
        return number();
    }
  }

 private:
  bool escape() {
    ++at_;
    if (at_ == end_) return false;
    const char kind = *at_++;
    if (kind != 'u') return std::string_view("\"\\/bfnrt").find(kind) != std::string_view::npos;
    if (end_ - at_ < 4) return false;
    for (const char* digit = at_; digit != at_ + 4; ++digit) {
      if (hex_value(*digit) < 0) return false;
    }
    at_ += 4;
    return true;
  }

  bool digits() {
    const char* const first = at_;
    while (at_ != end_ && is_digit(*at_)) ++at_;
    return at_ != first;
  }

  const char* begin_;
  const char* at_;
  const char* end_;
};

}  // namespace

bool scan_json_object(std::string_view text, JsonObjectText& object,
                      absl::FunctionRef<void(const JsonMember&)> on_member) {
  Reader reader(text);
  reader.whitespace();
  if (!reader.take('{')) return false;
  object = {.members = 0, .end = reader.offset()};

  std::bitset<kMaxJsonDepth> is_array;  // of each open container, outermost first
  std::size_t depth = 1;
  JsonMember member;
  bool first = true;  // in the innermost open container: nothing stands in it yet
  while (true) {
    reader.whitespace();
    const bool in_array = is_array[depth - 1];
    if (reader.take(in_array ? ']' : '}')) {
      --depth;
      first = false;
      if (depth == 0) break;
    } else {
      if (!first) {
        if (!reader.take(',')) return false;
        reader.whitespace();
      }
      first = false;
      if (!in_array) {
        const std::size_t name = reader.offset() + 1;
        if (!reader.string()) return false;
        if (depth == 1) member.name = text.substr(name, reader.offset() - 1 - name);
        reader.whitespace();
        if (!reader.take(':')) return false;
        reader.whitespace();
        if (depth == 1) member.value_begin = reader.offset();
      }
      const char opener = reader.peek();
      if (opener == '{' || opener == '[') {
        if (depth == kMaxJsonDepth) return false;
        reader.skip();
        is_array[depth++] = opener == '[';
        first = true;
        continue;
      }
      if (!reader.scalar()) return false;
    }
    if (depth == 1) {
      member.value_end = reader.offset();
      object = {.members = object.members + 1, .end = member.value_end};
      on_member(member);
    }
  }
  reader.whitespace();
  return reader.at_end();
}

bool is_json(std::string_view text, std::size_t max_depth, std::size_t max_number) {
  return is_json(text, max_depth, [max_number](std::string_view scalar) {
    const bool is_number = scalar.front() == '-' || is_digit(scalar.front());
    return !is_number || scalar.size() <= max_number;
  });
}

bool is_json(std::string_view text, std::size_t max_depth, absl::FunctionRef<bool(std::string_view)> takes) {
  Reader reader(text);
  std::bitset<kMaxJsonDepth> is_array;  // of each open container, outermost first
  std::size_t depth = 0;
  bool first = true;  // in the innermost open container: nothing stands in it yet
  while (true) {
    reader.whitespace();
    const bool in_array = depth > 0 && is_array[depth - 1];
    if (depth > 0 && reader.take(in_array ? ']' : '}')) {
      --depth;
      first = false;
    } else {
      if (depth > 0 && !first) {
        if (!reader.take(',')) return false;
        reader.whitespace();
      }
      first = false;
      if (depth > 0 && !in_array) {
        if (!reader.string()) return false;
        reader.whitespace();
        if (!reader.take(':')) return false;
        reader.whitespace();
      }
      const char opener = reader.peek();
      if (opener == '{' || opener == '[') {
        if (depth == std::min(max_depth, kMaxJsonDepth)) return false;
        reader.skip();
        is_array[depth++] = opener == '[';
        first = true;
        continue;
      }
      const std::size_t begin = reader.offset();
      if (!reader.scalar() || !takes(text.substr(begin, reader.offset() - begin))) return false;
    }
    if (depth == 0) break;
  }
  reader.whitespace();
  return reader.at_end();
}

bool json_string_is(std::string_view written, std::string_view name) {
  if (written.size() == name.size()) return written == name;  // an escape is longer than what it stands for
  if (written.size() < name.size() || written.find('\\') == std::string_view::npos) return false;
  std::size_t at = 0;
  for (const char wanted : name) {
    if (at == written.size()) return false;
    int c = static_cast<unsigned char>(written[at++]);
    if (c == '\\') {
      const char kind = written[at++];
      if (kind == 'u') {
        c = 0;
        for (int i = 0; i < 4; ++i) c = c * 16 + hex_value(written[at++]);
      } else {
        constexpr std::string_view kKinds = "\"\\/bfnrt";
        constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
        c = static_cast<unsigned char>(kMeanings[kKinds.find(kind)]);
      }
    }
    if (c != wanted) return false;
  }
  return at == written.size();
}

namespace {

constexpr std::string_view kReplacementCharacter = "\xef\xbf\xbd";
constexpr std::string_view kControlEscape = "\\u00";
constexpr char kHexDigits[] = "0123456789abcdef";

}  // namespace

std::size_t json_escaped_size(std::string_view text) {
  std::size_t size = text.size();
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at != end;) {
    switch (class_of(*at)) {
      case CharClass::kPlain:
        ++at;
        break;
      case CharClass::kQuote:
      case CharClass::kBackslash:
        ++at;
        size += 1;
        break;
      case CharClass::kControl:
        ++at;
        size += kControlEscape.size() + 1;
        break;
      case CharClass::kNotAscii: {
        const std::size_t length = utf8_length(at, end);
        if (length == 0) size += kReplacementCharacter.size() - 1;
        at += std::max<std::size_t>(length, 1);
        break;
      }
    }
  }
  return size;
}

char* write_json_escaped(std::string_view text, char* out) {
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at != end;) {
    switch (class_of(*at)) {
      case CharClass::kPlain:
        *out++ = *at++;
        break;
      case CharClass::kQuote:
      case CharClass::kBackslash:
        *out++ = '\\';
        *out++ = *at++;
        break;
      case CharClass::kControl:
        out = std::copy(kControlEscape.begin(), kControlEscape.end(), out);
        *out++ = kHexDigits[*at >> 4];
        *out++ = kHexDigits[*at & 0xf];
        ++at;
        break;
      case CharClass::kNotAscii: {
        const std::size_t length = utf8_length(at, end);
        if (length == 0) {
          out = std::copy(kReplacementCharacter.begin(), kReplacementCharacter.end(), out);
          ++at;
        } else {
          out = std::copy(at, at + length, out);
          at += length;
        }
        break;
      }
    }
  }
  return out;
}

}  // namespace interconnect
