#include "app/copy_policy.h"

#include <utility>
#include <vector>

namespace interconnect {

EventPolicy copy_policy(const Settings& settings, const Extensions& extensions) {
  std::vector<AllowedType> types = settings.allowed_types;
  for (AllowedType& type : types) {
    if (const auto it = extensions.validators.find(type.pattern); it != extensions.validators.end()) {
      type.validator = it->second;
    }
  }
  return EventPolicy(std::move(types));
}

}  // namespace interconnect
