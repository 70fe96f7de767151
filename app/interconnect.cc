#include "app/interconnect.h"

#include <glog/logging.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <optional>
#include <utility>
#include <variant>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "adapters/clock/asio_clock.h"
#include "adapters/env_config/process_environment.h"
#include "adapters/grpc/grpc_store.h"
#include "adapters/legacy_tcp/legacy_store.h"
#include "adapters/process_killer/exiting_process_killer.h"
#include "app/configuration/read_settings.h"
#include "app/copy_driver.h"
#include "app/copy_statistics.h"
#include "app/logging_observer.h"
#include "app/observers.h"

ABSL_FLAG(std::string, config, "",
          "the configuration file (YAML); otherwise the one that EVENTSTORE_INTERCO_CONFIG names");

namespace interconnect {
namespace {

constexpr std::chrono::seconds kSummaryInterval{10};

// Until the copy catches signals itself: nothing is under way yet.
extern "C" void leave_before_start(int) { std::_Exit(static_cast<int>(ExitCode::kStopped)); }

constexpr char kUsage[] =
    "copies events from one EventStoreDB to another, live and in full.\n"
    "The two stores are given by environment variables (EVENTSTORE_INTERCO_..._SRC and ..._DST), what is copied by "
    "the\n"
    "configuration file; README.md names them all. Ends with 0 when asked to stop (SIGTERM, SIGINT), 1 when a safety\n"
    "rule ended it, 2 for a wrong configuration, 3 when a server refused it.";

std::unique_ptr<EventSource> make_source(boost::asio::io_context& io, const Settings& settings) {
  if (const auto* legacy = std::get_if<LegacyStoreSettings>(&settings.source)) {
    return make_legacy_source(io, *legacy, settings.subscriptions);
  }
  return make_grpc_source(io, std::get<GrpcStoreSettings>(settings.source), settings.subscriptions);
}

std::unique_ptr<EventSink> make_sink(boost::asio::io_context& io, const Settings& settings) {
  if (const auto* legacy = std::get_if<LegacyStoreSettings>(&settings.destination))
    return make_legacy_sink(io, *legacy);
  return make_grpc_sink(io, std::get<GrpcStoreSettings>(settings.destination));
}

std::string describe(const StoreSettings& store) {
  if (const auto* legacy = std::get_if<LegacyStoreSettings>(&store)) {
    return legacy->tcp.host + ":" + std::to_string(legacy->tcp.port) + " (legacy, TCP)";
  }
  const GrpcStoreSettings& grpc = std::get<GrpcStoreSettings>(store);
  return grpc.hosts.front().host + ":" + std::to_string(grpc.hosts.front().port) + " (next, gRPC)";
}

CopierSettings copier_settings(const Settings& settings) {
  CopierSettings copier;
  copier.max_append_events = settings.limits.max_append_events;
  copier.max_append_bytes = settings.limits.max_append_bytes;
  copier.max_appends_in_flight = settings.limits.max_appends_in_flight;
  copier.max_held_bytes = settings.limits.max_held_bytes;
  copier.max_retry_bytes = settings.limits.max_held_bytes / 2;
  copier.writer_timeout = settings.writer_timeout;
  copier.predecessor_wait = settings.limits.predecessor_wait;
  copier.look_up_depth = static_cast<std::int32_t>(settings.limits.look_up_depth);
  return copier;
}

// Everything that lives as long as the copy, wired together.
class Interconnect {
 public:
  Interconnect(Settings settings, const Extensions& extensions)
      : settings_(std::move(settings)),
        clock_(io_.get_executor()),
        log_(clock_, settings_.show_debug_logs),
        stock_safety_net_(settings_.on_write_failure, settings_.on_invalid_event),
        observers_(with(extensions.observer)),
        source_(make_source(io_, settings_)),
        sink_(make_sink(io_, settings_)),
        copier_(copier_settings(settings_), settings_.subscriptions, policy(extensions),
                extensions.safety_net != nullptr ? *extensions.safety_net : stock_safety_net_, observers_),
        link_watch_({.interval = settings_.link_check_interval,
                     .timeout = settings_.writer_timeout,
                     .on_failure = settings_.on_link_failure},
                    observers_),
        driver_(copier_, link_watch_, *source_, *sink_, clock_, killer_) {}

