#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "domain/event.h"
#include "domain/event_validator.h"

namespace interconnect {

struct Allowed {
  friend bool operator==(const Allowed&, const Allowed&) = default;
};
struct NotAllowed {
  friend bool operator==(const NotAllowed&, const NotAllowed&) = default;
};
struct Invalid {
  std::string reason;
  friend bool operator==(const Invalid&, const Invalid&) = default;
};
using Verdict = std::variant<Allowed, NotAllowed, Invalid>;

// One type of event that may be copied, or a glob over types (`*` any run of characters, `?` any one character).
struct AllowedType {
  std::string pattern;
  std::shared_ptr<const EventValidator> validator;  // null: every event of the type is valid
};

// Which events are copied. An exact name wins over globs, a longer glob over a shorter one, of equally long ones the
// earlier. A type that begins with `$` is matched only by a pattern that begins with `$`. `$streamDeleted` is never
// copied: it records the deletion of a stream at one server and cannot be written to another.
class EventPolicy {
 public:
  explicit EventPolicy(std::vector<AllowedType> types);

  Verdict judge(const EventView& event) const;

 private:
  const AllowedType* find(std::string_view type) const;

  std::vector<AllowedType> globs_;  // longest first
  absl::flat_hash_map<std::string, AllowedType> exact_;
};

}  // namespace interconnect
