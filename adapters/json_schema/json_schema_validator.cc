#include "adapters/json_schema/json_schema_validator.h"

#include <algorithm>
#include <exception>
#include <string_view>
#include <utility>
#include <valijson/adapters/rapidjson_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "adapters/json_schema/matched_text.h"
#include "adapters/json_schema/schema_check.h"
#include "rapidjson/document.h"
#include "rapidjson/error/en.h"

namespace interconnect {
namespace {

constexpr std::size_t kMaxReason = 300;

// Without recursion: the text may be anything.
bool is_too_deep(std::string_view text) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kMaxValidatedDepth) return true;
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return false;
}

// Not with kParseFullPrecisionFlag, for which 0E999 is undefined behaviour.
void parse(std::string_view text, rapidjson::Document& document) {
  document.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(text.data(), text.size());
}

struct Extent {
  std::size_t longest_name = 0;
  std::size_t longest_array = 0;
};

void measure(const rapidjson::Value& value, Extent& extent) {
  if (value.IsArray()) {
    extent.longest_array = std::max<std::size_t>(extent.longest_array, value.Size());
    for (const rapidjson::Value& item : value.GetArray()) measure(item, extent);
  } else if (value.IsObject()) {
    for (const auto& member : value.GetObject()) {
      extent.longest_name = std::max<std::size_t>(extent.longest_name, member.name.GetStringLength());
      measure(member.value, extent);
    }
  }
}

class CompiledSchema {
 public:
  // Nothing if it compiled.
  std::optional<JsonSchemaError> compile(const JsonSchema& source) {
    rapidjson::Document document;
    if (is_too_deep(source.text)) return JsonSchemaError{source.origin + ": the schema is nested too deeply"};
    parse(source.text, document);
    if (document.HasParseError()) {
      return JsonSchemaError{source.origin + place(source.text, document.GetErrorOffset()) +
                             ": not JSON: " + rapidjson::GetParseError_En(document.GetParseError())};
    }
    if (!document.IsObject() && !document.IsBool()) return JsonSchemaError{source.origin + ": a schema is an object"};
    findings_ = check_schema(document);
    if (findings_.problem) return JsonSchemaError{source.origin + ", " + *findings_.problem};
    try {
      valijson::SchemaParser parser(findings_.draft4 ? valijson::SchemaParser::kDraft4
                                                     : valijson::SchemaParser::kDraft7);
      match_in_bounded_time(parser);
      parser.populateSchema(valijson::adapters::RapidJsonAdapter(document), schema_);
    } catch (const std::exception& error) {
      return JsonSchemaError{source.origin + ": " + error.what()};
    }
    return std::nullopt;
  }

  std::optional<std::string> validate(std::string_view text, std::string_view name) const {
    std::optional<std::string> reason = violation(text);
    if (!reason) return std::nullopt;
    *reason = std::string(name) + ": " + *reason;
    if (reason->size() > kMaxReason) {
      reason->resize(kMaxReason - 3);
      *reason += "...";
    }
    return reason;
  }

 private:
  static std::string place(std::string_view text, std::size_t offset) {
    const std::string_view before = text.substr(0, offset);
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const std::size_t column = offset - (before.rfind('\n') + 1) + 1;  // npos + 1 is 0
    return ':' + std::to_string(line) + ':' + std::to_string(column);
  }

  std::optional<std::string> violation(std::string_view text) const {
    if (text.empty()) return "empty, not JSON";
    if (is_too_deep(text)) return "nested deeper than " + std::to_string(kMaxValidatedDepth);
    rapidjson::Document document;
    parse(text, document);
    if (document.HasParseError()) {
      return std::string("not JSON: ") + rapidjson::GetParseError_En(document.GetParseError()) + " (at byte " +
             std::to_string(document.GetErrorOffset()) + ')';
    }
    if (findings_.has_pattern_properties || findings_.has_unique_items) {
      Extent extent;
      measure(document, extent);
      if (findings_.has_pattern_properties && extent.longest_name > kMaxMatchedName) {
        return "holds a property whose name is too long to be matched against a pattern";
      }
      if (findings_.has_unique_items && extent.longest_array > kMaxUniqueItems) {
        return "holds an array too long to be searched for equal items";
      }
    }
    try {
      const valijson::adapters::RapidJsonAdapter target(document);
      if (validator_.validate(schema_, target, nullptr)) return std::nullopt;
      return first_error(target);
    } catch (const std::exception& error) {
      return std::string("could not be validated: ") + error.what();
    }
  }

  std::string first_error(const valijson::adapters::RapidJsonAdapter& target) const {
    valijson::ValidationResults results;
    validator_.validate(schema_, target, &results);
    valijson::ValidationResults::Error error;
    if (!results.popError(error)) return "does not match the schema";
    std::string path;
    for (const std::string& step : error.context) path += step;
    return path + ": " + error.description;
  }

  SchemaFindings findings_;
  valijson::Schema schema_;
  mutable valijson::Validator validator_;  // keeps the regular expressions that it compiled
};

class JsonSchemaValidator final : public EventValidator {
 public:
  std::optional<JsonSchemaError> compile(const std::optional<JsonSchema>& data,
                                         const std::optional<JsonSchema>& metadata) {
    if (data) {
      if (auto error = data_.emplace().compile(*data)) return error;
    }
    if (metadata) {
      if (auto error = metadata_.emplace().compile(*metadata)) return error;
    }
    return std::nullopt;
  }

  std::optional<std::string> validate(const EventView& event) const override {
    if (data_) {
      if (auto reason = data_->validate(event.data, "data")) return reason;
    }
    if (metadata_) {
      if (auto reason = metadata_->validate(event.metadata, "metadata")) return reason;
    }
    return std::nullopt;
  }

 private:
  std::optional<CompiledSchema> data_;
  std::optional<CompiledSchema> metadata_;
};

}  // namespace

std::variant<std::shared_ptr<const EventValidator>, JsonSchemaError> make_json_schema_validator(
    const std::optional<JsonSchema>& data, const std::optional<JsonSchema>& metadata) {
  auto validator = std::make_shared<JsonSchemaValidator>();
  if (auto error = validator->compile(data, metadata)) return *std::move(error);
  return validator;
}

}  // namespace interconnect