  void run() {
    LOG(INFO) << "copying from " << describe(settings_.source) << " to " << describe(settings_.destination);
    signals_.async_wait([this](const boost::system::error_code& error, int signal) {
      if (error) return;
      LOG(INFO) << "asked to stop by signal " << signal;
      driver_.stop();
    });
    summarize_after_interval();
    driver_.start(settings_.subscriptions);
    io_.run();
  }

 private:
  std::vector<CopyObserver*> with(CopyObserver* added) {
    std::vector<CopyObserver*> all{&statistics_, &log_};
    if (added != nullptr) all.push_back(added);
    return all;
  }

  EventPolicy policy(const Extensions& extensions) const {
    std::vector<AllowedType> types = settings_.allowed_types;
    for (AllowedType& type : types) {
      if (const auto it = extensions.validators.find(type.pattern); it != extensions.validators.end()) {
        type.validator = it->second;
      }
    }
    return EventPolicy(std::move(types));
  }

  void summarize_after_interval() {
    summary_timer_.expires_after(kSummaryInterval);
    summary_timer_.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      if (statistics_.counts() != summarized_) {
        summarized_ = statistics_.counts();
        LOG(INFO) << summary(summarized_) << "; held " << copier_.load().held_events << " events";
      }
      summarize_after_interval();
    });
  }

  // Tells the sum of all before the process ends.
  class SummarizingKiller final : public ProcessKiller {
   public:
    explicit SummarizingKiller(const CopyStatistics& statistics) : statistics_(statistics) {}
    void kill(ExitCode code, std::string_view last_words) override {
      LOG(INFO) << summary(statistics_.counts());
      killer_.kill(code, last_words);
    }

   private:
    const CopyStatistics& statistics_;
    ExitingProcessKiller killer_;
  };

  Settings settings_;
  boost::asio::io_context io_{1};
  AsioClock clock_;
  CopyStatistics statistics_;
  CopyStatistics::Counts summarized_;
  LoggingObserver log_;
  StockSafetyNet stock_safety_net_;
  Observers observers_;
  SummarizingKiller killer_{statistics_};
  std::unique_ptr<EventSource> source_;
  std::unique_ptr<EventSink> sink_;
  Copier copier_;
  LinkWatch link_watch_;
  CopyDriver driver_;
  boost::asio::signal_set signals_{io_, SIGTERM, SIGINT};
  boost::asio::steady_timer summary_timer_{io_};
};

int refuse_configuration(std::string_view message) {
  LOG(ERROR) << message;
  google::FlushLogFiles(google::INFO);
  return static_cast<int>(ExitCode::kWrongConfiguration);
}

}  // namespace

int run_interconnect(int argc, char** argv, const Extensions& extensions) {
  absl::SetProgramUsageMessage(kUsage);
  const std::vector<char*> arguments = absl::ParseCommandLine(argc, argv);
  FLAGS_logtostderr = true;
  google::InitGoogleLogging(argv[0]);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGTERM, leave_before_start);
  std::signal(SIGINT, leave_before_start);
  if (arguments.size() > 1) {
    return refuse_configuration(std::string("unexpected argument '") + arguments[1] + "': --help tells what there is");
  }
  const std::string file = absl::GetFlag(FLAGS_config);
  const ProcessEnvironment environment;
  auto read = read_settings(environment, file.empty() ? std::nullopt : std::optional(file));
  if (const auto* errors = std::get_if<ConfigurationErrors>(&read)) return refuse_configuration(errors->message());
  Settings& settings = std::get<Settings>(read);
  for (const std::string& warning : settings.warnings) LOG(WARNING) << warning;
  try {
    Interconnect(std::move(settings), extensions).run();
  } catch (const std::exception& error) {
    return refuse_configuration(error.what());
  }
  return static_cast<int>(ExitCode::kStopped);
}

}  // namespace interconnect
