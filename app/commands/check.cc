#include "app/commands/check.h"

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "adapters/await_answer/await_answer.h"
#include "adapters/clock/asio_clock.h"
#include "app/commands/findings.h"
#include "app/commands/progress_line.h"
#include "app/group_advice.h"
#include "app/monitoring/metered_source.h"
#include "app/monitoring/parked_reader.h"
#include "app/monitoring/progress_text.h"
#include "app/projection_feeders.h"
#include "app/stores.h"
#include "domain/excerpt.h"
#include "domain/link_streams.h"

namespace interconnect {
namespace {

namespace asio = boost::asio;

// No stream has so many events, and both servers' and clients' numbers hold it.
constexpr Revision kRevisionOfNoStream = (std::int64_t{1} << 53) - 1;
constexpr std::string_view kCategory = "$ce-";
constexpr std::chrono::seconds kBetweenTicks{1};

// A stream as the copy will write them: the stream itself, or one of its category that nobody uses.
std::string stream_to_write(const std::string& subscribed) {
  if (subscribed.starts_with(kCategory)) return subscribed.substr(kCategory.size()) + "-interconnect-check";
  return is_system_projections(subscribed) ? "interconnect-check" : subscribed;
}

class QuietSourceListener final : public EventSourceListener {
 public:
  void on_read_completed(std::uint64_t, const ReadOutcome&) override {}
  void on_subscription_started(const SubscriptionStarted&) override {}
  void on_delivery(const Delivery&) override {}
  void on_deliveries_end() override {}
  void on_subscription_dropped(SubscriptionIndex, DropReason, std::string_view) override {}
  void on_older_consumers_suspected(SubscriptionIndex) override {}
  void on_source_lost(std::string_view) override {}
};

// Hands each append's outcome, and each read's, to who asked for it.
class AppendOutcomes final : public EventSinkListener {
 public:
  void on_read_completed(std::uint64_t read_id, const ReadOutcome& outcome) override {
    if (const auto found = read_.find(read_id); found != read_.end()) {
      const auto told = std::move(found->second);
      read_.erase(found);
      told(outcome);
    }
  }
  void on_append_completed(std::uint64_t append_id, const AppendOutcome& outcome) override {
    if (const auto found = asked_.find(append_id); found != asked_.end()) {
      const auto told = std::move(found->second);
      asked_.erase(found);
      told(outcome);
    }
  }
  void on_outcomes_end() override {}
  void on_sink_lost(std::string_view) override {}

  std::uint64_t expect(std::function<void(const AppendOutcome&)> told) {
    asked_.emplace(++last_id_, std::move(told));
    return last_id_;
  }
  std::uint64_t expect_read(std::function<void(const ReadOutcome&)> told) {
    read_.emplace(++last_id_, std::move(told));
    return last_id_;
  }

 private:
  std::uint64_t last_id_ = 0;
  std::map<std::uint64_t, std::function<void(const ReadOutcome&)>> read_;
  std::map<std::uint64_t, std::function<void(const AppendOutcome&)>> asked_;
};

class Check {
 public:
  Check(const Settings& settings, std::ostream& out)
      : settings_(settings),
        findings_(out, [this] { progress_.clear(); }),
        advice_(group_advice(settings)),
        source_inspector_(make_inspector(io_, settings.source)),
        destination_inspector_(make_inspector(io_, settings.destination)),
        source_(make_source(io_, settings.source, settings.subscriptions)),
        sink_(make_sink(io_, settings.destination)),
        reader_(*source_, settings.subscriptions.size(), [](const auto&) {}) {
    for (const Subscription& subscription : settings.subscriptions) {
      streams_to_write_.insert(stream_to_write(subscription.stream));
    }
  }

  ExitCode run() {
    reader_.start(source_listener_);
    sink_->start(append_outcomes_);
    await_signal();
    tick();
    asio::co_spawn(io_, check(), [this](const std::exception_ptr& error) {
      io_.stop();
      if (error) std::rethrow_exception(error);
    });
    io_.run();
    if (is_interrupted_) {
      findings_.fault("check was ended by a signal: " + std::to_string(begun_ == 0 ? 0 : begun_ - 1) + " of " +
                      std::to_string(steps()) +
                      " steps are done, and what the others would find is not known: run it "
                      "again");
    }
    return findings_.exit_code();
  }

