#pragma once

#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/json_text.h"

namespace interconnect {

// Writes JSON text piece by piece. Whoever calls sees to it that what is begun is ended, and that members have names.
class JsonWriter {
 public:
  JsonWriter& object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }

  JsonWriter& name(std::string_view text) {
    string(text);
    text_ += ':';
    needs_comma_ = false;
    return *this;
  }

  JsonWriter& value(std::string_view text) {
    string(text);
    return *this;
  }
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(bool is_true) { return raw(is_true ? "true" : "false"); }
  JsonWriter& value(std::integral auto number) { return raw(std::to_string(number)); }
  // As short as it can be; what is no number is null.
  JsonWriter& value(double number) {
    if (!std::isfinite(number)) return raw("null");
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    return raw(std::string_view(digits, static_cast<std::size_t>(end - digits)));
  }
  // null for nothing.
  template <typename T>
  JsonWriter& value(const std::optional<T>& optional) {
    return optional ? value(*optional) : raw("null");
  }
  JsonWriter& null() { return raw("null"); }

  template <typename T>
  JsonWriter& member(std::string_view text, const T& of) {
    return name(text).value(of);
  }

  // JSON as it is.
  JsonWriter& raw(std::string_view json) {
    comma();
    text_ += json;
    return *this;
  }

  const std::string& text() const { return text_; }
  std::string take() { return std::move(text_); }

 private:
  JsonWriter& open(char bracket) {
    comma();
    text_ += bracket;
    needs_comma_ = false;
    return *this;
  }
  JsonWriter& close(char bracket) {
    text_ += bracket;
    needs_comma_ = true;
    return *this;
  }
  void comma() {
    if (needs_comma_) text_ += ',';
    needs_comma_ = true;
  }
  void string(std::string_view text) {
    comma();
    const std::size_t begin = text_.size() + 1;
    text_.resize(begin + json_escaped_size(text) + 1);
    write_json_escaped(text, text_.data() + begin);
    text_[begin - 1] = '"';
    text_.back() = '"';
  }

  std::string text_;
  bool needs_comma_ = false;
};

}  // namespace interconnect
