#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace interconnect {

// A place in a configuration file; both count from 1.
struct YamlMark {
  int line = 1;
  int column = 1;

  friend bool operator==(const YamlMark&, const YamlMark&) = default;
};

// A YAML value, with its place. Scalars keep their text; what it means is up to who reads it.
struct YamlNode {
  enum class Kind { kNull, kScalar, kSequence, kMap };
  struct Member;

  Kind kind = Kind::kNull;
  YamlMark mark;
  std::string scalar;
  bool quoted = false;  // a scalar that was quoted, or a block: always a string
  std::vector<YamlNode> items;
  std::vector<Member> members;  // in the file's order; no key is there twice
};

struct YamlNode::Member {
  std::string key;
  YamlMark mark;
  YamlNode value;
};

struct YamlError {
  YamlMark mark;
  std::string message;

  friend bool operator==(const YamlError&, const YamlError&) = default;
};

inline constexpr std::size_t kMaxYamlBytes = 1 << 20;
inline constexpr std::size_t kMaxYamlDepth = 64;

// Reads the one YAML document of a configuration file; an empty one is a null. Refused: anchors and aliases (with them
// a small file can stand for a huge one), tags, keys that are no scalars, a key that stands twice in one map, more than
// kMaxYamlBytes, and values deeper in each other than kMaxYamlDepth. Beyond YAML, a double-quoted string may spell a
// character as JSON does, by two escaped surrogates ("\ud83d\ude00"); one alone is refused.
std::variant<YamlNode, YamlError> read_yaml(std::string_view text);

// The value as JSON text: plain scalars by YAML's core schema (null, true, false, decimal numbers; all else is a
// string).
std::string to_json(const YamlNode& node);

}  // namespace interconnect
