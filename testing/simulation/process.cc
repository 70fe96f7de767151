#include "testing/simulation/process.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "domain/event_validator.h"
#include "domain/stream_metadata.h"

namespace interconnect::simulation {
namespace {

class NotBad final : public EventValidator {
 public:
  std::optional<std::string> validate(const EventView& event) const override {
    if (event.data.starts_with("bad")) return "it is bad";
    return std::nullopt;
  }
};

}  // namespace

EventPolicy make_policy(const Plan& plan) {
  const auto validator = std::make_shared<NotBad>();
  std::vector<AllowedType> rules = {{"Good1", validator}, {"Good2", validator}};
  if (plan.deletions) rules.push_back({std::string(kStreamMetadataType), nullptr});
  return EventPolicy(std::move(rules));
}

bool is_admitted(const StoredEvent& event) {
  if (is_metadata_stream(event.stream)) return event.data == kSoftDeletion;
  return (event.type == "Good1" || event.type == "Good2") && !event.data.starts_with("bad");
}

Process::Process(Context& context, SourceServer& source, DestinationServer& destination, GroupState group,
                 const Hooks& hooks, std::function<void()> on_exit)
    : context_(context),
      on_exit_(std::move(on_exit)),
      largest_event_(sizeof(Event) + context.plan.max_data + 400),
      clock_(context),
      sim_source_(context, source, group, [this](const Pushed& pushed) { check_settled(pushed); }),
      sim_sink_(context, destination),
      source_hook_(hooks.wrap_source ? hooks.wrap_source(sim_source_, context) : nullptr),
      sink_hook_(hooks.wrap_sink ? hooks.wrap_sink(sim_sink_, context) : nullptr),
      killer_hook_(hooks.wrap_killer ? hooks.wrap_killer(sim_killer_) : nullptr),
      copier_(context.plan.settings, context.plan.subscriptions, make_policy(context.plan), safety_net_, observer_),
      link_watch_({.timeout = context.plan.settings.writer_timeout, .on_failure = OnLinkFailure::kWait}, observer_),
      driver_(copier_, link_watch_, source_hook_ ? *source_hook_ : sim_source_, sink_hook_ ? *sink_hook_ : sim_sink_,
              clock_, killer_hook_ ? *killer_hook_ : sim_killer_) {
  context_.note("process-started", "");
  driver_.start(context.plan.subscriptions);
}

Process::~Process() { context_.note("process-gone", ""); }

void Process::terminate() {
  if (has_exited_ || asked_to_stop_ != kNever) return;
  context_.note("terminate", "");
  asked_to_stop_ = context_.now();
  driver_.stop(context_.plan.settings.writer_timeout);
  // Alarms ring late.
  context_.scheduler.after(context_.plan.settings.writer_timeout + kSecond, lifeline_.guard([this] {
    if (!has_exited_) context_.violate("asked to stop, it did not within the writer timeout");
  }));
}

void Process::on_kill(ExitCode code, std::string_view last_words) {
  context_.note("exit", last_words, {static_cast<std::int64_t>(code)});
  if (has_exited_) context_.violate("exited twice");
  has_exited_ = true;
  if (code == ExitCode::kStopped) {
    if (asked_to_stop_ == kNever) context_.violate("stopped without being asked");
  } else if (is_retrying_ &&
             last_words.find("holds back more than " + std::to_string(context_.plan.settings.max_held_bytes / 2)) !=
                 std::string_view::npos) {
    // The bound of what retrying may hold back.
    if (code != ExitCode::kKilledBySafetyRules) context_.violate("exit with another code than that of its cause");
  } else if (!is_exit_due_) {
    context_.violate("exit without a cause: " + std::string(last_words));
  } else {
    if (code != due_code_) context_.violate("exit with the wrong code: " + std::string(last_words));
    if (last_words.find(due_event_) == std::string_view::npos) context_.violate("the exit does not name its event");
  }
  context_.scheduler.after(Duration{0}, lifeline_.guard([this] { on_exit_(); }));
}

void Process::check_settled(const Pushed& pushed) {
  if (pushed.is_dead) return;
  const StoredEvent& event = (*context_.source.find(pushed.stream))[static_cast<std::size_t>(pushed.revision)];
  if (!is_admitted(event) || context_.given_up.contains({event.stream, event.id})) return;
  if (context_.destination.written_at(event.stream, event.id)) return;
  const bool is_deletion = is_metadata_stream(event.stream);
  if (is_deletion &&
      (!context_.plan.promises_order() || context_.destination.is_soft_deleted(original_stream(event.stream)))) {
    return;  // an older event that comes late brings the stream back to life
  }
  if (event.revision < context_.source.shown_from(event.stream)) return;  // the source has it no more
  context_.violate("acknowledged before it is at the destination: " + event.stream + " " +
                   std::to_string(event.revision));
}

void Process::check_bounds() {
  if (has_exited_) return;
  const Copier::Load load = copier_.load();
  const CopierSettings& settings = context_.plan.settings;
  // One event that is read at the source is held in any case, so that the copy goes on.
  if (load.held_bytes > settings.max_held_bytes + largest_event_ && load.held_events > 1) {
    context_.violate("holds " + std::to_string(load.held_bytes) + " bytes");
  }
  if (load.bytes_in_flight > settings.max_in_flight_bytes + largest_event_) {
    context_.violate(std::to_string(load.bytes_in_flight) + " bytes are in flight");
  }
  if (load.events_in_flight > settings.max_in_flight_events) {
    context_.violate(std::to_string(load.events_in_flight) + " events are in flight");
  }
  if (load.appends_in_flight > settings.max_appends_in_flight) {
    context_.violate(std::to_string(load.appends_in_flight) + " appends are in flight");
  }
  const CopyStatistics::Counts& counts = observer_.counts();
  const std::uint64_t came = sim_source_.deliveries() + counts.filled_from_source;
  if (came != settled(counts) + load.held_events) {
    context_.violate("the sum does not close: " + std::to_string(came) + " came, " + std::to_string(settled(counts)) +
                     " are done with, " + std::to_string(load.held_events) + " are held; " + summary(counts));
  }
  if (load.look_ups > settings.max_look_ups) context_.violate(std::to_string(load.look_ups) + " look-ups at once");
}

// The source shows it no more.
bool Process::is_gone(const Context::Identity& identity) const {
  const Revision shown_from = context_.source.shown_from(identity.first);
  if (shown_from == 0) return false;
  const std::vector<StoredEvent>& events = *context_.source.find(identity.first);
  return std::any_of(events.begin(), events.end(), [&](const StoredEvent& event) {
    return event.id == identity.second && event.revision < shown_from;
  });
}

void Process::check_timeouts() {
  if (has_exited_ || context_.plan.on_write_failure != SafetyAction::kExit || asked_to_stop_ != kNever) return;
  // What is overdue is looked up. Each a writer timeout: until a page of another look-up, which has the place, is left
  // without an answer; until its own is; and until a refusal counts.
  const Faults& faults = context_.plan.faults;
  const int timeouts =
      1 + (faults.sink_restart || faults.sink_long_down ? 2 : 0) + (faults.sink_denied || faults.stream_denied ? 1 : 0);
  const Duration limit = timeouts * context_.plan.settings.writer_timeout + (faults.sink_slow ? 5 : 2) * kSecond;
  std::vector<Context::Identity> written;
  for (const auto& [identity, first_sent] : sim_sink_.first_sent()) {
    if (context_.destination.written_at(identity.first, identity.second)) {
      written.push_back(identity);
    } else if (context_.now() - first_sent > limit && !is_gone(identity)) {
      context_.violate("goes on though it cannot write an event to " + identity.first);
      return;
    }
  }
  for (const Context::Identity& identity : written) sim_sink_.forget(identity);
}

SafetyAction Process::SimSafetyNet::cannot_write_event(const EventView& event, const WriteFailure& failure) {
  Context& context = process_.context_;
  const Plan& plan = context.plan;
  context.note("cannot-write", event.stream, {event.revision, static_cast<std::int64_t>(failure.reason)});
  const Context::Identity identity{std::string(event.stream), event.id};
  const auto sent = process_.sim_sink_.first_sent().find(identity);
  const Time now = context.now();
  switch (failure.reason) {
    case WriteFailureReason::kTimedOut:
    case WriteFailureReason::kUnreachable: {
      // What was written is not kept in the list.
      if (sent != process_.sim_sink_.first_sent().end() && now - sent->second < plan.settings.writer_timeout) {
        context.violate("the safety net was asked before the writer timeout");
      }
      const std::optional<Time> visible = context.destination.visible_at(identity.first, identity.second);
      const bool may_be_hidden = context.destination.shown_from(identity.first) > 0;
      if (failure.reason == WriteFailureReason::kTimedOut && plan.promises_no_doubles() && visible && !may_be_hidden &&
          *visible < now - plan.settings.writer_timeout) {
        context.violate("the safety net was asked about an event that is there: " + identity.first + " " +
                        std::to_string(event.revision));
      }
      break;
    }
    case WriteFailureReason::kRefused:
      // Where nothing else was written, it cannot tell.
      if (!plan.faults.sink_denied && !plan.faults.stream_denied) {
        context.violate("refused, it says, but nobody did");
      }
      break;
    case WriteFailureReason::kStreamDenied:
      // Where all are refused and one stream has something to write, it cannot tell.
      if (!plan.faults.sink_denied && !(plan.faults.stream_denied && event.stream == "s-0")) {
        context.violate("this stream is denied, it says, but it is not");
      }
      break;
    case WriteFailureReason::kRejected:
      if (!event.data.starts_with("poison")) context.violate("rejected, it says, but nobody did");
      break;
  }
  process_.sim_sink_.forget(identity);
  const SafetyAction action = StockSafetyNet(plan.on_write_failure).cannot_write_event(event, failure);
  if (action == SafetyAction::kSkip || action == SafetyAction::kPark) context.given_up.insert(identity);
  if (action == SafetyAction::kRetry) process_.is_retrying_ = true;
  if (action == SafetyAction::kExit) {
    process_.is_exit_due_ = true;
    process_.due_event_ = to_string(event.id);
    const bool is_refused =
        failure.reason == WriteFailureReason::kRefused || failure.reason == WriteFailureReason::kStreamDenied;
    process_.due_code_ = is_refused ? ExitCode::kRefusedByServer : ExitCode::kKilledBySafetyRules;
  }
  return action;
}

SafetyAction Process::SimSafetyNet::invalid_event(const EventView& event, const InvalidEvent& why) {
  process_.context_.given_up.insert({std::string(event.stream), event.id});
  return why.allowed_type ? process_.context_.plan.on_invalid_event : SafetyAction::kSkip;
}

}  // namespace interconnect::simulation
