#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/http_status/status_server.h"
#include "adapters/prometheus/prometheus_metrics.h"
#include "app/configuration/settings.h"
#include "app/copy_statistics.h"
#include "app/monitoring/health.h"
#include "app/monitoring/lag_watch.h"
#include "app/monitoring/live_line.h"
#include "app/monitoring/metered_sink.h"
#include "app/monitoring/metered_source.h"
#include "app/monitoring/parked_watch.h"
#include "app/monitoring/progress_text.h"
#include "app/monitoring/projection_watch.h"
#include "app/monitoring/server_watch.h"
#include "app/monitoring/status_board.h"
#include "app/monitoring/status_collector.h"
#include "domain/copier/copier.h"
#include "domain/progress/stall_watch.h"

namespace interconnect {

// Looks at a running copy about once a second, and shows what it sees: on HTTP where that is set, and on the terminal
// or in the log.
class Monitor final : public CopyObserver {
 public:
  // The stores; without HTTP the destination is not asked, and may be none.
  struct Inspectors {
    std::unique_ptr<StoreInspector> source;
    std::unique_ptr<StoreInspector> destination;
  };

  // All outlive it; `statistics` counts the copy's events.
  Monitor(boost::asio::io_context& io, const Clock& clock, const Settings& settings, EventSource& source,
          EventSink& sink, Inspectors inspectors, const CopyStatistics& statistics);

  // What the copy is to run over in place of those that were handed in.
  EventSource& source() { return source_; }
  EventSink& sink() { return sink_; }
  // Who is to be told of the copy's events, in this order.
  std::vector<CopyObserver*> observers();

  // Throws std::runtime_error, which names the address, if the HTTP port cannot be had.
  void start(const Copier& copier);

  // The copy was asked to stop.
  void on_stop_requested();
  // Tells those who look at the page how the process ends; takes a fraction of a second at most, and none where nobody
  // does.
  void say_goodbye(CopyEnd end);

  // What the last summary is to add to the copy's own counts.
  std::string parked_by_server() const { return parked_by_server_text(parked_watch_.by_server()); }

  // Leaves the terminal to what is said last.
  void end_display() { live_line_.reset(); }

 private:
  ProgressFigures figures();
  void on_link_lost(Store store, const StoreError& error) override;

  void on_link_answered(Store store, const std::optional<StoreError>& error);
  void serve(const Endpoint& address);
  StatusRoutes routes();
  void publish_status();
  void look_after_interval();
  void look();
  void look_at_projections();
  // Why subscriptions are not well; nothing if all are. Tells those that have become so, or well again.
  std::optional<std::string> look_for_stalls(Time now);
  SubscriptionStatus status_of(SubscriptionIndex subscription);
  void summarize();

  boost::asio::steady_timer timer_;
  const Clock& clock_;
  MonitoringSettings settings_;
  const CopyStatistics& statistics_;
  std::unique_ptr<PrometheusMetrics> metrics_;  // none without HTTP
  Health health_;
  Inspectors inspectors_;
  MeteredSource source_;
  MeteredSink sink_;
  LagWatch lag_watch_;
  ProjectionWatch projection_watch_;
  ParkedWatch parked_watch_;
  struct Watched {
    StallWatch watch;
    std::optional<std::string> stall = std::nullopt;
  };
  std::vector<Watched> watched_;  // by subscription
  const Copier* copier_ = nullptr;

  std::string lag_doubt_;  // why the lag of a subscription cannot be known now; empty: there is no such reason
  Time ask_lag_at_{0};
  Time summarize_at_{0};
  CopyStatistics::Counts summarized_;
  // What was settled at the last looks, for the rate.
  struct Settled {
    Time at{0};
    std::uint64_t events = 0;
  };
  std::deque<Settled> settled_;
  std::unique_ptr<LiveLine> live_line_;  // on a terminal
  // What is shown on HTTP; none without it.
  struct Shown {
    StatusCollector collector;
    StatusBoard board;
    ServerWatch source_server;
    ServerWatch destination_server;
  };
  std::unique_ptr<Shown> shown_;
  std::unique_ptr<StatusServer> server_;  // last: its thread asks the others
};

}  // namespace interconnect
