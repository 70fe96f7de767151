#include "domain/verify/json_digest.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>

#include "domain/json_text.h"

namespace interconnect {
namespace {

constexpr std::size_t kMaxNumber = 4'096;  // characters
constexpr std::int64_t kMaxExponent = 1'000'000'000;

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&out](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xc0 | code >> 6);
  } else {
    if (code < 0x10000) {
      put(0xe0 | code >> 12);
    } else {
      put(0xf0 | code >> 18);
      put(0x80 | (code >> 12 & 0x3f));
    }
    put(0x80 | (code >> 6 & 0x3f));
  }
  put(0x80 | (code & 0x3f));
}

// Of a text that is known to be JSON.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Digest value() {
    space();
    switch (text_[at_]) {
      case '{':
        return object();
      case '[':
        return array();
      case '"':
        return digest_of("s" + string());
      case 't':
      case 'f':
      case 'n':
        return digest_of(literal());
      default:
        return digest_of(number());
    }
  }

 private:
  void space() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
  }

  // Whether this character, which parts things, comes next; takes it.
  bool take(char c) {
    space();
    if (text_[at_] != c) return false;
    ++at_;
    return true;
  }

  std::string_view literal() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && text_[at_] >= 'a' && text_[at_] <= 'z') ++at_;
    return text_.substr(begin, at_ - begin);
  }

  // The sum of its members': they have no order.
  Digest object() {
    ++at_;
    Digest sum = digest_of("{");
    if (take('}')) return sum;
    do {
      space();
      const Digest name = digest_of(string());
      take(':');
      const Digest member = combined(name, value());
      sum.low += member.low;
      sum.high += member.high;
    } while (take(','));
    take('}');
    return combined(digest_of("{"), sum);
  }

  Digest array() {
    ++at_;
    Digest all = digest_of("[");
    if (take(']')) return all;
    do {
      all = combined(all, value());
    } while (take(','));
    take(']');
    return all;
  }

  std::uint32_t hex4() {
    std::uint32_t code = 0;
    std::from_chars(text_.data() + at_, text_.data() + at_ + 4, code, 16);
    at_ += 4;
    return code;
  }

  void escape(std::string& out) {
    const char c = text_[at_++];
    switch (c) {
      case 'b':
        return out.push_back('\b');
      case 'f':
        return out.push_back('\f');
      case 'n':
        return out.push_back('\n');
      case 'r':
        return out.push_back('\r');
      case 't':
        return out.push_back('\t');
      case 'u':
        break;
      default:
        return out.push_back(c);
    }
    std::uint32_t code = hex4();
    const bool is_high = code >= 0xd800 && code < 0xdc00;
    if (is_high && text_.substr(at_, 2) == "\\u") {
      const std::size_t before = at_;
      at_ += 2;
      const std::uint32_t low = hex4();
      if (low >= 0xdc00 && low < 0xe000) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
      } else {
        at_ = before;
      }
    }
    append_utf8(out, code);
  }

  std::string string() {
    std::string out;
    for (++at_; text_[at_] != '"';) {
      const char c = text_[at_++];
      c == '\\' ? escape(out) : out.push_back(c);
    }
    ++at_;
    return out;
  }

  // Sign, digits without zeros at either end, and the power of ten of the last digit.
  std::string number() {
    const std::size_t begin = at_;
    const auto is_part = [](char c) {
      return (c >= '0' && c <= '9') || std::string_view("+-.eE").find(c) != std::string_view::npos;
    };
    while (at_ < text_.size() && is_part(text_[at_])) ++at_;
    const std::string_view written = text_.substr(begin, at_ - begin);
    std::string digits;
    std::int64_t power = 0;
    bool is_fraction = false;
    std::size_t i = written.front() == '-' ? 1 : 0;
    for (; i < written.size() && written[i] != 'e' && written[i] != 'E'; ++i) {
      if (written[i] == '.') {
        is_fraction = true;
        continue;
      }
      if (!digits.empty() || written[i] != '0') digits.push_back(written[i]);
      if (is_fraction) --power;
    }
    if (digits.empty()) return "n0";
    if (i < written.size()) {
      ++i;
      if (written[i] == '+') ++i;
      std::int64_t exponent = 0;
      const auto [end, error] = std::from_chars(written.data() + i, written.data() + written.size(), exponent);
      // Nobody who writes such a number anew keeps it.
      if (error != std::errc() || std::abs(exponent) > kMaxExponent) return "n" + std::string(written);
      power += exponent;
    }
    const std::size_t last = digits.find_last_not_of('0');
    power += static_cast<std::int64_t>(digits.size() - 1 - last);
    digits.resize(last + 1);
    return (written.front() == '-' ? "n-" : "n") + digits + "e" + std::to_string(power);
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<Digest> json_digest(std::string_view text) {
  if (!is_json(text, kMaxJsonDepth, kMaxNumber)) return std::nullopt;
  return Reader(text).value();
}

}  // namespace interconnect
