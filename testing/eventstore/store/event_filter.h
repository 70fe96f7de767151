#pragma once

#include <regex>
#include <string>
#include <vector>

#include "testing/eventstore/store/types.h"

namespace interconnect::eventstore {

// Which events of $all are wanted: by the beginning of their type or stream, or by a regular expression that either
// must contain.
class EventFilter {
 public:
  enum class By { kType, kStream };

  EventFilter(By by, std::vector<std::string> prefixes) : by_(by), prefixes_(std::move(prefixes)) {}
  // Throws std::regex_error.
  EventFilter(By by, const std::string& regex) : by_(by), regexes_{std::regex(regex)} {}

  bool wants(const Record& record) const;

 private:
  By by_;
  std::vector<std::string> prefixes_;
  // One or none.
  std::vector<std::regex> regexes_;
};

}  // namespace interconnect::eventstore
