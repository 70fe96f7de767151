#include "adapters/yaml_config/surrogates.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <sstream>

namespace interconnect {
namespace {

constexpr std::size_t kEscapeLength = 6;     // \ud83d
constexpr std::size_t kCombinedLength = 10;  // \U0001f600
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// The surrogate that is escaped at `at`, if one is.
std::optional<std::uint32_t> surrogate_at(std::string_view text, std::size_t at) {
  if (at + kEscapeLength > text.size() || text[at] != '\\' || text[at + 1] != 'u') return std::nullopt;
  const std::string_view digits = text.substr(at + 2, 4);
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value >= 0xD800 && value <= 0xDFFF ? std::optional(value) : std::nullopt;
}

bool is_high(std::uint32_t surrogate) { return surrogate < 0xDC00; }

// A text of the same length in which every scalar has the same place, and that YAML parsers take.
std::optional<std::string> without_surrogates(std::string_view text) {
  std::optional<std::string> changed;
  for (std::size_t at = text.find("\\u"); at != std::string_view::npos; at = text.find("\\u", at + 2)) {
    if (!surrogate_at(text, at)) continue;
    if (!changed) changed = std::string(text);
    (*changed)[at + 2] = 'E';  // U+E800 and what follows are characters
  }
  return changed;
}

// Where double-quoted scalars begin.
class QuotesFinder final : public YAML::EventHandler {
 public:
  explicit QuotesFinder(std::string_view text) : text_(text) {}

  std::vector<std::size_t> quotes;

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t, const std::string&) override {
    const std::size_t bom = text_.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
    const std::size_t at = bom + static_cast<std::size_t>(std::max(mark.pos, 0));
    if (at < text_.size() && text_[at] == '"') quotes.push_back(at);
  }
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
    deepen();
  }
  void OnSequenceEnd() override { --depth_; }
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
    deepen();
  }
  void OnMapEnd() override { --depth_; }

 private:
  // The reading of the document refuses it, and says so.
  void deepen() {
    if (++depth_ > kMaxYamlDepth) throw YAML::Exception(YAML::Mark(), "");
  }

  std::string_view text_;
  std::size_t depth_ = 0;
};

std::vector<std::size_t> quotes_of(const std::string& text) {
  QuotesFinder finder(text);
  try {
    std::istringstream stream{text};
    YAML::Parser parser(stream);
    parser.HandleNextDocument(finder);
  } catch (const YAML::Exception&) {  // the reading of the document meets it again
  }
  std::sort(finder.quotes.begin(), finder.quotes.end());
  return finder.quotes;
}

// Writes the text anew, and knows where it is in both.
class Rewriter {
 public:
  explicit Rewriter(std::string_view text) : text_(text) {
    if (text.starts_with(kByteOrderMark)) {  // it is no column
      copy(kByteOrderMark.size());
      place_ = written_ = {};
    }
  }

  std::size_t at() const { return at_; }
  void copy(std::size_t length) {
    for (const char c : text_.substr(at_, length)) {
      result_.text.push_back(c);
      ++place_.column;
      ++written_.column;
      if (c != '\n') continue;
      place_ = written_ = {place_.line + 1, 1};
    }
    at_ += length;
  }
  void combine(std::uint32_t high, std::uint32_t low) {
    static constexpr char kHexDigits[] = "0123456789abcdef";
    const std::uint32_t character = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
    result_.combined.push_back(place_);
    result_.text += "\\U";
    for (int shift = 28; shift >= 0; shift -= 4) result_.text.push_back(kHexDigits[(character >> shift) & 0xf]);
    at_ += 2 * kEscapeLength;
    place_.column += kCombinedLength;
    written_.column += 2 * kEscapeLength;
  }
  YamlError lone() const {
    return {written_, std::string(text_.substr(at_, kEscapeLength)) +
                          " is one half of a character (a surrogate), and the other half does not stand beside it: "
                          "write both, as in \"\\ud83d\\ude00\", or the character itself"};
  }
  CombinedText take() && {
    copy(text_.size() - at_);
    return std::move(result_);
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  YamlMark place_;    // in the result
  YamlMark written_;  // in the text
  CombinedText result_;
};

// From the opening quote to the closing one.
std::optional<YamlError> rewrite_scalar(std::string_view text, Rewriter& rewriter) {
  rewriter.copy(1);
  while (rewriter.at() < text.size() && text[rewriter.at()] != '"') {
    const std::size_t at = rewriter.at();
    if (const auto surrogate = surrogate_at(text, at)) {
      const auto next = surrogate_at(text, at + kEscapeLength);
      if (!is_high(*surrogate) || !next || is_high(*next)) return rewriter.lone();
      rewriter.combine(*surrogate, *next);
    } else {
      rewriter.copy(text[at] == '\\' ? 2 : 1);
    }
  }
  return std::nullopt;
}

}  // namespace

YamlMark CombinedText::written(YamlMark mark) const {
  const auto before = std::count_if(combined.begin(), combined.end(), [mark](const YamlMark& place) {
    return place.line == mark.line && place.column < mark.column;
  });
  mark.column += static_cast<int>(before) * static_cast<int>(2 * kEscapeLength - kCombinedLength);
  return mark;
}

std::variant<CombinedText, YamlError> combine_surrogates(std::string_view text) {
  const auto parsable = without_surrogates(text);
  if (!parsable) return CombinedText{std::string(text), {}};
  Rewriter rewriter(text);
  for (const std::size_t quote : quotes_of(*parsable)) {
    if (quote < rewriter.at()) continue;
    rewriter.copy(quote - rewriter.at());
    if (const auto error = rewrite_scalar(text, rewriter)) return *error;
  }
  return std::move(rewriter).take();
}

}  // namespace interconnect
