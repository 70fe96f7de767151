#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "domain/append.h"
#include "domain/copier/load.h"
#include "domain/progress/lag_estimate.h"
#include "domain/store.h"
#include "domain/subscription.h"

namespace interconnect {

// A subscription, and its group at the server.
struct SubscriptionProgress {
  std::uint64_t delivered = 0;  // to us since the start, redeliveries included
  bool is_connected = false;
  // Nothing where it is not known: not asked yet, the server does not tell, or what fills the stream stands still.
  std::optional<Lag> lag = std::nullopt;
  std::optional<std::int64_t> parked = std::nullopt;
  std::optional<std::int64_t> parked_by_server = std::nullopt;  // of them: of its own accord
  std::optional<std::size_t> consumers = std::nullopt;
};

// A projection of the source that fills what is copied. Nothing where it is not known.
struct ProjectionProgress {
  std::optional<bool> is_running = std::nullopt;
  std::optional<double> percent = std::nullopt;  // of its sources, as the server reckons; nothing while it does not run

  friend bool operator==(const ProjectionProgress&, const ProjectionProgress&) = default;
};

// What is measured of the copy, beside the events that a CopyObserver is told of. Called on the copying thread: must
// neither block nor throw.
class CopyMeter {
 public:
  virtual ~CopyMeter() = default;

  // `took`: from handing it to the sink to its outcome. Nothing in it is allocated by the event.
  virtual void on_append_completed(const AppendOutcome& outcome, std::size_t events, std::size_t payload_bytes,
                                   Duration took) = 0;
  // A store answered the link check or did not.
  virtual void on_link(Store store, bool answers) = 0;

  // Looks, about once a second.
  virtual void on_load(const CopyLoad& load) = 0;
  virtual void on_stall(bool is_stalled) = 0;
  virtual void on_progress(SubscriptionIndex subscription, const SubscriptionProgress& progress) = 0;
  virtual void on_projection(std::string_view name, const ProjectionProgress& progress) = 0;
};

}  // namespace interconnect
