#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/yaml_config/yaml_document.h"
#include "app/configuration/effective_setting.h"

namespace interconnect {

// Collects what is wrong, a line each, what is worth a warning, and what was read.
struct Problems {
  std::vector<std::string> errors;
  std::vector<std::string> warnings;
  std::vector<EffectiveSetting> effective;

  void note(std::string name, std::string value, std::string origin) {
    effective.push_back({std::move(name), std::move(value), std::move(origin)});
  }
};

// What may be shown of a value that is not what it should be: short, and printable.
std::string shown(std::string_view value);

// Problems of a file: each with its place.
class FileProblems {
 public:
  FileProblems(std::string file, Problems& problems) : file_(std::move(file)), problems_(problems) {}

  void error(const YamlMark& mark, std::string_view what) { problems_.errors.push_back(line(mark, what)); }
  void warning(const YamlMark& mark, std::string_view what) { problems_.warnings.push_back(line(mark, what)); }

  // A setting that was read; without a place it has its default.
  void note(std::string name, std::string value, const YamlMark* mark) {
    problems_.note(std::move(name), std::move(value),
                   mark == nullptr ? "default" : file_ + ":" + std::to_string(mark->line));
  }

  // FILE:LINE:COLUMN
  std::string place(const YamlMark& mark) const;
  const std::string& file() const { return file_; }
  std::size_t errors() const { return problems_.errors.size(); }

 private:
  std::string line(const YamlMark& mark, std::string_view what) const;

  std::string file_;
  Problems& problems_;
};

}  // namespace interconnect