 private:
  asio::awaitable<void> check() {
    findings_.good("configuration: subscriptions: " + std::to_string(settings_.subscriptions.size()) +
                   ", types of events: " + std::to_string(settings_.allowed_types.size()));
    for (const std::string& warning : settings_.warnings) findings_.warning("configuration: " + warning);
    if (co_await check_store(Store::kSource)) {
      for (const Subscription& subscription : settings_.subscriptions) co_await check_subscription(subscription);
      co_await check_projections();
    } else {
      begun_ += settings_.subscriptions.size() + 1;
    }
    if (co_await check_store(Store::kDestination)) co_await check_writing();
  }

  // --- How far it is ---

  // Both stores, the subscriptions, the projections, the streams to be written.
  std::size_t steps() const { return 2 + settings_.subscriptions.size() + 1 + streams_to_write_.size(); }

  void begin(std::string step) {
    ++begun_;
    step_ = std::move(step);
    step_began_at_ = clock_.now();
    show_progress();
  }

  void show_progress() {
    if (begun_ == 0) return;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(clock_.now() - step_began_at_);
    progress_.show(std::to_string(begun_) + " of " + std::to_string(steps()) + ": " + step_ +
                       (seconds.count() > 0 ? ", for " + time_text(seconds) : "") +
                       left_text(begun_ - 1, steps(), clock_.now() - began_at_),
                   clock_.now());
  }

  void tick() {
    ticks_.expires_after(kBetweenTicks);
    ticks_.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      show_progress();
      tick();
    });
  }

