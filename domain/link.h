#pragma once

#include <optional>
#include <string_view>

#include "domain/event.h"

namespace interconnect {

// The type of a link: an event whose data, `REVISION@STREAM`, names another event (SystemEventTypes.LinkTo).
inline constexpr std::string_view kLinkType = "$>";

// The event that a link names. The view points into the link's data.
struct LinkTarget {
  std::string_view stream;
  Revision revision = 0;

  friend bool operator==(const LinkTarget&, const LinkTarget&) = default;
};

// Nothing if the text is no link. The text is cut at its first `@`: a stream's name may hold more of them. (The servers
// up to 21.10.0 cut at every `@`, ResolveLinkToEvent in PersistentSubscriptionService.cs: the target that they find for
// such a link is none, or the wrong event.)
std::optional<LinkTarget> parse_link(std::string_view data);

}  // namespace interconnect
