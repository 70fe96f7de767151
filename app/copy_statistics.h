#pragma once

#include <cstdint>
#include <string>

#include "domain/copy_observer.h"

namespace interconnect {

// Counts what happened since the start.
class CopyStatistics final : public CopyObserver {
 public:
  struct Counts {
    std::uint64_t copied = 0;
    std::uint64_t appends = 0;
    std::uint64_t filtered = 0;
    std::uint64_t invalid = 0;
    std::uint64_t skipped = 0;
    std::uint64_t parked = 0;
    std::uint64_t already_present = 0;
    std::uint64_t redelivered = 0;
    std::uint64_t duplicate_ids = 0;
    std::uint64_t out_of_order = 0;
    std::uint64_t links_without_target = 0;
    std::uint64_t discarded = 0;           // deliveries that come again
    std::uint64_t filled_from_source = 0;  // events, beside the deliveries; each is counted above as well
    std::uint64_t may_be_doubled = 0;      // events, counted above as well
    std::uint64_t gaps_left = 0;

    friend bool operator==(const Counts&, const Counts&) = default;
  };
  const Counts& counts() const { return counts_; }

  void on_events_copied(std::span<const Event> events) override;
  void on_event_filtered(const EventView& event, std::string_view reason) override;
  void on_event_invalid(const EventView& event, std::string_view reason) override;
  void on_event_skipped(const EventView& event, const WriteFailure& failure) override;
  void on_event_parked(const EventView& event, std::string_view reason) override;
  void on_event_filled_from_source(const EventView& event) override;
  void on_event_already_present(const EventView& event) override;
  void on_event_redelivered(const EventView& event) override;
  void on_deliveries_discarded(std::size_t deliveries) override;
  void on_event_may_be_doubled(const EventView& event) override;
  void on_duplicate_id(const EventView& event) override;
  void on_event_out_of_order(const EventView& event) override;
  void on_link_target_gone(const LinkTargetGone& gone) override;
  void on_gap_left(const GapLeft& gap) override;

 private:
  Counts counts_;
};

// Deliveries and events filled in from the source that are done with, whatever became of them. With those that are held
// it is the sum of all that were delivered or filled in.
std::uint64_t settled(const CopyStatistics::Counts& counts);

// "copied 12, already present 3, refused 1 (not allowed 1, invalid 0), ...": what is zero and rare is left out.
std::string summary(const CopyStatistics::Counts& counts);

}  // namespace interconnect
