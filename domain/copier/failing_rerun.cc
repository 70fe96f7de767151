#include "domain/copier/failing_rerun.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <variant>

#include "domain/copier/link_resolver.h"
#include "domain/copier/script_truth.h"
#include "domain/link.h"

namespace interconnect {
namespace {

using Page = ScriptInput::Page;

constexpr std::size_t kMaxViolations = 5;
constexpr std::size_t kMaxOutcomes = 30;

struct Failure {
  ErrorKind kind = ErrorKind::kUnavailable;
  bool has_effect = false;  // the append took place, and its answer was lost
};

class FailingRerun {
 public:
  FailingRerun(const ScriptSetup& setup, const std::vector<ScriptInput>& inputs, const Truth& truth)
      : setup_(setup), inputs_(inputs), truth_(truth), policy_(setup.policy()), run_(setup) {
    for (const auto& [name, stream] : truth.others) destination_[name].events = stream.events;
    sources_.resize(setup.streams.size(), {static_cast<std::size_t>(setup.buffer_size), {}});
    connected_.resize(setup.streams.size(), false);
    started_.resize(setup.streams.size());
  }

  // With the failure in place of the outcome that is input number `failing`.
  std::vector<std::string> run(std::size_t failing, const Failure& failure) {
    for (std::size_t i = 0; i < failing; ++i) as_it_was(inputs_[i]);
    fail(inputs_[failing], failure);
    for (std::size_t i = failing + 1; i < inputs_.size(); ++i) go_on(inputs_[i]);
    drain();
    return std::move(violations_);
  }

 private:
  // A subscription at the end of the script, when the source is modelled as well.
  struct Source {
    std::size_t buffer_size = 0;
    std::map<Revision, ScriptInput::Delivered> waiting;  // by position
  };

  void violate(std::string what) {
    if (violations_.size() < kMaxViolations) violations_.push_back(std::move(what));
  }

  void give(decltype(ScriptInput::what) what) {
    ScriptInput input = *current_;
    input.at = std::max(now_, input.at);
    now_ = input.at;
    input.what = std::move(what);
    give(input);
  }
  void give(const ScriptInput& input) {
    if (has_exited_) return;
    now_ = input.at;
    note(input);
    const std::size_t failed = run_.safety_net.failed.size();
    const std::vector<Action> actions = run_.give(input);
    for (std::size_t i = failed; i < run_.safety_net.failed.size(); ++i) {
      given_up_.insert(id_of(run_.safety_net.failed[i].first));
    }
    for (const Action& action : actions) check(action);
    check_bounds();
  }

  // What the rules need to know of an input.
  void note(const ScriptInput& input) {
    if (const auto* delivered = std::get_if<ScriptInput::Delivered>(&input.what)) {
      delivered_.emplace(std::pair(delivered->subscription, delivered->ack_id), *delivered);
      owed_[{delivered->subscription, delivered->ack_id}].insert_or_assign(delivered->position, *delivered);
    } else if (const auto* started = std::get_if<SubscriptionStarted>(&input.what)) {
      connected_[started->subscription] = true;
      started_[started->subscription] = *started;
    } else if (const auto* dropped = std::get_if<ScriptInput::Dropped>(&input.what)) {
      connected_[dropped->subscription] = false;
    } else if (std::holds_alternative<ScriptInput::StopRequested>(input.what)) {
      is_stopping_ = true;
    }
  }

  void as_it_was(const ScriptInput& input) {
    current_ = &input;
    if (const auto* answered = std::get_if<ScriptInput::AppendAnswered>(&input.what)) {
      const AskedAppend& append = run_.appends().front();
      KnownStream& stream = destination_[append.stream];
      if (const auto* appended = std::get_if<Appended>(&answered->outcome)) {
        write(append, appended->last_revision - static_cast<Revision>(append.events.size()));
      } else if (const auto* wrong = std::get_if<WrongExpectedVersion>(&answered->outcome)) {
        stream.last = std::max(stream.last, wrong->current.value_or(kNoStream));
      }
    } else if (const auto* read = std::get_if<ScriptInput::ReadAnswered>(&input.what)) {
      const ReadStream& asked = run_.reads().front();
      const auto* page = std::get_if<Page>(&read->answer);
      if (page != nullptr && asked.store == Store::kDestination) {
        for (const SharedEvent& event : page->events) learn(destination_, asked.read.stream, event, true);
      }
    }
    give(input);
  }

