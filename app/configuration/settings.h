#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "adapters/http_status/access.h"
#include "app/configuration/effective_setting.h"
#include "domain/copier/settings.h"
#include "domain/event_policy.h"
#include "domain/link_watch/link_watch.h"
#include "domain/safety_net.h"
#include "domain/subscription.h"
#include "ports/store_settings.h"

namespace interconnect {

// How a run is watched.
struct MonitoringSettings {
  std::optional<Endpoint> http;                   // of the status page, health and metrics; port 0: any free one
  HttpAccess http_access;                         // to all there but one word of health and readiness
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
  std::chrono::milliseconds link_check_interval{10'000};
  CopierSettings copier;
  MonitoringSettings monitoring;
  bool show_debug_logs = false;
  std::vector<std::string> warnings;        // a line each, to be logged; no secrets
  std::vector<EffectiveSetting> effective;  // all of the above, and where each comes from; secrets masked
};

}  // namespace interconnect
