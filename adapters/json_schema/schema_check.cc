#include "adapters/json_schema/schema_check.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "adapters/json_schema/matched_text.h"
#include "rapidjson/pointer.h"

namespace interconnect {
namespace {

using rapidjson::Value;

// Of the keywords that hold schemas: how they hold them, and whether these speak of the same value as the one around.
enum class Holds { kSchema, kList, kMap };
struct Keyword {
  std::string_view name;
  Holds holds;
  bool same_value;
};
constexpr Keyword kKeywords[] = {
    {"additionalItems", Holds::kSchema, false},
    {"additionalProperties", Holds::kSchema, false},
    {"contains", Holds::kSchema, false},
    {"items", Holds::kSchema, false},
    {"items", Holds::kList, false},
    {"propertyNames", Holds::kSchema, false},
    {"not", Holds::kSchema, true},
    {"if", Holds::kSchema, true},
    {"then", Holds::kSchema, true},
    {"else", Holds::kSchema, true},
    {"allOf", Holds::kList, true},
    {"anyOf", Holds::kList, true},
    {"oneOf", Holds::kList, true},
    {"properties", Holds::kMap, false},
    {"patternProperties", Holds::kMap, false},
    {"definitions", Holds::kMap, false},
    {"$defs", Holds::kMap, false},
    {"dependencies", Holds::kMap, true},
};

constexpr std::string_view kOfLaterDrafts[] = {
    "$anchor",     "$dynamicAnchor", "$dynamicRef", "$recursiveRef",    "dependentRequired",    "dependentSchemas",
    "maxContains", "minContains",    "prefixItems", "unevaluatedItems", "unevaluatedProperties"};

std::string_view text_of(const Value& value) { return {value.GetString(), value.GetStringLength()}; }

// As in a URI's fragment. What is no escape stays as it is.
std::string percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned char byte = 0;
    const char* const digits = text.data() + i + 1;
    if (text[i] == '%' && i + 2 < text.size() && std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
      decoded.push_back(static_cast<char>(byte));
      i += 2;
    } else {
      decoded.push_back(text[i]);
    }
  }
  return decoded;
}

// Whether the library, which matches the names of properties by backtracking, is soon done with a short name.
bool is_cheap_to_backtrack(std::string_view pattern) {
  constexpr int kMaxRepetitions = 2;
  constexpr int kMaxAlternatives = 16;
  int repetitions = 0;
  int alternatives = 0;
  bool in_class = false;
  char before = '(';  // of a quantifier '*' stands for all
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '\\') {
      ++i;
      before = 'a';
    } else if (in_class) {
      in_class = c != ']';
    } else if ((c == '*' || c == '+' || c == '?' || c == '{') && before != '(') {
      if (before == ')') return false;
      const std::size_t end = c == '{' ? pattern.find('}', i) : i;
      const bool is_exact = c == '{' && pattern.substr(i, end - i).find(',') == std::string_view::npos;
      const bool is_lazy_mark = before == '*';
      if (!is_exact && !is_lazy_mark && ++repetitions > kMaxRepetitions) return false;
      if (end == std::string_view::npos) return true;
      i = end;
      before = '*';
    } else {
      in_class = c == '[';
      if (c == '|' && ++alternatives > kMaxAlternatives) return false;
      before = c;
    }
  }
  return true;
}

class Checker {
 public:
  explicit Checker(rapidjson::Document& document) : document_(document) {}

  SchemaFindings check() {
    read_draft();
    add(document_, "#");
    while (!findings_.problem && !waiting_.empty()) {
      const auto [schema, path] = std::move(waiting_.back());
      waiting_.pop_back();
      if (schema->IsObject()) check_object(*schema, path);
    }
    if (!findings_.problem) find_cycle();
    return std::move(findings_);
  }

 private:
  void problem(const std::string& path, const std::string& what) {
    if (!findings_.problem) findings_.problem = path + ": " + what;
  }

  void read_draft() {
    if (!document_.IsObject()) return;
    const auto member = document_.FindMember("$schema");
    if (member == document_.MemberEnd()) return;
    const std::string_view uri = member->value.IsString() ? text_of(member->value) : "";
    findings_.draft4 = uri.find("draft-04") != std::string_view::npos;
    if (!findings_.draft4 && uri.find("draft-06") == std::string_view::npos &&
        uri.find("draft-07") == std::string_view::npos) {
      problem("#/$schema", "drafts 4 to 7 are understood");
    }
  }

  void add(Value& schema, std::string path) {
    if (paths_.try_emplace(&schema, path).second) waiting_.emplace_back(&schema, std::move(path));
  }

  void add_within(Value& parent, Value& schema, std::string path, bool same_value) {
    if (same_value) leads_to_[&parent].push_back(&schema);
    add(schema, std::move(path));
  }