  void fail(const ScriptInput& input, const Failure& failure) {
    current_ = &input;
    const StoreError error{failure.kind, "failed in the rerun"};
    if (std::holds_alternative<ScriptInput::ReadAnswered>(input.what)) return give(ScriptInput::ReadAnswered{error});
    if (failure.has_effect) {
      const AskedAppend& append = run_.appends().front();
      const auto& appended = std::get<Appended>(std::get<ScriptInput::AppendAnswered>(input.what).outcome);
      write(append, appended.last_revision - static_cast<Revision>(append.events.size()), false);
    }
    give(ScriptInput::AppendAnswered{error});
  }

  void go_on(const ScriptInput& input) {
    current_ = &input;
    if (std::holds_alternative<ScriptInput::AppendAnswered>(input.what)) {
      answer_append();
    } else if (std::holds_alternative<ScriptInput::ReadAnswered>(input.what)) {
      answer_read();
    } else {
      give(input.what);
    }
  }

  // The end: the source redelivers what it is owed, the destination answers, time passes.
  void drain() {
    current_ = &inputs_.back();
    wants_reconnection_.reset();
    for (SubscriptionIndex i = 0; i < connected_.size(); ++i) {
      if (started_[i]) reconnect(i);
    }
    for (int i = 0; i < 2'000 && !has_exited_; ++i) {
      while (answer_append() || answer_read()) {
      }
      give(ScriptInput::Advanced{});
      if (has_exited_ || !run_.appends().empty() || !run_.reads().empty()) continue;
      if (wants_reconnection_) {
        const SubscriptionIndex subscription = *std::exchange(wants_reconnection_, std::nullopt);
        reconnect(subscription);
        continue;
      }
      bool pushed = false;
      for (SubscriptionIndex s = 0; s < sources_.size(); ++s) pushed = push(s) || pushed;
      if (pushed) continue;
      const std::optional<Time> next = run_.copier().next_deadline();
      if (owed_.empty() || !next || *next >= kNever) break;
      now_ = std::max(now_, *next);
    }
    if (has_exited_ || is_stopping_) return;
    for (const auto& [key, delivered] : owed_) {
      violate("holds " + std::to_string(number_of(key.second)) + " for ever");
    }
  }

  void reconnect(SubscriptionIndex subscription) {
    give(ScriptInput::Dropped{subscription, DropReason::kConnectionLost});
    SubscriptionStarted started = *started_[subscription];
    started.group = GroupState::kUnchanged;
    give(started);
    Source& source = sources_[subscription];
    source.waiting.clear();
    for (const auto& [key, deliveries] : owed_) {
      if (key.first == subscription) source.waiting.insert(deliveries.begin(), deliveries.end());
    }
    push(subscription);
  }

  // As much as the buffer has room for; false if that is nothing.
  bool push(SubscriptionIndex subscription) {
    Source& source = sources_[subscription];
    const auto is_unsettled = [&](const auto& entry) { return entry.first.first == subscription; };
    const auto unsettled = static_cast<std::size_t>(std::ranges::count_if(owed_, is_unsettled));
    std::size_t settled_later = unsettled - std::min(unsettled, source.waiting.size());
    bool pushed = false;
    while (!source.waiting.empty() && settled_later < source.buffer_size) {
      pushed = true;
      ScriptInput::Delivered delivered = source.waiting.begin()->second;
      source.waiting.erase(source.waiting.begin());
      ++delivered.retry_count;
      ++settled_later;
      give(std::move(delivered));
    }
    return pushed;
  }

  bool answer_append() {
    if (run_.appends().empty() || has_exited_) return false;
    const AskedAppend& append = run_.appends().front();
    KnownStream& stream = destination_[append.stream];
    AppendOutcome outcome = WrongExpectedVersion{stream.last};
    if (append.expected_revision == stream.last) {
      write(append, stream.last);
      outcome = Appended{stream.last};
    } else if (append.expected_revision < stream.last && has_all(append)) {
      outcome = Appended{append.expected_revision + static_cast<Revision>(append.events.size()), true};
    }
    give(ScriptInput::AppendAnswered{outcome});
    return true;
  }

