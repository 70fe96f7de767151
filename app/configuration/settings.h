#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "app/configuration/effective_setting.h"
#include "domain/copier/settings.h"
#include "domain/event_policy.h"
#include "domain/link_watch/link_watch.h"
#include "domain/safety_net.h"
#include "domain/subscription.h"
#include "ports/store_settings.h"

namespace interconnect {

// How much is under way at once. The defaults are those of the configuration file.
struct CopyLimits {
  // Of one append. A server refuses one whose data exceed its maximum append size, 1 MiB unless configured otherwise;
  // a lone larger event is sent all the same.
  std::size_t max_append_events = 500;
  std::size_t max_append_bytes = std::size_t{900} << 10;
  std::size_t max_appends_in_flight = 512;
  std::size_t max_in_flight_events = 8'192;
  std::size_t max_in_flight_bytes = std::size_t{8} << 20;

  // How long appends may wait for one another at the destination: as much of the bounds above is used as that takes. 0:
  // all of them, always.
  std::chrono::milliseconds append_queue_target{50};

  // Of events that were received and are not yet acknowledged. Nothing more is taken from the source above it.
  std::size_t max_held_bytes = std::size_t{32} << 20;

  // For so long after a connect to a group that had consumers before, a gap in a stream is waited out: the server may
  // still hold older events for a dead connection.
  std::chrono::milliseconds predecessor_wait{15'000};

  // How far back a destination stream is read at least when it is not known what it holds, in events.
  std::size_t look_up_depth = 64;

  friend bool operator==(const CopyLimits&, const CopyLimits&) = default;
};

// How a run is watched.
struct MonitoringSettings {
  std::optional<Endpoint> http;                   // of health, readiness and metrics; port 0: any free one
  std::chrono::milliseconds lag_interval{5'000};  // how often the source is asked how far its streams and groups are
  std::chrono::milliseconds stall_after{60'000};  // for so long the copy may have work and do none
  std::chrono::milliseconds summary_interval{10'000};  // of the log; 0: none

  friend bool operator==(const MonitoringSettings&, const MonitoringSettings&) = default;
};

// All that a run of the copier is told, checked.
struct Settings {
  StoreSettings source;
  StoreSettings destination;
  std::vector<Subscription> subscriptions;  // at least one
  std::vector<AllowedType> allowed_types;   // at least one; the validators are those of the JSON Schemas, if any
  SafetyAction on_write_failure = SafetyAction::kExit;
  SafetyAction on_invalid_event = SafetyAction::kSkip;
  OnLinkFailure on_link_failure = OnLinkFailure::kExit;
  std::chrono::milliseconds writer_timeout{5'000};
  std::chrono::milliseconds link_check_interval{10'000};
  CopyLimits limits;
  MonitoringSettings monitoring;
  CopierSettings::Ordering ordering = CopierSettings::Ordering::kPerStream;  // kGlobal: with one subscription only
  bool show_debug_logs = false;
  std::vector<std::string> warnings;        // a line each, to be logged; no secrets
  std::vector<EffectiveSetting> effective;  // all of the above, and where each comes from; secrets masked
};

}  // namespace interconnect
