#include "domain/copier/left_out.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "domain/json_text.h"

namespace interconnect {
namespace {

constexpr std::size_t kMaxDepth = 64;
// Newtonsoft.Json takes no longer integer (MaximumJavascriptIntegerCharacterLength in JsonTextReader.cs).
constexpr std::size_t kMaxNumber = 380;  // characters
// Of an exponent; beyond three a number is none that a `double` holds.
constexpr std::size_t kMaxExponent = 2;  // digits

// Milliseconds of Unix time that are in the years 1 to 9999.
constexpr std::int64_t kFirstDate = -62'135'596'800'000;
constexpr std::int64_t kLastDate = 253'402'300'799'999;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_sure_number(std::string_view number) {
  if (number.size() > kMaxNumber) return false;
  const std::size_t e = number.find_first_of("eE");
  if (e == std::string_view::npos) return true;
  const std::size_t first = number.find_first_not_of("+-0", e + 1);
  return first == std::string_view::npos || number.size() - first <= kMaxExponent;
}

// MILLISECONDS, or MILLISECONDS+HHMM.
bool is_sure_unix_time(std::string_view text) {
  std::int64_t milliseconds = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, milliseconds);
  if (error != std::errc() || milliseconds < kFirstDate || milliseconds > kLastDate) return false;
  if (rest == end) return true;
  const std::string_view zone(rest, static_cast<std::size_t>(end - rest));
  return zone.size() == 5 && (zone[0] == '+' || zone[0] == '-') && std::all_of(zone.begin() + 1, zone.end(), is_digit);
}

// Of JSON, what a string means as far as it is ASCII.
std::string unescape(std::string_view written) {
  std::string text;
  for (std::size_t i = 0; i < written.size(); ++i) {
    if (written[i] != '\\') {
      text.push_back(written[i]);
    } else if (written[++i] == 'u') {
      unsigned code = 0;
      std::from_chars(written.data() + i + 1, written.data() + i + 5, code, 16);
      text.push_back(code < 0x80 ? static_cast<char>(code) : '?');
      i += 4;
    } else {
      text.push_back(written[i]);  // of letters, no date has one
    }
  }
  return text;
}

// `written`: between its quotes.
bool is_sure_string(std::string_view written) {
  constexpr std::string_view kUnixTime = "/Date(";
  constexpr std::string_view kUnixTimeEnd = ")/";
  constexpr std::string_view kLastMidnight = "9999-12-31T24";
  const char first = written.empty() ? '\0' : written.front();
  if (first != '/' && first != '9' && first != '\\') return true;
  const std::string meant = first != '9' || written.find('\\') != std::string_view::npos ? unescape(written) : "";
  const std::string_view text = meant.empty() ? written : meant;
  if (text.starts_with(kLastMidnight)) return false;
  if (!text.starts_with(kUnixTime) || !text.ends_with(kUnixTimeEnd)) return true;
  return is_sure_unix_time(text.substr(kUnixTime.size(), text.size() - kUnixTime.size() - kUnixTimeEnd.size()));
}

bool is_sure(std::string_view scalar) {
  if (scalar.front() == '"') return is_sure_string(scalar.substr(1, scalar.size() - 2));
  return (scalar.front() != '-' && !is_digit(scalar.front())) || is_sure_number(scalar);
}

}  // namespace

bool may_be_left_out(const EventView& event) {
  return event.content == ContentKind::kJson && !is_json(event.data, kMaxDepth, is_sure);
}

}  // namespace interconnect
