#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "app/group_advice.h"
#include "domain/copy_observer.h"
#include "ports/clock.h"

namespace interconnect {

// Writes what happens to the log, one line per thing that matters. Of things that can come by the thousand, it writes
// the first few in full and then, as long as they go on coming, one and the number of the others for each window of
// time, so that no failure fills a disk. It names events and streams, never their data.
class LoggingObserver final : public CopyObserver {
 public:
  // With `debug`, every copied append and every event found is written as well, without a limit.
  LoggingObserver(const Clock& clock, bool debug, GroupAdvice advice = {});

  void on_subscription_started(const Subscription& subscription, const SubscriptionStarted& started) override;
  void on_subscription_dropped(const Subscription& subscription, DropReason reason, std::string_view message) override;
  void on_error(Store store, const StoreError& error) override;
  void on_link_lost(Store store, const StoreError& error) override;
  void on_link_restored(Store store) override;
  void on_events_copied(std::span<const Event> events) override;
  void on_event_filtered(const EventView& event, std::string_view reason) override;
  void on_event_invalid(const EventView& event, std::string_view reason) override;
  void on_event_skipped(const EventView& event, const WriteFailure& failure) override;
  void on_event_parked(const EventView& event, std::string_view reason) override;
  void on_event_filled_from_source(const EventView& event) override;
  void on_event_already_present(const EventView& event) override;
  void on_event_redelivered(const EventView& event) override;
  void on_event_may_be_doubled(const EventView& event) override;
  void on_duplicate_id(const EventView& event) override;
  void on_event_out_of_order(const EventView& event) override;
  void on_link_target_gone(const LinkTargetGone& gone) override;
  void on_gap_left(const GapLeft& gap) override;

 private:
  enum Kind {
    kDropped,
    kError,
    kFiltered,
    kInvalid,
    kSkipped,
    kParked,
    kDuplicateId,
    kOutOfOrder,
    kTargetGone,
    kFilled,
    kMayBeDoubled,
    kGapLeft,
    kKinds
  };
  struct Window {
    Time began{0};
    int written = 0;
    int limit = 0;
    std::uint64_t left_out = 0;
  };
  // Whether a line of this kind may be written now; tells first how many were left out in the window before.
  bool may_write(Kind kind);

  // What follows from the group's settings, once, and again when it has others.
  void judge_group(const Subscription& subscription, const SubscriptionStarted& started);

  static constexpr std::size_t kMaxStreamsNamed = 10'000;

  const Clock& clock_;
  bool debug_;
  GroupAdvice advice_;
  std::map<SubscriptionIndex, GroupSettings> judged_;
  // Streams of which it was told once, as long as they can be told apart.
  using StreamNames = std::set<std::string>;
  bool is_new(StreamNames& names, std::string_view stream) const;
  StreamNames streams_with_links_gone_;
  StreamNames filled_streams_;
  StreamNames hiding_streams_;
  StreamNames streams_with_gaps_;
  std::array<Window, kKinds> windows_;
};

}  // namespace interconnect
