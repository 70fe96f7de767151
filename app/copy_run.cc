#include "app/copy_run.h"

#include <glog/logging.h>

#include <chrono>
#include <string>
#include <utility>

#include "app/copy_policy.h"
#include "app/group_advice.h"
#include "app/stores.h"

namespace interconnect {
namespace {

// Some send a signal to the process and to its group: `timeout` does.
constexpr Duration kSameRequest = std::chrono::milliseconds(100);

CopierSettings copier_settings(const Settings& settings, const Extensions& extensions) {
  CopierSettings copier = settings.copier;
  const bool is_stock = extensions.safety_net == nullptr;
  copier.may_give_up_events =
      !is_stock || settings.on_write_failure == SafetyAction::kSkip || settings.on_write_failure == SafetyAction::kPark;
  return copier;
}

}  // namespace

CopyRun::CopyRun(Settings settings, const Extensions& extensions)
    : settings_(std::move(settings)),
      clock_(io_.get_executor()),
      log_(clock_, settings_.show_debug_logs, group_advice(settings_)),
      stock_safety_net_(settings_.on_write_failure, settings_.on_invalid_event),
      source_(make_source(io_, settings_.source, settings_.subscriptions)),
      sink_(make_sink(io_, settings_.destination)),
      monitor_(io_, clock_, settings_, *source_, *sink_, inspectors(), statistics_),
      observers_(all_observers(extensions.observer)),
      copier_(copier_settings(settings_, extensions), settings_.subscriptions, copy_policy(settings_, extensions),
              extensions.safety_net != nullptr ? *extensions.safety_net : stock_safety_net_, observers_),
      link_watch_({.interval = settings_.link_check_interval,
                   .timeout = settings_.copier.writer_timeout,
                   .on_failure = settings_.on_link_failure},
                  observers_),
      driver_(copier_, link_watch_, monitor_.source(), monitor_.sink(), clock_, killer_) {}

Monitor::Inspectors CopyRun::inspectors() {
  return {.source = make_inspector(io_, settings_.source),
          .destination = settings_.monitoring.http ? make_inspector(io_, settings_.destination) : nullptr};
}

void CopyRun::run() {
  LOG(INFO) << "copying from " << describe(settings_.source) << " to " << describe(settings_.destination);
  await_signal();
  monitor_.start(copier_);
  driver_.start(settings_.subscriptions);
  io_.run();
}

void CopyRun::await_signal() {
  signals_.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    await_signal();
    if (!asked_to_stop_at_) {
      LOG(INFO) << "asked to stop by signal " << signal;
      monitor_.on_stop_requested();
      driver_.stop(settings_.copier.writer_timeout);
      // What comes meanwhile is seen only now.
      asked_to_stop_at_ = clock_.now();
    } else if (clock_.now() - *asked_to_stop_at_ >= kSameRequest) {
      killer_.kill(ExitCode::kStopped, "asked to stop at once; what was in flight comes again");
    }
  });
}

std::vector<CopyObserver*> CopyRun::all_observers(CopyObserver* added) {
  std::vector<CopyObserver*> all{&statistics_, &log_};
  for (CopyObserver* observer : monitor_.observers()) all.push_back(observer);
  if (added != nullptr) all.push_back(added);
  return all;
}

void CopyRun::SummarizingKiller::kill(ExitCode code, std::string_view last_words) {
  monitor_.end_display();
  LOG(INFO) << summary(statistics_.counts()) << monitor_.parked_by_server();
  monitor_.say_goodbye({static_cast<int>(code), std::string(last_words)});
  killer_.kill(code, last_words);
}

}  // namespace interconnect
