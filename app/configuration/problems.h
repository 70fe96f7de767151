#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/yaml_config/yaml_document.h"

namespace interconnect {

// Collects what is wrong, a line each, and what is worth a warning.
struct Problems {
  std::vector<std::string> errors;
  std::vector<std::string> warnings;
};

// What may be shown of a value that is not what it should be: short, and printable.
std::string shown(std::string_view value);

// Problems of a file: each with its place.
class FileProblems {
 public:
  FileProblems(std::string file, Problems& problems) : file_(std::move(file)), problems_(problems) {}

  void error(const YamlMark& mark, std::string_view what) { problems_.errors.push_back(line(mark, what)); }
  void warning(const YamlMark& mark, std::string_view what) { problems_.warnings.push_back(line(mark, what)); }

  // FILE:LINE:COLUMN
  std::string place(const YamlMark& mark) const;
  const std::string& file() const { return file_; }

 private:
  std::string line(const YamlMark& mark, std::string_view what) const;

  std::string file_;
  Problems& problems_;
};

}  // namespace interconnect
