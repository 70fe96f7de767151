#include "domain/status/event_troubles.h"

#include <algorithm>

#include "domain/excerpt.h"

namespace interconnect {
namespace {

constexpr std::string_view kOtherReasons = "other reasons";

}  // namespace

std::string_view to_string(TroubleKind kind) {
  switch (kind) {
    case TroubleKind::kFiltered:
      return "filtered";
    case TroubleKind::kInvalid:
      return "invalid";
    case TroubleKind::kFailed:
      return "failed";
    case TroubleKind::kParked:
      return "parked";
  }
  return "";
}

void EventTroubles::count(OfKind& one, TroubleKind kind, std::string_view reason) {
  if (one.counted_last >= one.counts.size() || one.counts[one.counted_last].reason != reason) {
    const auto same = [reason](const TroubleCount& count) { return count.reason == reason; };
    auto found = std::find_if(one.counts.begin(), one.counts.end(), same);
    if (found == one.counts.end()) {
      if (one.counts.size() >= kMaxReasons) return count(one, kind, kOtherReasons);
      // The last place is of the others.
      const bool is_full = one.counts.size() + 1 == kMaxReasons;
      found = one.counts.insert(found, {kind, std::string(is_full ? kOtherReasons : reason), 0});
    }
    one.counted_last = static_cast<std::size_t>(found - one.counts.begin());
  }
  ++one.counts[one.counted_last].events;
}

void EventTroubles::add(TroubleKind kind, const EventView& event, std::string_view reason, Time at) {
  OfKind& one = by_kind_[static_cast<std::size_t>(kind)];
  count(one, kind, reason);
  if (one.ring.size() < kRemembered) one.ring.resize(one.ring.size() + 1);
  EventTrouble& trouble = one.ring[one.next];
  one.next = (one.next + 1) % kRemembered;
  trouble.number = ++total_;
  trouble.kind = kind;
  trouble.stream.assign(event.stream.substr(0, kMaxName));
  trouble.revision = event.revision;
  trouble.type.assign(event.type.substr(0, kMaxName));
  trouble.reason.assign(reason);
  trouble.at = at;
}

std::vector<TroubleCount> EventTroubles::counts() const {
  std::vector<TroubleCount> all;
  for (const OfKind& one : by_kind_) all.insert(all.end(), one.counts.begin(), one.counts.end());
  for (TroubleCount& count : all) count.reason = excerpt(count.reason);
  return all;
}

std::vector<EventTrouble> EventTroubles::last() const {
  std::vector<EventTrouble> all;
  for (const OfKind& one : by_kind_) all.insert(all.end(), one.ring.begin(), one.ring.end());
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.number < b.number; });
  for (EventTrouble& trouble : all) {
    trouble.stream = excerpt(trouble.stream);
    trouble.type = excerpt(trouble.type);
    trouble.reason = excerpt(trouble.reason);
  }
  return all;
}

}  // namespace interconnect
