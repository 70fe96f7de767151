#include "app/configuration/section.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <numeric>

namespace interconnect {
namespace {

// Levenshtein's distance; case does not count.
std::size_t distance(std::string_view a, std::string_view b) {
  const auto same = [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
  };
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (same(a[i], b[j]) ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

// What stands in a terminal is to be no more than text.
std::string printable(std::string_view text) {
  std::string shown(text);
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = '?';
  }
  return shown;
}

std::string_view kind_name(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return "nothing";
    case YamlNode::Kind::kScalar:
      return "a single value";
    case YamlNode::Kind::kSequence:
      return "a list";
    case YamlNode::Kind::kMap:
      return "a map";
  }
  return "";
}

}  // namespace

std::optional<std::string_view> nearest(std::string_view key, const std::vector<std::string_view>& known) {
  constexpr std::size_t kLongestKey = 100;  // of what anyone could have meant
  std::optional<std::string_view> best;
  std::size_t best_distance = std::max<std::size_t>(key.size() / 2, 2) + 1;
  if (key.size() > kLongestKey) return best;
  for (const std::string_view candidate : known) {
    const std::size_t away = distance(key, candidate);
    if (away >= best_distance) continue;
    best = candidate;
    best_distance = away;
  }
  return best;
}

Section::Section(const YamlNode& node, std::string name, FileProblems& problems, std::string path)
    : node_(node), name_(std::move(name)), path_(std::move(path)), problems_(problems) {
  if (node.kind != YamlNode::Kind::kMap && node.kind != YamlNode::Kind::kNull) {
    problems_.error(node.mark, name_ + " must be a map of keys and values, but is " + std::string(kind_name(node)));
  }
}

const YamlNode::Member* Section::member(std::string_view key) const {
  for (const YamlNode::Member& member : node_.members) {
    if (member.key == key) return &member;
  }
  return nullptr;
}

const YamlNode* Section::find(std::string_view key) {
  known_.push_back(key);
  const YamlNode::Member* const found = member(key);
  return found == nullptr || found->value.kind == YamlNode::Kind::kNull ? nullptr : &found->value;
}

const YamlNode* Section::require(std::string_view key) {
  const YamlNode* const node = find(key);
  // Of what is no map at all, that has been said.
  const bool is_map = node_.kind == YamlNode::Kind::kMap || node_.kind == YamlNode::Kind::kNull;
  if (node == nullptr && is_map) problems_.error(place(key), name_ + " needs '" + std::string(key) + "': add it");
  return node;
}

YamlMark Section::place(std::string_view key) const {
  const YamlNode::Member* const found = member(key);
  return found == nullptr ? node_.mark : found->mark;
}

void Section::error(std::string_view key, std::string_view what) {
  problems_.error(place(key), std::string(key) + ": " + std::string(what));
}

void Section::warning(std::string_view key, std::string_view what) {
  problems_.warning(place(key), std::string(key) + ": " + std::string(what));
}

void Section::refuse(std::string_view key, std::string_view why) {
  known_.push_back(key);
  if (member(key) != nullptr) error(key, why);
}

bool Section::read_scalar(std::string_view key, std::string_view expected, bool plain, std::string& value) {
  const YamlNode* const node = find(key);
  if (node == nullptr) return false;
  if (node->kind != YamlNode::Kind::kScalar) {
    error(key, "must be " + std::string(expected) + ", but is " + std::string(kind_name(*node)));
    return false;
  }
  if (plain && node->quoted) {
    error(key, "must be " + std::string(expected) + ", but is text: take the quotes away");
    return false;
  }
  value = node->scalar;
  return true;
}

void Section::note(std::string_view key, std::string value) {
  const YamlNode::Member* const found = member(key);
  const bool is_given = found != nullptr && found->value.kind != YamlNode::Kind::kNull;
  problems_.note(path_of(key), std::move(value), is_given ? &found->mark : nullptr);
}

void Section::read(std::string_view key, bool& value) {
  std::string text;
  if (read_scalar(key, "true or false", true, text)) {
    if (text != "true" && text != "false") return error(key, "must be true or false, but is " + shown(text));
    value = text == "true";
  }
  note(key, value ? "true" : "false");
}

void Section::read(std::string_view key, std::string& value) {
  std::string text;
  if (read_scalar(key, "text", false, text)) {
    if (text.empty() || text.find('\0') != std::string::npos) {
      return error(key, "must be text, but is empty or holds a zero byte");
    }
    value = std::move(text);
  }
  note(key, value.empty() ? "none" : printable(value));
}

std::optional<std::int64_t> Section::number_of(std::string_view key, std::int64_t least, std::int64_t most) {
  std::string text;
  if (!read_scalar(key, "a whole number", true, text)) return std::nullopt;
  std::int64_t number = 0;
  const auto [stop, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || stop != text.data() + text.size() || number < least || number > most) {
    error(key, "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most) + ", but is " +
                   shown(text));
    return std::nullopt;
  }
  return number;
}

void Section::finish() {
  for (const YamlNode::Member& member : node_.members) {
    if (std::find(known_.begin(), known_.end(), member.key) != known_.end()) continue;
    std::string what = "unknown key " + shown(member.key) + " in " + name_;
    if (const auto near = nearest(member.key, known_)) {
      what += "; did you mean '" + std::string(*near) + "'?";
    } else {
      what += "; known are:";
      for (const std::string_view key : known_) what += ' ' + std::string(key);
    }
    problems_.error(member.mark, what);
  }
}

}  // namespace interconnect
