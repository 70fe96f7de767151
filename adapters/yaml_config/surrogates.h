#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "adapters/yaml_config/yaml_document.h"

namespace interconnect {

// A YAML text in which each pair of escaped surrogates ("\ud83d\ude00", as JSON writers spell a character beyond the
// basic plane) is one escape ("\U0001f600"), the only spelling that YAML parsers know.
struct CombinedText {
  std::string text;
  std::vector<YamlMark> combined;  // where these escapes begin in `text`, in its order

  // The place in the text as it was written.
  YamlMark written(YamlMark mark) const;
};

// Only double-quoted scalars have escapes; all else stays. A surrogate that stands alone is an error.
std::variant<CombinedText, YamlError> combine_surrogates(std::string_view text);

}  // namespace interconnect
