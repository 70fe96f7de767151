#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/copy_driver.h"
#include "app/copy_statistics.h"
#include "domain/copier/copier.h"
#include "domain/link_watch/link_watch.h"
#include "testing/simulation/sim_clock.h"
#include "testing/simulation/sim_sink.h"
#include "testing/simulation/sim_source.h"

namespace interconnect::simulation {

// Puts something between the copier and its ports: to break a rule on purpose. Null: nothing.
struct Hooks {
  std::function<std::unique_ptr<EventSource>(EventSource&, Context&)> wrap_source;
  std::function<std::unique_ptr<EventSink>(EventSink&, Context&)> wrap_sink;
  std::function<std::unique_ptr<ProcessKiller>(ProcessKiller&)> wrap_killer;
};

// The types Good1 and Good2, whose data must not begin with "bad", and the deletions where there are any.
EventPolicy make_policy(const Plan& plan);
bool is_admitted(const StoredEvent& event);

// One life of the copier: the real one, by the real driver, over simulated ports. Its destruction is `kill -9`.
class Process {
 public:
  Process(Context& context, SourceServer& source, DestinationServer& destination, GroupState group, const Hooks& hooks,
          std::function<void()> on_exit);
  ~Process();

  void terminate();
  bool has_exited() const { return has_exited_; }
  Copier::Load load() const { return copier_.load(); }

  // The rules that hold at any time.
  void check_bounds();
  void check_timeouts();

 private:
  class SimKiller final : public ProcessKiller {
   public:
    explicit SimKiller(Process& process) : process_(process) {}
    void kill(ExitCode code, std::string_view last_words) override { process_.on_kill(code, last_words); }

   private:
    Process& process_;
  };

  class SimSafetyNet final : public SafetyNet {
   public:
    explicit SimSafetyNet(Process& process) : process_(process) {}
    SafetyAction cannot_write_event(const EventView& event, const WriteFailure& failure) override;
    SafetyAction invalid_event(const EventView& event, const InvalidEvent& why) override;

   private:
    Process& process_;
  };

  void check_settled(const Pushed& pushed);
  bool is_gone(const Context::Identity& identity) const;
  void on_kill(ExitCode code, std::string_view last_words);

  Context& context_;
  std::function<void()> on_exit_;
  bool has_exited_ = false;
  Time asked_to_stop_ = kNever;
  bool is_exit_due_ = false;  // the safety net said so
  bool is_retrying_ = false;  // the same
  ExitCode due_code_ = ExitCode::kKilledBySafetyRules;
  std::string due_event_;
  std::size_t largest_event_;

  SimClock clock_;
  SimSource sim_source_;
  SimSink sim_sink_;
  SimKiller sim_killer_{*this};
  std::unique_ptr<EventSource> source_hook_;
  std::unique_ptr<EventSink> sink_hook_;
  std::unique_ptr<ProcessKiller> killer_hook_;
  SimSafetyNet safety_net_{*this};
  CopyStatistics observer_;
  Copier copier_;
  LinkWatch link_watch_;
  CopyDriver driver_;
  Lifeline lifeline_;
};

}  // namespace interconnect::simulation
