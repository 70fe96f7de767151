#include "testing/simulation/world.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "testing/simulation/workload.h"

namespace interconnect::simulation {
namespace {

// Waits for dead consumers add up: one for each subscription, and each begins anew a few times.
constexpr Duration kSettlingTime = std::chrono::seconds(480);
constexpr int kMaxViolations = 5;

class World {
 public:
  World(const Plan& plan, const Hooks& hooks, bool prints_trace)
      : hooks_(hooks), context_(plan, prints_trace), workload_(context_), destination_(context_) {
    context_.destination.show_only(plan.max_count);
    workload_.fill_source();
    workload_.fill_destination();
    source_ = std::make_unique<SourceServer>(context_, workload_.choose_starts());
    workload_.start(*source_);
    start_process(0);
    if (plan.faults.second_consumer) schedule_start(1);
    schedule_faults();
    every_so_often();
    context_.scheduler.at(plan.faults_end, [this] { end_faults(); });
  }

  Result run() {
    while (!is_over_ && context_.violations.size() < kMaxViolations && context_.scheduler.step()) {
      for (const auto& process : processes_) {
        if (process) process->check_bounds();
      }
    }
    if (is_over_) workload_.check();
    Result result;
    result.ended = context_.now();
    result.lives = lives_;
    for (const auto& [stream, events] : context_.destination.streams()) {
      context_.trace.mix(stream);
      for (const StoredEvent& event : events) context_.trace.mix(to_string(event.id));
      result.events += static_cast<int>(events.size());
    }
    for (std::size_t i = 0; i < source_->groups(); ++i) {
      context_.trace.mix(static_cast<std::uint64_t>(source_->group(i).checkpoint()));
    }
    for (auto& process : processes_) process.reset();
    result.hash = context_.trace.hash();
    result.violations = context_.violations;
    return result;
  }

 private:
  void start_process(std::size_t slot) {
    ++lives_;
    const bool is_new = !context_.plan.group_exists && lives_ == 1;
    processes_[slot] = std::make_unique<Process>(context_, *source_, destination_,
                                                 is_new ? GroupState::kCreated : GroupState::kUnchanged, hooks_,
                                                 [this, slot] { end_process(slot); });
  }

  void end_process(std::size_t slot) {
    processes_[slot].reset();
    schedule_start(slot);
  }

  void schedule_start(std::size_t slot) {
    context_.scheduler.after(context_.random.between(0, 3'000) * kMillisecond, [this, slot] { start_process(slot); });
  }

  Process* some_process() {
    Process* process = processes_[static_cast<std::size_t>(context_.random.between(0, 1))].get();
    return process != nullptr ? process : processes_[0].get();
  }

  // `what` happens from time to time, the mean time between being about `mean`.
  void repeat(bool Faults::*fault, Duration mean, std::function<void()> what) {
    if (!(context_.plan.faults.*fault)) return;
    const Duration delay = context_.random.between(0, 2 * mean / kMillisecond) * kMillisecond;
    context_.scheduler.after(delay, [this, fault, mean, what = std::move(what)] {
      if (!context_.is_faulty) return;
      what();
      repeat(fault, mean, what);
    });
  }

  void schedule_faults() {
    repeat(&Faults::kill, 4 * kSecond, [this] {
      for (std::size_t slot = 0; slot < processes_.size(); ++slot) {
        if (processes_[slot] && processes_[slot].get() == some_process()) {
          context_.note("kill", "", {static_cast<std::int64_t>(slot)});
          return end_process(slot);
        }
      }
    });
    repeat(&Faults::terminate, 6 * kSecond, [this] {
      if (Process* process = some_process()) process->terminate();
    });
    repeat(&Faults::source_cut, 4 * kSecond, [this] { source_->cut_one(); });
    repeat(&Faults::source_restart, 8 * kSecond, [this] {
      if (!source_->is_up()) return;
      source_->stop();
      context_.scheduler.after(context_.random.between(0, 2'000) * kMillisecond, [this] { source_->start(); });
    });
    repeat(&Faults::sink_restart, 5 * kSecond, [this] { take_destination_down(context_.random.between(0, 800)); });
    repeat(&Faults::sink_long_down, 10 * kSecond,
           [this] { take_destination_down(context_.random.between(1'000, 12'000)); });
    repeat(&Faults::sink_denied, 8 * kSecond,
           [this] { destination_.deny_for(context_.random.between(100, 15'000) * kMillisecond); });
    repeat(&Faults::other_writers, kSecond, [this] {
      const std::int64_t writes = context_.random.one_in(10) ? 100 : context_.random.between(1, 3);
      for (std::int64_t i = 0; i < writes; ++i) workload_.write_beside();
    });
  }

  void take_destination_down(std::int64_t milliseconds) {
    if (!destination_.is_up()) return;
    destination_.stop(context_.random.one_in(3));
    context_.scheduler.after(milliseconds * kMillisecond, [this] { destination_.start(); });
  }

  void end_faults() {
    context_.note("faults-end", "");
    context_.is_faulty = false;
    if (!destination_.is_up()) destination_.start();
    destination_.deny_for(Duration{0});
  }

  void every_so_often() {
    for (const auto& process : processes_) {
      if (process) process->check_timeouts();
    }
    const bool is_quiet = !context_.is_faulty && workload_.is_over();
    if (is_quiet && source_->is_settled() && is_idle()) {
      is_over_ = true;
      return;
    }
    const Time must_be_over = std::max(context_.plan.faults_end, context_.plan.workload_end) + kSettlingTime;
    if (context_.now() > must_be_over) {
      std::string state;
      for (std::size_t i = 0; i < source_->groups(); ++i) state += "; " + source_->group(i).describe();
      if (processes_[0]) {
        const Copier::Load load = processes_[0]->load();
        state += "; held " + std::to_string(load.held_events) + ", appends " + std::to_string(load.appends_in_flight) +
                 ", look-ups " + std::to_string(load.look_ups);
      }
      context_.violate("it stalls" + state);
      is_over_ = true;
      return;
    }
    context_.scheduler.after(kSecond / 2, [this] { every_so_often(); });
  }

  bool is_idle() const {
    return std::all_of(processes_.begin(), processes_.end(), [](const auto& process) {
      if (!process) return true;
      const Copier::Load load = process->load();
      return !process->has_exited() && load.held_events == 0 && load.held_bytes == 0 && load.appends_in_flight == 0 &&
             load.bytes_in_flight == 0 && load.look_ups == 0;
    });
  }

  const Hooks hooks_;
  Context context_;
  Workload workload_;
  DestinationServer destination_;
  std::unique_ptr<SourceServer> source_;
  std::array<std::unique_ptr<Process>, 2> processes_;
  int lives_ = 0;
  bool is_over_ = false;
};

}  // namespace

Result run(const Plan& plan, const Hooks& hooks, bool prints_trace) { return World(plan, hooks, prints_trace).run(); }

}  // namespace interconnect::simulation