  bool answer_read() {
    if (run_.reads().empty() || has_exited_) return false;
    const ReadStream& asked = run_.reads().front();
    const KnownStore& store = asked.store == Store::kSource ? truth_.source : destination_;
    const auto it = store.find(asked.read.stream);
    give(ScriptInput::ReadAnswered{it == store.end() ? Page{{}, false, true, 0} : it->second.read(asked.read)});
    return true;
  }

  bool has_all(const AskedAppend& append) const {
    const KnownStream& stream = destination_.find(append.stream)->second;
    Revision at = append.expected_revision;
    return std::ranges::all_of(append.events, [&](const auto& event) {
      const auto there = stream.events.find(++at);
      return at <= stream.last && there != stream.events.end() && there->second->id() == event.first;
    });
  }

  // Puts an append's events behind a revision. Rules: no double, and an order that is kept, or told not to be: when the
  // append is confirmed.
  void write(const AskedAppend& append, Revision behind, bool is_told = true) {
    KnownStream& stream = destination_[append.stream];
    for (const auto& [id, revision] : append.events) {
      if (behind + 1 <= stream.last && has_all(append)) return;  // had been written
      if (!append.stream.starts_with("$$") && is_at_destination(append.stream, id) &&
          ++doubles_ > run_.observer.may_be_doubled) {
        violate("writes " + std::to_string(number_of(id)) + " to " + append.stream + " twice");
      }
      auto& newest = newest_written_[append.stream];
      if (revision < newest && !append.stream.starts_with("$$") && is_told) ++out_of_order_;
      newest = std::max(newest, revision);
      EventView view;
      view.stream = append.stream;
      view.revision = ++behind;
      view.id = id;
      view.type = "Good";
      stream.events[behind] = std::make_shared<const Event>(view);
      stream.last = std::max(stream.last, behind);
    }
  }

  bool is_at_destination(std::string_view stream, const EventId& id) const {
    const auto it = destination_.find(stream);
    return it != destination_.end() && std::ranges::any_of(it->second.events, [&](const auto& entry) {
             return entry.first <= it->second.last && entry.second->id() == id;
           });
  }

  // Whether its stream has revisions at the destination of which nothing is known: it may be one of them.
  bool hides_something(std::string_view stream) const {
    const auto it = destination_.find(stream);
    if (it == destination_.end()) return false;
    const auto known =
        std::ranges::count_if(it->second.events, [&](const auto& e) { return e.first <= it->second.last; });
    return known < it->second.last + 1;
  }

  // Whether nothing is lost if it is acknowledged.
  bool is_settled(const Event* event, const Event* link, int links = 0) const {
    const Event* const naming = link != nullptr ? link : event->type() == kLinkType ? event : nullptr;
    if (naming != nullptr) {
      const auto target = parse_link(naming->data());
      if (!target || links > LinkResolver::kMaxLinks) return true;
      const auto stream = truth_.source.find(target->stream);
      if (stream == truth_.source.end()) return true;
      const auto there = stream->second.events.find(target->revision);
      return there == stream->second.events.end() || is_settled(there->second.get(), nullptr, links + 1);
    }
    const std::string_view stream = event->stream();
    const bool is_of_the_system =
        stream.starts_with('$') && std::ranges::find(setup_.streams, stream) == setup_.streams.end();
    return is_of_the_system || !std::holds_alternative<Allowed>(policy_.judge(event->view())) ||
           given_up_.contains(event->id()) || is_at_destination(stream, event->id()) || hides_something(stream) ||
           std::ranges::find(run_.observer.gone, event->revision()) != run_.observer.gone.end();
  }

  void settle(SubscriptionIndex subscription, const EventId& ack_id, bool is_parked) {
    // What had been acknowledged on an earlier connection may be so again.
    const auto [begin, end] = delivered_.equal_range({subscription, ack_id});
    if (begin == end) violate("acknowledges " + std::to_string(number_of(ack_id)) + ", which was not delivered");
    for (auto it = begin; it != end; ++it) {
      if (!is_parked && !is_settled(it->second.event.get(), it->second.link.get())) {
        violate("acknowledges " + std::to_string(number_of(ack_id)) + ", which is not settled");
      }
    }
    owed_.erase({subscription, ack_id});
  }

