#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "domain/copier/load.h"
#include "domain/event.h"
#include "domain/progress/lag_estimate.h"
#include "domain/status/copy_state.h"
#include "domain/status/event_troubles.h"
#include "domain/status/status_history.h"
#include "domain/time.h"

namespace interconnect {

// One of the two stores, as far as it is known.
struct StoreStatus {
  std::string address;  // as it is configured
  std::string protocol;
  std::string node;     // that was asked last; empty: not known
  std::string version;  // likewise
  std::string role;     // "master", "leader", ...; likewise
  std::optional<bool> answers = std::nullopt;
  std::string problem;  // why it does not answer the link check
  Time since{0};        // for so long it has answered, or not
  std::uint64_t link_failures = 0;
};

struct ProjectionStatus {
  std::string name;
  std::optional<bool> is_running = std::nullopt;
  std::optional<double> percent = std::nullopt;
  std::string trouble;  // why what it fills may not be all there is
};

struct SubscriptionStatus {
  std::string stream = {};
  std::string group = {};
  bool is_connected = false;
  Time since{0};  // for so long it has been connected, or not
  std::uint64_t reconnections = 0;
  std::uint64_t delivered = 0;
  std::optional<Revision> start = std::nullopt;     // where the group begins
  std::optional<Revision> position = std::nullopt;  // all up to it is done with; -1: nothing
  std::optional<Revision> end = std::nullopt;       // of the stream, as it was read last
  std::optional<Time> end_as_of = std::nullopt;     // when that reading was asked for
  std::optional<Lag> lag = std::nullopt;
  std::size_t in_flight = 0;  // delivered to this copier and not done with
  std::optional<std::int64_t> group_in_flight = std::nullopt;
  std::optional<std::int64_t> parked = std::nullopt;
  std::optional<std::int64_t> parked_by_server = std::nullopt;
  std::optional<std::size_t> consumers = std::nullopt;
  std::optional<std::string> stall = std::nullopt;
  std::vector<ProjectionStatus> projections = {};
};

struct LogWarning {
  std::uint64_t number = 0;  // counts all, from 1
  std::int64_t at = 0;       // milliseconds since 1970
  std::string severity;      // "warning", "error"
  std::string message;
};

struct StatusSetting {
  std::string name;
  std::string value;  // secrets masked
  std::string origin;
};

// How the process ended, or is about to.
struct CopyEnd {
  int exit_code = 0;
  std::string last_words;
};

// All that is shown of a running copy. Holds neither data of events nor secrets.
struct CopyStatus {
  std::string version;
  std::string connection_name;
  std::int64_t epoch = 0;  // milliseconds since 1970 at Time 0
  Time started{0};
  Time at{0};  // when the copying thread looked last

  CopyState state;
  Time state_since{0};
  std::optional<CopyEnd> end = std::nullopt;

  // Of what the subscriptions have to do with: done and in all, as revisions; nothing where an end is not known.
  std::optional<double> share = std::nullopt;
  std::optional<std::int64_t> seconds_left = std::nullopt;
  double events_per_second = 0;
  std::optional<Lag> lag = std::nullopt;
  std::optional<std::int64_t> lag_bytes = std::nullopt;  // an estimate
  std::string lag_doubt;                                 // why it is not known

  std::vector<std::pair<std::string, std::uint64_t>> counts;  // by name, in the order to be shown
  CopyLoad load;
  std::int64_t memory_bytes = 0;
  double cpu_percent = 0;  // of one core

  std::array<StoreStatus, 2> stores;
  std::vector<SubscriptionStatus> subscriptions;

  std::uint64_t troubles_total = 0;
  std::shared_ptr<const std::vector<TroubleCount>> trouble_counts;
  std::shared_ptr<const std::vector<EventTrouble>> troubles;
  std::deque<StatusHistory::Sample> history;
};

}  // namespace interconnect