  void await_signal() {
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (error) return;
      is_interrupted_ = true;
      io_.stop();
    });
  }

  // --- The steps ---

  // Whether it answers.
  asio::awaitable<bool> check_store(Store store) {
    const bool is_source = store == Store::kSource;
    const std::string name(to_string(store));
    const std::string where = name + ": " + describe(is_source ? settings_.source : settings_.destination);
    begin(where);
    LinkProbe& probe = is_source ? static_cast<LinkProbe&>(reader_) : *sink_;
    const auto problem = co_await await_answer<std::optional<StoreError>>(
        [&](auto done) { probe.probe([done](const std::optional<StoreError>& error) { done(error); }); });
    if (problem) {
      findings_.error(store, where + " does not answer as it should", *problem);
      co_return false;
    }
    StoreInspector& inspector = is_source ? *source_inspector_ : *destination_inspector_;
    const auto server =
        co_await await_answer<std::variant<ServerInfo, StoreError>>([&](auto done) { inspector.server(done); });
    if (const auto* info = std::get_if<ServerInfo>(&server)) {
      if (is_source) source_version_ = info->version;
      findings_.good(where + " answers: version " + info->version + ", state " + info->state);
    } else {
      findings_.good(where + " answers");
      judge_http(store, std::get<StoreError>(server));
    }
    co_await check_user(store, inspector);
    co_return true;
  }

  // The old generation has HTTP at a port of its own. Without it the copy goes on, and knows less; but what is there
  // and does not speak it was not meant.
  void judge_http(Store store, const StoreError& error) {
    const std::string name(to_string(store));
    const auto* old =
        std::get_if<LegacyStoreSettings>(store == Store::kSource ? &settings_.source : &settings_.destination);
    const bool nobody_is_there = error.message.find("cannot connect") != std::string::npos ||
                                 error.message.find("cannot find the host") != std::string::npos;
    if (old == nullptr || nobody_is_there || error.kind != ErrorKind::kUnavailable) {
      return findings_.warning(name + ": " + error.message);
    }
    const std::string side = store == Store::kSource ? "SRC" : "DST";
    findings_.fault(name + ": no HTTP is spoken at " + to_text(old->http) + ": set EVENTSTORE_INTERCO_HTTP_PORT_" +
                    side + " (or the port in EVENTSTORE_INTERCO_HTTP_ENDPOINT_" + side +
                    ") to the server's HTTP port, and EVENTSTORE_INTERCO_TCP_PORT_" + side +
                    " to its TCP port: " + error.message);
  }

  asio::awaitable<void> check_user(Store store, StoreInspector& inspector) {
    const std::string name(to_string(store));
    std::string groups;
    if (has_system_rights(store)) {
      if (store == Store::kSource) source_groups_ = "$admins";
      findings_.good(name + ": without TLS the server takes everyone for its system user");
      co_return;
    }
    const auto answer =
        co_await await_answer<std::variant<UserInfo, StoreError>>([&](auto done) { inspector.user(done); });
    if (const auto* user = std::get_if<UserInfo>(&answer)) {
      for (const std::string& group : user->groups) groups += (groups.empty() ? "" : ", ") + group;
      if (store == Store::kSource) source_groups_ = groups;
      findings_.good(name + ": signed in as " + user->name + (groups.empty() ? ", of no group" : ", of " + groups));
      co_return;
    }
    const StoreError& error = std::get<StoreError>(answer);
    const auto& credentials = credentials_of(store);
    if (error.kind == ErrorKind::kNotAuthenticated && credentials) {
      const std::string refused =
          name + ": the server does not take the credentials of user '" + excerpt(credentials->username) + "'";
      if (is_legacy(store)) {
        findings_.warning(refused + " over HTTP, though it does over TCP: what only HTTP tells is not known");
      } else {
        findings_.refusal(refused + ": it counts us as nobody" + next_step(store, error));
      }
    } else {
      findings_.warning(name + ": who we are cannot be told: " + error.message + next_step(store, error));
    }
  }

  const std::optional<Credentials>& credentials_of(Store store) const {
    return std::visit([](const auto& settings) -> const std::optional<Credentials>& { return settings.credentials; },
                      store == Store::kSource ? settings_.source : settings_.destination);
  }

  bool is_legacy(Store store) const {
    return std::holds_alternative<LegacyStoreSettings>(store == Store::kSource ? settings_.source
                                                                               : settings_.destination);
  }

  // A server of the next generation without TLS runs with --insecure.
  bool has_system_rights(Store store) const {
    const auto* grpc =
        std::get_if<GrpcStoreSettings>(store == Store::kSource ? &settings_.source : &settings_.destination);
    return grpc != nullptr && !grpc->tls.enabled;
  }

  asio::awaitable<void> check_subscription(const Subscription& subscription) {
    const std::string stream = "source: stream '" + excerpt(subscription.stream) + "'";
    begin(stream + " and group '" + excerpt(subscription.group) + "'");
    const auto outcome = co_await await_answer<std::variant<Revision, StoreError>>([&](auto done) {
      reader_.read_aside({.id = 0,
                          .stream = subscription.stream,
                          .direction = ReadDirection::kBackward,
                          .from = kStreamEnd,
                          .count = 1},
                         [done](const ReadOutcome& outcome) {
                           if (const auto* error = std::get_if<StoreError>(&outcome)) return done(*error);
                           const auto& page = std::get<StreamPage>(outcome);
                           done(page.events.empty() ? kNoStream : page.events.front().revision);
                         });
    });
    std::optional<Revision> end;
    if (const auto* error = std::get_if<StoreError>(&outcome)) {
      findings_.error(Store::kSource, stream + " cannot be read", *error);
    } else {
      end = std::get<Revision>(outcome);
      if (*end == kNoStream) {
        findings_.warning(stream + " is not there, or has no events yet: see whether its name is right");
      } else {
        findings_.good(stream + " is there: its last event is number " + std::to_string(*end));
      }
    }
    if (const auto text = left_out_of(subscription.stream, source_version_)) findings_.warning("source: " + *text);
    co_await check_group(subscription, end);
  }

  asio::awaitable<void> check_group(const Subscription& subscription, std::optional<Revision> end) {
    const std::string group =
        "source: group '" + excerpt(subscription.group) + "' of '" + excerpt(subscription.stream) + "'";
    const auto answer = co_await await_answer<std::variant<ConsumerGroupInfo, StoreError>>(
        [&](auto done) { source_inspector_->consumer_group(subscription.stream, subscription.group, done); });
    if (const auto* info = std::get_if<ConsumerGroupInfo>(&answer)) {
      std::string text = group + " is there";
      if (info->settled != kNoStream) {
        text += ", done up to number " + std::to_string(info->settled);
        if (end && *end > info->settled) text += ", " + std::to_string(*end - info->settled) + " behind";
      }
      text += ", with " + std::to_string(info->consumers) + " consumers";
      findings_.good(text);
      co_await check_parked(subscription, group, info->parked);
      judge_group(subscription, group, *info, end);
      co_return;
    }
    const StoreError& error = std::get<StoreError>(answer);
    if (is_refusal(error.kind) && !credentials_of(Store::kSource)) {
      findings_.refusal(group +
                        " may neither be asked for nor created without credentials: set "
                        "EVENTSTORE_INTERCO_CREDENTIALS_USERNAME_SRC and its password to those of a user of $admins or "
                        "$ops: " +
                        error.message);
      co_return;
    }
    if (error.kind != ErrorKind::kNotFound) {
      findings_.warning(group + " cannot be asked for: " + error.message + next_step(Store::kSource, error));
    } else if (!source_groups_) {
      findings_.warning(group + " is not there: it will be created, if we are of $admins or $ops");
    } else if (may_create_groups(*source_groups_)) {
      findings_.good(group + " is not there: it will be created");
    } else {
      findings_.refusal(group +
                        " is not there, and only a user of $admins or $ops may create it: have it created, or "
                        "use such a user");
    }
  }

  // Nobody delivers them any more. `told`: their number by the server, where it tells one.
  asio::awaitable<void> check_parked(const Subscription& subscription, const std::string& group,
                                     std::optional<std::int64_t> told) {
    const std::string replayed =
        ": they are not copied until they are replayed (POST " + advice_.url(subscription) + "/replayParked)";
    ParkedReader parked(reader_, subscription);
    const auto answer = co_await await_answer<ParkedReader::Answer>([&](auto done) { parked.look(done); });
    if (const auto* error = std::get_if<StoreError>(&answer)) {
      const std::string unknown = ", and whether the server parked them of its own accord cannot be read: ";
      if (told.value_or(0) > 0) {
        findings_.warning(group + " has " + std::to_string(*told) + " parked messages" + replayed + unknown +
                          error->message);
      } else if (!told) {
        findings_.warning(group + ": its parked messages cannot be read: " + error->message);
      }
      co_return;
    }
    const auto& [by_server, by_consumers] = std::get<ParkedMessages>(answer);
    if (by_server > 0) {
      findings_.warning(group + ": its server has parked " + std::to_string(by_server) +
                        " events of its own accord, sent as often as maxRetryCount allows" + replayed);
    }
    if (by_consumers > 0) {
      findings_.warning(group + ": consumers have had " + std::to_string(by_consumers) + " events parked" + replayed);
    }
  }

  // What its settings, as they will be once the copy has started, mean for the copy.
  void judge_group(const Subscription& subscription, const std::string& group, const ConsumerGroupInfo& info,
                   std::optional<Revision> end) {
    if (!info.settings) {
      findings_.warning(group +
                        ": the server does not tell all of its settings, or has a consumer strategy that is not "
                        "known here: whether the copy can keep its promises with them is not known");
      return;
    }
    const GroupSettings& wanted = subscription.settings;
    const bool may_update = !source_groups_ || may_create_groups(*source_groups_);
    const SubscriptionStarted started = group_at_start(*info.settings, wanted, info.last_checkpoint, may_update);
    GroupCircumstances circumstances = advice_.circumstances;
    circumstances.end = end;
    circumstances.consumers = std::max<std::size_t>(info.consumers, 1);  // one is ours
    if (started.group == GroupState::kUpdated) {
      findings_.good(group +
                     " has other settings than the file: the copy's start updates it, and all who are connected "
                     "to it have to connect anew");
    }
    for (const GroupFinding& finding : group_findings(started.effective, wanted, circumstances)) {
      const std::string text = group + ": " + finding.text;
      if (finding.weight == GroupFinding::Weight::kPromise) {
        findings_.warning(text);
      } else {
        findings_.good(text);
      }
    }
    if (started.group != GroupState::kKept) return;
    findings_.warning(group + " keeps other settings than the file's: " +
                      (may_update
                           ? "it began at the end of the stream and shows no checkpoint, so that an update might "
                             "leave out what waits in it"
                           : "only a user of $admins or $ops may update it"));
    findings_.good(group + ": " + group_update_advice(advice_.url(subscription), *info.settings, wanted));
  }

  static bool may_create_groups(const std::string& groups) {
    return groups.find("$admins") != std::string::npos || groups.find("$ops") != std::string::npos;
  }

  asio::awaitable<void> check_projections() {
    begin("source: projections");
    ProjectionFeeders feeders = named_feeders(settings_.subscriptions);
    const auto found = co_await await_answer<std::optional<ProjectionFeeders>>([&](auto done) {
      find_user_feeders(*source_inspector_, settings_.subscriptions, [done](const auto& answer) { done(answer); });
    });
    if (found) feeders.insert(found->begin(), found->end());
    std::set<std::vector<std::string>> checked;
    for (const auto& [stream, names] : feeders) {
      if (checked.insert(names).second) co_await check_feeders(stream, names);
    }
  }

  // Of several projections that write to the stream, one that runs will do.
  asio::awaitable<void> check_feeders(const std::string& stream, const std::vector<std::string>& names) {
    std::vector<std::string> faults;
    for (const std::string& name : names) {
      std::string projection = "source: projection ";
      projection.append(excerpt(name)).append(", which fills '").append(excerpt(stream)).append("',");
      const auto answer = co_await await_answer<std::variant<ProjectionInfo, StoreError>>(
          [&](auto done) { source_inspector_->projection(name, done); });
      const auto* info = std::get_if<ProjectionInfo>(&answer);
      const auto* error = std::get_if<StoreError>(&answer);
      if (info != nullptr && info->is_running) {
        std::string progress;
        if (info->progress) progress = ", at " + std::to_string(static_cast<int>(*info->progress)) + " %";
        findings_.good(projection + " is running" + progress);
        co_return;
      }
      if (info != nullptr) {
        faults.push_back(projection + " is not running (" + info->status +
                         (info->reason.empty() ? "" : ": " + excerpt(info->reason)) + "): enable it at the source");
      } else if (error->kind == ErrorKind::kNotFound) {
        faults.push_back(projection + " is not there: start the source with --run-projections=All and enable it");
      } else {
        findings_.warning(projection + " cannot be asked for: " + error->message + next_step(Store::kSource, *error));
        co_return;
      }
    }
    for (const std::string& fault : faults) findings_.fault(fault);
  }

  asio::awaitable<void> check_writing() {
    for (const std::string& stream : streams_to_write_) {
      const std::string name = "destination: stream '" + excerpt(stream) + "'";
      begin(name);
      const AppendOutcome outcome = co_await await_answer<AppendOutcome>([&](auto done) {
        std::vector<Event> events;
        EventView event;
        event.stream = stream;
        event.id.bytes.back() = 1;  // 5.0.1 and 21.2.0 refuse the id of zeros
        event.type = "interconnect-check";
        events.emplace_back(event);
        sink_->append({append_outcomes_.expect(done), stream, kRevisionOfNoStream, events});
      });
      const auto* error = std::get_if<StoreError>(&outcome);
      if (error == nullptr) {
        findings_.good(name + " may be written (asked by an append that cannot succeed)");
        co_await check_reading(name, stream);
      } else if (error->kind == ErrorKind::kStreamDeleted) {
        findings_.fault(name +
                        " was deleted for good: nothing can be copied to it. Leave it out of the subscriptions, or "
                        "copy to another store");
      } else {
        findings_.error(Store::kDestination, name + " may not be written", *error);
      }
    }
  }

  // The copy reads there what it does not know the stream to hold.
  asio::awaitable<void> check_reading(const std::string& name, const std::string& stream) {
    const auto error = co_await await_answer<std::optional<StoreError>>([&](auto done) {
      StreamRead read;
      read.id = append_outcomes_.expect_read([done](const ReadOutcome& outcome) {
        const auto* error = std::get_if<StoreError>(&outcome);
        done(error == nullptr ? std::optional<StoreError>() : std::optional(*error));
      });
      read.stream = stream;
      read.direction = ReadDirection::kBackward;
      read.from = kStreamEnd;
      read.count = 1;
      sink_->read(read);
    });
    if (!error) co_return;
    const std::string text = name + " may be written and not read, and the copy has to look up what it holds: ";
    if (is_refusal(error->kind)) {
      findings_.refusal(text + error->message +
                        ": give that user the right to read it ($r of its $acl, or of $settings)");
    } else {
      findings_.fault(text + error->message);
    }
  }

  const Settings& settings_;
  ProgressLine progress_{"check"};
  Findings findings_;
  GroupAdvice advice_;
  std::set<std::string> streams_to_write_;
  asio::io_context io_{1};
  asio::signal_set signals_{io_, SIGTERM, SIGINT};
  AsioClock clock_{io_.get_executor()};
  asio::steady_timer ticks_{io_};
  const Time began_at_ = clock_.now();
  Time step_began_at_ = began_at_;
  std::string step_;
  std::size_t begun_ = 0;  // steps
  bool is_interrupted_ = false;
  std::optional<std::string> source_groups_;  // of our user; nothing: not known
  std::string source_version_;                // empty: not known
  QuietSourceListener source_listener_;
  AppendOutcomes append_outcomes_;
  std::unique_ptr<StoreInspector> source_inspector_;
  std::unique_ptr<StoreInspector> destination_inspector_;
  std::unique_ptr<EventSource> source_;
  std::unique_ptr<EventSink> sink_;
  MeteredSource reader_;
};

}  // namespace

ExitCode check(const Settings& settings, std::ostream& out) { return Check(settings, out).run(); }

}  // namespace interconnect
