#include "adapters/yaml_config/yaml_document.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <sstream>
#include <utility>

#include "adapters/yaml_config/surrogates.h"

namespace interconnect {
namespace {

// `- type: *` is what many try first.
constexpr std::string_view kQuoteTheStar =
    "a value that begins with * must be quoted, as in '*' or '*Created': without quotes it is a YAML alias, which is "
    "not "
    "taken";

YamlMark place(const YAML::Mark& mark) { return {std::max(mark.line, 0) + 1, std::max(mark.column, 0) + 1}; }

// Carries an error out of the parser, which knows no other way to stop.
struct Refused : std::exception {
  explicit Refused(YamlError why) : error(std::move(why)) {}
  YamlError error;
};

[[noreturn]] void refuse(const YAML::Mark& mark, std::string message) {
  throw Refused(YamlError{place(mark), std::move(message)});
}

class TreeBuilder final : public YAML::EventHandler {
 public:
  YamlNode take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    check("", anchor, mark);
    add({.kind = YamlNode::Kind::kNull, .mark = place(mark), .scalar = {}, .items = {}, .members = {}}, mark);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuse(mark, std::string(kQuoteTheStar)); }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    check(tag, anchor, mark);
    // The parser gives the tag `!` to what was quoted, and `?` to a plain scalar.
    const bool quoted = tag == "!";
    const bool null = !quoted && (value.empty() || value == "~" || value == "null");
    add({.kind = null ? YamlNode::Kind::kNull : YamlNode::Kind::kScalar,
         .mark = place(mark),
         .scalar = value,
         .quoted = quoted,
         .items = {},
         .members = {}},
        mark);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(YamlNode::Kind::kSequence, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(YamlNode::Kind::kMap, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

  void OnAnchor(const YAML::Mark& mark, const std::string&) override {
    refuse(mark, "anchors (&name) are not taken: write the value where it is needed");
  }

 private:
  struct Open {
    YamlNode node;
    YAML::Mark mark;
    std::optional<YamlNode> key;  // of the member whose value comes next
  };

  static void check(const std::string& tag, YAML::anchor_t anchor, const YAML::Mark& mark) {
    if (anchor != YAML::NullAnchor) refuse(mark, "anchors (&name) are not taken: write the value where it is needed");
    if (!tag.empty() && tag != "!" && tag != "?") refuse(mark, "tags (!name) are not taken: leave it out");
  }

  void open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    check(tag, anchor, mark);
    if (open_.size() == kMaxYamlDepth) refuse(mark, "values lie too deep in each other");
    if (!open_.empty() && open_.back().node.kind == YamlNode::Kind::kMap && !open_.back().key) {
      refuse(mark, "a key must be plain text");
    }
    Open opened;
    opened.node.kind = kind;
    opened.node.mark = place(mark);
    opened.mark = mark;
    open_.push_back(std::move(opened));
  }

  void close() {
    YamlNode node = std::move(open_.back().node);
    const YAML::Mark mark = open_.back().mark;
    open_.pop_back();
    add(std::move(node), mark);
  }

  void add(YamlNode node, const YAML::Mark& mark) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == YamlNode::Kind::kSequence) {
      parent.node.items.push_back(std::move(node));
    } else if (parent.key) {
      parent.node.members.push_back({std::move(parent.key->scalar), parent.key->mark, std::move(node)});
      parent.key.reset();
    } else {
      for (const YamlNode::Member& member : parent.node.members) {
        if (member.key == node.scalar) {
          refuse(mark, "'" + node.scalar + "' stands twice here, first in line " + std::to_string(member.mark.line) +
                           ": leave one out");
        }
      }
      parent.key = std::move(node);
    }
  }

  YamlNode root_;
  std::vector<Open> open_;
};

bool is_json_number(std::string_view text) {
  std::size_t at = text.starts_with('-') ? 1 : 0;
  const auto digits = [&] {
    const std::size_t first = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    return at - first;
  };
  const std::size_t whole = at;
  const std::size_t count = digits();
  if (count == 0 || (count > 1 && text[whole] == '0')) return false;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() == 0) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (digits() == 0) return false;
  }
  return at == text.size();
}

void append_json_string(std::string_view text, std::string& json) {
  constexpr char kHexDigits[] = "0123456789abcdef";
  json.push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      json.push_back('\\');
      json.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      json += "\\u00";
      json.push_back(kHexDigits[c >> 4]);
      json.push_back(kHexDigits[c & 0xf]);
    } else {
      json.push_back(c);
    }
  }
  json.push_back('"');
}

void append_json(const YamlNode& node, std::string& json) {
  bool first = true;
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      json += "null";
      break;
    case YamlNode::Kind::kScalar:
      if (!node.quoted && (node.scalar == "true" || node.scalar == "false" || is_json_number(node.scalar))) {
        json += node.scalar;
      } else {
        append_json_string(node.scalar, json);
      }
      break;
    case YamlNode::Kind::kSequence:
      json.push_back('[');
      for (const YamlNode& item : node.items) {
        if (!std::exchange(first, false)) json.push_back(',');
        append_json(item, json);
      }
      json.push_back(']');
      break;
    case YamlNode::Kind::kMap:
      json.push_back('{');
      for (const YamlNode::Member& member : node.members) {
        if (!std::exchange(first, false)) json.push_back(',');
        append_json_string(member.key, json);
        json.push_back(':');
        append_json(member.value, json);
      }
      json.push_back('}');
      break;
  }
}

std::string message_of(const YAML::Exception& error) {
  for (const char* of_an_alias :
       {YAML::ErrorMsg::ALIAS_NOT_FOUND, YAML::ErrorMsg::CHAR_IN_ALIAS, YAML::ErrorMsg::UNKNOWN_ANCHOR}) {
    if (error.msg == of_an_alias) return std::string(kQuoteTheStar);
  }
  return error.msg;
}

std::variant<YamlNode, YamlError> read_document(const std::string& text) {
  try {
    std::istringstream stream{text};
    YAML::Parser parser(stream);
    TreeBuilder builder;
    if (!parser.HandleNextDocument(builder)) return YamlNode{};
    YamlNode root = builder.take();
    TreeBuilder second;
    if (parser.HandleNextDocument(second))
      return YamlError{second.take().mark, "the file holds more than one document"};
    return root;
  } catch (const Refused& refused) {
    return refused.error;
  } catch (const YAML::Exception& error) {
    return YamlError{place(error.mark), message_of(error)};
  }
}

void restore_marks(YamlNode& node, const CombinedText& text) {
  node.mark = text.written(node.mark);
  for (YamlNode& item : node.items) restore_marks(item, text);
  for (YamlNode::Member& member : node.members) {
    member.mark = text.written(member.mark);
    restore_marks(member.value, text);
  }
}

}  // namespace

std::variant<YamlNode, YamlError> read_yaml(std::string_view text) {
  if (text.size() > kMaxYamlBytes) {
    return YamlError{{}, "the file is larger than " + std::to_string(kMaxYamlBytes) + " bytes"};
  }
  const auto combined = combine_surrogates(text);
  if (const auto* lone = std::get_if<YamlError>(&combined)) return *lone;
  const CombinedText& readable = std::get<CombinedText>(combined);
  auto document = read_document(readable.text);
  if (readable.combined.empty()) return document;
  if (auto* error = std::get_if<YamlError>(&document)) {
    error->mark = readable.written(error->mark);
  } else {
    restore_marks(std::get<YamlNode>(document), readable);
  }
  return document;
}

std::string to_json(const YamlNode& node) {
  std::string json;
  append_json(node, json);
  return json;
}

}  // namespace interconnect
