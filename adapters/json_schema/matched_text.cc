#include "adapters/json_schema/matched_text.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <new>
#include <regex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <valijson/constraint_builder.hpp>
#include <valijson/constraints/concrete_constraints.hpp>
#include <valijson/internal/adapter.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <vector>

#include "adapters/json_schema/json_schema_validator.h"

namespace interconnect {
namespace {

constexpr std::size_t kMaxPattern = 1'024;  // the library's compiler recurses

// libstdc++'s own: simulates the automaton instead of backtracking. Refuses back-references, which nobody can match in
// bounded time.
std::regex compile(const std::string& pattern) {
  return std::regex(pattern, std::regex::ECMAScript | std::regex_constants::__polynomial);
}

// The library computes the numbers of escapes and repetitions without a look at their size.
bool has_huge_number(std::string_view pattern) {
  constexpr std::size_t kMaxDigits = 6;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '\\' && pattern[i] != '{' && pattern[i] != ',') continue;
    const std::size_t end = pattern.find_first_not_of("0123456789", i + 1);
    if (std::min(end, pattern.size()) - (i + 1) > kMaxDigits) return true;
    if (pattern[i] == '\\') ++i;
  }
  return false;
}

// A constraint on texts; every other value satisfies it.
template <typename Derived>
class TextConstraint : public valijson::constraints::PolyConstraint {
 public:
  bool validate(const valijson::adapters::Adapter& target, const std::vector<std::string>& context,
                valijson::ValidationResults* results) const override {
    if (!target.isString()) return true;
    const std::string text = target.asString();
    if (text.size() > kMaxMatchedText) throw std::length_error("it holds a text that is too long to be matched");
    const auto& self = static_cast<const Derived&>(*this);
    if (self.matches(text)) return true;
    if (results != nullptr) results->pushError(context, self.complaint());
    return false;
  }

 private:
  Constraint* cloneInto(void* memory) const override {
    return new (memory) Derived(static_cast<const Derived&>(*this));
  }
  std::size_t sizeOf() const override { return sizeof(Derived); }
};

class Pattern final : public TextConstraint<Pattern> {
 public:
  // regex_search() would begin anew at each place of the text.
  explicit Pattern(const std::string& pattern)
      : pattern_(pattern), anywhere_(compile("[\\s\\S]*(?:" + pattern + ")[\\s\\S]*")) {}

  bool matches(const std::string& text) const { return std::regex_match(text, anywhere_); }
  std::string complaint() const { return "does not match the pattern " + pattern_; }

 private:
  std::string pattern_;
  std::regex anywhere_;
};

// RFC 3339.
constexpr char kDate[] = "([0-9]{4})-([0-9]{2})-([0-9]{2})";
constexpr char kTime[] =
    "([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\\.[0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])";

bool is_day(const std::string& date) {
  using namespace std::chrono;
  return year_month_day(year(std::atoi(date.c_str())), month(static_cast<unsigned>(std::atoi(date.c_str() + 5))),
                        day(static_cast<unsigned>(std::atoi(date.c_str() + 8))))
      .ok();
}

class Format final : public TextConstraint<Format> {
 public:
  explicit Format(std::string name) : name_(std::move(name)) {}

  bool matches(const std::string& text) const {
    static const std::regex date = compile(kDate);
    static const std::regex time = compile(kTime);
    static const std::regex date_time = compile(std::string(kDate) + "[Tt]" + kTime);
    if (name_ == "date") return std::regex_match(text, date) && is_day(text);
    if (name_ == "time") return std::regex_match(text, time);
    if (name_ == "date-time") return std::regex_match(text, date_time) && is_day(text);
    return true;
  }
  std::string complaint() const { return "is no " + name_; }

 private:
  std::string name_;
};

template <typename Constraint>
class Builder final : public valijson::ConstraintBuilder {
 public:
  valijson::constraints::Constraint* make(const valijson::adapters::Adapter& value) const override {
    if (!value.isString()) throw std::invalid_argument("pattern and format are texts");
    return new Constraint(value.asString());
  }
};

}  // namespace

std::string problem_with_pattern(const std::string& pattern) {
  if (pattern.size() > kMaxPattern) return "longer than " + std::to_string(kMaxPattern) + " bytes";
  if (has_huge_number(pattern)) return "it has a number that is too large";
  try {
    (void)compile(pattern);
    return "";
  } catch (const std::regex_error& error) {
    if (error.code() == std::regex_constants::error_complexity) return "a back-reference has no bound in time";
    if (error.code() == std::regex_constants::error_space) return "too large: its repetitions multiply";
    return "not a regular expression of ECMAScript";
  }
}

void match_in_bounded_time(valijson::SchemaParser& parser) {
  parser.addConstraintBuilder(kPatternKeyword, new Builder<Pattern>);
  parser.addConstraintBuilder(kFormatKeyword, new Builder<Format>);
}

}  // namespace interconnect