  void check_object(Value& schema, const std::string& path) {
    const auto reference = schema.FindMember("$ref");
    if (reference != schema.MemberEnd()) {
      check_reference(schema, reference->value, path);
      return;  // by drafts 4 to 7 what stands beside a reference does not count
    }
    const auto id = schema.FindMember("id");
    if (id != schema.MemberEnd() && id->value.IsString()) id->value.SetNull();
    for (const std::string_view later : kOfLaterDrafts) {
      if (schema.HasMember(Value(rapidjson::StringRef(later.data(), later.size())))) {
        problem(path, std::string(later) + " is of a later draft than 7");
      }
    }
    check_patterns(schema, path);
    const auto unique = schema.FindMember("uniqueItems");
    if (unique != schema.MemberEnd() && unique->value.IsTrue()) findings_.has_unique_items = true;
    for (const Keyword& keyword : kKeywords) add_held(schema, keyword, path);
  }

  void add_held(Value& schema, const Keyword& keyword, const std::string& path) {
    const auto member = schema.FindMember(Value(rapidjson::StringRef(keyword.name.data(), keyword.name.size())));
    if (member == schema.MemberEnd()) return;
    const std::string below = path + '/' + std::string(keyword.name);
    Value& held = member->value;
    if (keyword.holds == Holds::kSchema && held.IsObject()) {
      add_within(schema, held, below, keyword.same_value);
    } else if (keyword.holds == Holds::kList && held.IsArray()) {
      for (rapidjson::SizeType i = 0; i < held.Size(); ++i) {
        add_within(schema, held[i], below + '/' + std::to_string(i), keyword.same_value);
      }
    } else if (keyword.holds == Holds::kMap && held.IsObject()) {
      for (auto& entry : held.GetObject()) {
        add_within(schema, entry.value, below + '/' + std::string(text_of(entry.name)), keyword.same_value);
      }
    }
  }

  void check_reference(Value& schema, const Value& reference, const std::string& path) {
    const std::string_view text = reference.IsString() ? text_of(reference) : "";
    if (text != "#" && !text.starts_with("#/")) {
      problem(path, "$ref must be # or begin with #/: other documents are not fetched");
      return;
    }
    const std::string decoded = percent_decoded(text.substr(1));
    const rapidjson::Pointer pointer(decoded.data(), decoded.size());
    Value* const target = pointer.IsValid() ? pointer.Get(document_) : nullptr;
    if (target == nullptr) {
      problem(path, "$ref points to nothing: " + std::string(text));
    } else {
      add_within(schema, *target, std::string(text), true);
    }
  }

  void check_patterns(Value& schema, const std::string& path) {
    const auto pattern = schema.FindMember("pattern");
    if (pattern != schema.MemberEnd()) {
      if (pattern->value.IsString()) check_pattern(pattern->value, path + "/pattern");
      pattern->name.SetString(rapidjson::StringRef(kPatternKeyword));
    }
    const auto format = schema.FindMember("format");
    if (format != schema.MemberEnd()) format->name.SetString(rapidjson::StringRef(kFormatKeyword));
    const auto properties = schema.FindMember("patternProperties");
    if (properties == schema.MemberEnd() || !properties->value.IsObject()) return;
    for (const auto& entry : properties->value.GetObject()) {
      findings_.has_pattern_properties = true;
      check_pattern(entry.name, path + "/patternProperties");
      if (!is_cheap_to_backtrack(text_of(entry.name))) {
        problem(path + "/patternProperties", "could take for ever to match: " + std::string(text_of(entry.name)) +
                                                 ": no group may be repeated, and no more than two things");
      }
    }
  }

  void check_pattern(const Value& pattern, const std::string& path) {
    const std::string text(text_of(pattern));
    const std::string what = problem_with_pattern(text);
    if (!what.empty()) problem(path, what + ": " + text);
  }

  // A schema that leads back to itself for the same value would be followed without end.
  void find_cycle() {
    std::unordered_map<const Value*, int> led_to_by;
    for (const auto& [from, targets] : leads_to_) {
      for (const Value* target : targets) ++led_to_by[target];
    }
    std::vector<const Value*> free;
    for (const auto& [schema, path] : paths_) {
      if (!led_to_by.contains(schema)) free.push_back(schema);
    }
    while (!free.empty()) {
      const auto targets = leads_to_.find(free.back());
      free.pop_back();
      if (targets == leads_to_.end()) continue;
      for (const Value* target : targets->second) {
        if (--led_to_by[target] == 0) {
          led_to_by.erase(target);
          free.push_back(target);
        }
      }
    }
    if (led_to_by.empty()) return;
    std::vector<std::string> in_cycle;
    for (const auto& [schema, count] : led_to_by) in_cycle.push_back(paths_.at(schema));
    problem(*std::min_element(in_cycle.begin(), in_cycle.end()), "the schema refers to itself without end");
  }

  rapidjson::Document& document_;
  SchemaFindings findings_;
  std::vector<std::pair<Value*, std::string>> waiting_;
  std::unordered_map<const Value*, std::string> paths_;
  std::unordered_map<const Value*, std::vector<const Value*>> leads_to_;
};

}  // namespace

SchemaFindings check_schema(rapidjson::Document& schema) { return Checker(schema).check(); }

}  // namespace interconnect
