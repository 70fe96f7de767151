#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/yaml_config/yaml_document.h"
#include "app/configuration/problems.h"

namespace interconnect {

// The key of `known` that is spelt most like this one; nothing if none is near.
std::optional<std::string_view> nearest(std::string_view key, const std::vector<std::string_view>& known);

// One map of the configuration file. Every read names a key that is known; what is not there leaves the value as it is;
// what is of the wrong type is a problem and leaves it too. finish() refuses the keys that no read named.
class Section {
 public:
  // `name` says which map it is, for messages; `path` is what its keys' full names begin with, "source.tls." or so. A
  // node that is null reads as an empty map.
  Section(const YamlNode& node, std::string name, FileProblems& problems, std::string path = "");

  // The full name of a key.
  std::string path_of(std::string_view key) const { return path_ + std::string(key); }

  const YamlMark& mark() const { return node_.mark; }

  // The value of a key, unless it is missing or null.
  const YamlNode* find(std::string_view key);
  // As find(), but a missing one is a problem.
  const YamlNode* require(std::string_view key);
  // The place of a key that is there, else of the map.
  YamlMark place(std::string_view key) const;

  void read(std::string_view key, bool& value);
  void read(std::string_view key, std::string& value);
  // Milliseconds; both servers and both protocols hold them in 32 bits.
  template <typename Rep, typename Period>
  void read(std::string_view key, std::chrono::duration<Rep, Period>& value, std::int64_t least = 1) {
    if (const auto number = number_of(key, least, std::numeric_limits<std::int32_t>::max())) {
      value = std::chrono::milliseconds(*number);
    }
    note(key, std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(value).count()) + " ms");
  }

  template <std::integral Integer>
  void read_number(std::string_view key, Integer& value, std::int64_t least, std::int64_t most) {
    if (const auto number = number_of(key, least, most)) value = static_cast<Integer>(*number);
    note(key, std::to_string(value));
  }

  // One word of several.
  template <typename Value>
  void read_word(std::string_view key, Value& value, std::initializer_list<std::pair<std::string_view, Value>> words) {
    std::string word;
    const bool is_given = read_scalar(key, "a word", false, word);
    std::string expected;
    bool is_known = !is_given;
    for (const auto& [name, meaning] : words) {
      if (is_given && name == word) {
        value = meaning;
        is_known = true;
      }
      expected += (expected.empty() ? "" : ", ") + std::string(name);
    }
    if (!is_known) return error(key, shown(word) + " is none of: " + expected);
    for (const auto& [name, meaning] : words) {
      if (meaning == value) return note(key, std::string(name));
    }
  }

  // What the setting is in effect, for those who want to see it.
  void note(std::string_view key, std::string value);

  // A problem with a key's value.
  void error(std::string_view key, std::string_view what);
  void warning(std::string_view key, std::string_view what);

  // Instead of reading a key that has no place here: refuses it if it is there.
  void refuse(std::string_view key, std::string_view why);

  void finish();

 private:
  const YamlNode::Member* member(std::string_view key) const;
  // `plain`: what is quoted is text, and is not taken.
  bool read_scalar(std::string_view key, std::string_view expected, bool plain, std::string& value);
  std::optional<std::int64_t> number_of(std::string_view key, std::int64_t least, std::int64_t most);

  const YamlNode& node_;
  std::string name_;
  std::string path_;
  FileProblems& problems_;
  std::vector<std::string_view> known_;
};

}  // namespace interconnect