  void check(const Action& action) {
    if (const auto* ack = std::get_if<Acknowledge>(&action)) {
      for (const EventId& id : ack->ack_ids) settle(ack->subscription, id, false);
    } else if (const auto* park = std::get_if<ParkEvent>(&action)) {
      settle(park->subscription, park->ack_id, true);
    } else if (const auto* again = std::get_if<Resubscribe>(&action)) {
      wants_reconnection_ = again->subscription;
      sources_[again->subscription].buffer_size = static_cast<std::size_t>(again->buffer_size);
    } else if (std::holds_alternative<Exit>(action)) {
      has_exited_ = true;
    }
  }

  void check_bounds() {
    const CopyLoad load = run_.copier().load();
    const CopierSettings& settings = setup_.settings;
    constexpr std::size_t kLargestEvent = 8 << 10;
    if (load.held_bytes > settings.max_held_bytes + kLargestEvent && load.held_events > 1) {
      violate("holds " + std::to_string(load.held_bytes) + " bytes");
    }
    if (load.bytes_in_flight > settings.max_in_flight_bytes + kLargestEvent) {
      violate("has " + std::to_string(load.bytes_in_flight) + " bytes in flight");
    }
    if (load.events_in_flight > settings.max_in_flight_events) violate("has too many events in flight");
    if (load.appends_in_flight > settings.max_appends_in_flight) violate("has too many appends in flight");
    if (load.look_ups > settings.max_look_ups) violate("has too many look-ups at once");
    if (out_of_order_ > run_.observer.out_of_order && run_.appends().empty()) violate("writes a stream out of order");
  }

  const ScriptSetup& setup_;
  const std::vector<ScriptInput>& inputs_;
  const Truth& truth_;
  const EventPolicy policy_;
  ScriptRun run_;

  const ScriptInput* current_ = nullptr;
  Time now_{0};
  KnownStore destination_;
  std::vector<bool> connected_;
  std::vector<std::optional<SubscriptionStarted>> started_;
  std::multimap<std::pair<SubscriptionIndex, EventId>, ScriptInput::Delivered> delivered_;
  std::map<std::pair<SubscriptionIndex, EventId>, std::map<Revision, ScriptInput::Delivered>> owed_;
  std::vector<Source> sources_;
  std::set<EventId> given_up_;
  std::map<std::string, Revision> newest_written_;
  std::optional<SubscriptionIndex> wants_reconnection_;
  int doubles_ = 0;
  int out_of_order_ = 0;
  bool is_stopping_ = false;
  bool has_exited_ = false;
  std::vector<std::string> violations_;
};

}  // namespace

std::vector<std::string> rerun_with_failures(const ScriptSetup& setup, const std::vector<ScriptInput>& inputs) {
  const Truth truth = learn_truth(setup, inputs);
  std::vector<std::size_t> outcomes;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const auto& what = inputs[i].what;
    if (std::holds_alternative<ScriptInput::AppendAnswered>(what) ||
        std::holds_alternative<ScriptInput::ReadAnswered>(what)) {
      outcomes.push_back(i);
    }
  }
  // Of scripts that ask the same for seconds, some: a run costs as much as the script is long.
  const std::size_t step = outcomes.size() / kMaxOutcomes + 1;
  std::vector<std::string> violations;
  for (std::size_t n = 0; n < outcomes.size() && violations.size() < kMaxViolations; n += step) {
    const std::size_t i = outcomes[n];
    const auto* answered = std::get_if<ScriptInput::AppendAnswered>(&inputs[i].what);
    std::vector<Failure> failures{
        {ErrorKind::kUnavailable}, {ErrorKind::kTimeout}, {ErrorKind::kNotReady}, {ErrorKind::kAccessDenied}};
    if (answered != nullptr) {
      failures.push_back({ErrorKind::kTooLarge});
      failures.push_back({ErrorKind::kInvalid});
      if (std::holds_alternative<Appended>(answered->outcome)) failures.push_back({ErrorKind::kTimeout, true});
    }
    for (const Failure& failure : failures) {
      for (const std::string& violation : FailingRerun(setup, inputs, truth).run(i, failure)) {
        violations.push_back("with outcome " + std::to_string(n + 1) + " replaced by a failure (" +
                             std::string(to_string(failure.kind)) +
                             (failure.has_effect ? ", the append took place" : "") + "): " + violation);
      }
    }
  }
  return violations;
}

}  // namespace interconnect
