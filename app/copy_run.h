#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "adapters/clock/asio_clock.h"
#include "adapters/process_killer/exiting_process_killer.h"
#include "app/configuration/settings.h"
#include "app/copy_driver.h"
#include "app/copy_statistics.h"
#include "app/interconnect.h"
#include "app/logging_observer.h"
#include "app/monitoring/monitor.h"
#include "app/observers.h"

namespace interconnect {

// Everything that lives as long as a copy, wired together.
class CopyRun {
 public:
  // Throws std::runtime_error if a file of the TLS settings cannot be used.
  CopyRun(Settings settings, const Extensions& extensions);

  // Copies until a signal or a rule ends the process. Throws std::runtime_error if the HTTP port cannot be had.
  void run();

 private:
  // Tells the sum of all before the process ends.
  class SummarizingKiller final : public ProcessKiller {
   public:
    SummarizingKiller(const CopyStatistics& statistics, Monitor& monitor)
        : statistics_(statistics), monitor_(monitor) {}
    void kill(ExitCode code, std::string_view last_words) override;

   private:
    const CopyStatistics& statistics_;
    Monitor& monitor_;
    ExitingProcessKiller killer_;
  };

  void await_signal();
  Monitor::Inspectors inspectors();
  std::vector<CopyObserver*> all_observers(CopyObserver* added);

  Settings settings_;
  boost::asio::io_context io_{1};
  AsioClock clock_;
  CopyStatistics statistics_;
  LoggingObserver log_;
  StockSafetyNet stock_safety_net_;
  std::unique_ptr<EventSource> source_;
  std::unique_ptr<EventSink> sink_;
  Monitor monitor_;
  Observers observers_;
  SummarizingKiller killer_{statistics_, monitor_};
  Copier copier_;
  LinkWatch link_watch_;
  CopyDriver driver_;
  boost::asio::signal_set signals_{io_, SIGTERM, SIGINT};
  std::optional<Time> asked_to_stop_at_;
};

}  // namespace interconnect
