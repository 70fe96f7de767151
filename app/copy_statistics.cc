#include "app/copy_statistics.h"

#include <string_view>

namespace interconnect {
namespace {

void append_unless_zero(std::string& text, std::string_view label, std::uint64_t count) {
  if (count == 0) return;
  text.append(", ").append(label).append(" ").append(std::to_string(count));
}

}  // namespace

void CopyStatistics::on_events_copied(std::span<const Event> events) {
  counts_.copied += events.size();
  ++counts_.appends;
}

void CopyStatistics::on_event_filtered(const EventView&, std::string_view) { ++counts_.filtered; }
void CopyStatistics::on_event_invalid(const EventView&, std::string_view) { ++counts_.invalid; }
void CopyStatistics::on_event_skipped(const EventView&, const WriteFailure&) { ++counts_.skipped; }
void CopyStatistics::on_event_parked(const EventView&, std::string_view) { ++counts_.parked; }
void CopyStatistics::on_event_filled_from_source(const EventView&) { ++counts_.filled_from_source; }
void CopyStatistics::on_event_already_present(const EventView&) { ++counts_.already_present; }
void CopyStatistics::on_event_redelivered(const EventView&) { ++counts_.redelivered; }
void CopyStatistics::on_deliveries_discarded(std::size_t deliveries) { counts_.discarded += deliveries; }
void CopyStatistics::on_event_may_be_doubled(const EventView&) { ++counts_.may_be_doubled; }
void CopyStatistics::on_duplicate_id(const EventView&) { ++counts_.duplicate_ids; }
void CopyStatistics::on_event_out_of_order(const EventView&) { ++counts_.out_of_order; }
void CopyStatistics::on_link_target_gone(const LinkTargetGone&) { ++counts_.links_without_target; }
void CopyStatistics::on_gap_left(const GapLeft&) { ++counts_.gaps_left; }

std::uint64_t settled(const CopyStatistics::Counts& counts) {
  return counts.copied + counts.filtered + counts.invalid + counts.skipped + counts.parked + counts.already_present +
         counts.redelivered + counts.duplicate_ids + counts.links_without_target + counts.discarded;
}

std::string summary(const CopyStatistics::Counts& counts) {
  std::string text = "copied " + std::to_string(counts.copied) + " in " + std::to_string(counts.appends) + " appends";
  append_unless_zero(text, "filtered", counts.filtered);
  append_unless_zero(text, "invalid", counts.invalid);
  append_unless_zero(text, "already present", counts.already_present);
  append_unless_zero(text, "redelivered", counts.redelivered);
  append_unless_zero(text, "filled from the source", counts.filled_from_source);
  append_unless_zero(text, "skipped", counts.skipped);
  append_unless_zero(text, "parked", counts.parked);
  append_unless_zero(text, "duplicate ids", counts.duplicate_ids);
  append_unless_zero(text, "out of order", counts.out_of_order);
  append_unless_zero(text, "links without target", counts.links_without_target);
  append_unless_zero(text, "may be doubled", counts.may_be_doubled);
  append_unless_zero(text, "gaps left", counts.gaps_left);
  append_unless_zero(text, "discarded, to come again", counts.discarded);
  return text;
}

}  // namespace interconnect
