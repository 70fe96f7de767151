#pragma once

#include <functional>
#include <string>

#include "app/configuration/settings.h"
#include "domain/group_findings.h"

namespace interconnect {

// What is needed to judge the source's groups, and to say how they are mended.
struct GroupAdvice {
  GroupCircumstances circumstances;
  std::function<std::string(const Subscription&)> url;  // of the group in the source's HTTP API; none: not known
};

GroupAdvice group_advice(const Settings& settings);

}  // namespace interconnect
