#include "app/commands/verify.h"

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <variant>

#include "adapters/await_answer/await_answer.h"
#include "adapters/clock/asio_clock.h"
#include "app/commands/progress_line.h"
#include "app/commands/verify_report.h"
#include "app/commands/verify_state.h"
#include "app/monitoring/progress_text.h"
#include "app/next_step.h"
#include "app/stores.h"
#include "domain/excerpt.h"
#include "domain/verify/copy_wait.h"
#include "domain/verify/verifier.h"

namespace interconnect {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::seconds kBetweenLooks{1};
constexpr std::chrono::seconds kBetweenSaves{5};

// One for both stores: the verifier's read ids are unique over both.
class Listener final : public EventSourceListener, public EventSinkListener {
 public:
  using OnRead = std::function<void(std::uint64_t, const ReadOutcome&)>;
  using OnLost = std::function<void(const std::string&)>;
  Listener(OnRead on_read, OnLost on_lost) : on_read_(std::move(on_read)), on_lost_(std::move(on_lost)) {}

  void on_read_completed(std::uint64_t read_id, const ReadOutcome& outcome) override { on_read_(read_id, outcome); }
  void on_subscription_started(const SubscriptionStarted&) override {}
  void on_delivery(const Delivery&) override {}
  void on_deliveries_end() override {}
  void on_subscription_dropped(SubscriptionIndex, DropReason, std::string_view) override {}
  void on_older_consumers_suspected(SubscriptionIndex) override {}
  void on_source_lost(std::string_view message) override { on_lost_("the source: " + excerpt(message)); }
  void on_append_completed(std::uint64_t, const AppendOutcome&) override {}
  void on_outcomes_end() override {}
  void on_sink_lost(std::string_view message) override { on_lost_("the destination: " + excerpt(message)); }

 private:
  OnRead on_read_;
  OnLost on_lost_;
};

class Verify {
 public:
  Verify(const Settings& settings, EventPolicy policy, const VerifyOptions& options, std::ostream& out)
      : settings_(settings),
        policy_(std::move(policy)),
        options_(options),
        out_(out),
        source_(make_source(io_, settings.source, settings.subscriptions)),
        sink_(make_sink(io_, settings.destination)),
        inspector_(make_inspector(io_, settings.source)) {}

  ExitCode run() {
    try_state_file();
    source_->start(listener_);
    sink_->start(listener_);
    await_signal();
    asio::co_spawn(io_, compare(), [this](const std::exception_ptr& error) {
      io_.stop();
      if (error) std::rethrow_exception(error);
    });
    io_.run();
    progress_.clear();
    return report();
  }

 private:
  asio::awaitable<void> compare() {
    tick();
    if (!co_await reaches(Store::kSource, *source_) || !co_await reaches(Store::kDestination, *sink_)) co_return;
    co_await make_verifier();
    if (options_.as_json) out_ << json_begin() << std::flush;
    has_begun_ = true;
    step();
    co_await until([this] { return verifier_->knows_ends(); });
    if (is_ended()) co_return;
    co_await wait_for_copy();
    if (is_ended()) co_return;
    verifier_->compare(copy_runs_);
    step();
    co_await until([this] { return verifier_->phase() >= Verifier::Phase::kStreams; });
    if (!verifier_->summary().not_found.empty()) {
      throw std::runtime_error("verify: --stream " + excerpt(verifier_->summary().not_found.front()) +
                               ": no such stream is copied by this configuration: see its name, and the subscriptions");
    }
    co_await until([] { return false; });
  }

  // Whether the store answers.
  asio::awaitable<bool> reaches(Store store, LinkProbe& probe) {
    const auto problem = co_await await_answer<std::optional<StoreError>>(
        [&](auto done) { probe.probe([done](const std::optional<StoreError>& error) { done(error); }); });
    if (!problem) co_return true;
    is_denied_ = is_refusal(problem->kind);
    problem_ = "the " + std::string(to_string(store)) + ", " +
               describe(store == Store::kSource ? settings_.source : settings_.destination) +
               ", does not answer as it should: " + problem->message + next_step(store, *problem);
    co_return false;
  }

  asio::awaitable<std::variant<ConsumerGroupInfo, StoreError>> group(const Subscription& subscription) {
    co_return co_await await_answer<std::variant<ConsumerGroupInfo, StoreError>>(
        [&](auto done) { inspector_->consumer_group(subscription.stream, subscription.group, done); });
  }

  // A group that is not there has copied nothing, and nobody does.
  static CopyWait::Group as_look(const std::variant<ConsumerGroupInfo, StoreError>& answer) {
    if (const auto* info = std::get_if<ConsumerGroupInfo>(&answer)) return {info->settled, info->consumers};
    const ErrorKind kind = std::get<StoreError>(answer).kind;
    if (kind == ErrorKind::kNotFound) return {kNoStream, 0};
    return {std::nullopt, 0, is_refusal(kind)};
  }

  asio::awaitable<void> make_verifier() {
    std::vector<VerifiedSubscription> subscriptions;
    for (const Subscription& subscription : settings_.subscriptions) {
      VerifiedSubscription verified{subscription.stream, subscription.group, subscription.settings.start_from};
      const auto answer = co_await group(subscription);
      const std::string named = "group '" + excerpt(subscription.group) + "' of '" + excerpt(subscription.stream) + "'";
      if (const auto* info = std::get_if<ConsumerGroupInfo>(&answer); info != nullptr && info->settings) {
        verified.start_from = info->settings->start_from;
      } else {
        const auto* error = std::get_if<StoreError>(&answer);
        notes_.push_back(named + ": where it began is not known" + (error == nullptr ? "" : ": " + error->message) +
                         "; compared from revision " + std::to_string(subscription.settings.start_from) +
                         ", as the configuration says");
      }
      if (*verified.start_from < 0) {
        verified.start_from = std::nullopt;
        notes_.push_back(named +
                         " began at its stream's end, and where that was is not known: what is missing is not told");
      }
      subscriptions.push_back(std::move(verified));
    }
    VerifierSettings verifier;
    verifier.prints = options_.prints;
    verifier.copy_metadata = settings_.copier.copy_metadata;
    verifier.only = options_.streams;
    verifier.recheck_after = std::max<Duration>(settings_.copier.writer_timeout, std::chrono::seconds(1));
    verifier_ = std::make_unique<Verifier>(verifier, std::move(subscriptions), policy_);
    if (!options_.state_file) co_return;
    auto state = load_state(*options_.state_file, identity());
    if (!state) co_return;
    if (state->ends.size() != settings_.subscriptions.size())
      throw std::runtime_error("verify: --state " + *options_.state_file + " is damaged: remove it");
    verifier_->resume(*std::move(state));
    notes_.push_back("went on from " + *options_.state_file);
  }

  asio::awaitable<void> wait_for_copy() {
    CopyWait wait(verifier_->ends(), settings_.monitoring.stall_after);
    asio::steady_timer timer(io_);
    const Time began_at = clock_.now();
    std::optional<std::uint64_t> behind_at_first;
    while (!is_ended()) {
      std::vector<CopyWait::Group> groups;
      for (const Subscription& subscription : settings_.subscriptions) {
        const auto answer = co_await group(subscription);
        groups.push_back(as_look(answer));
      }
      wait.look(groups, clock_.now());
      if (wait.state() != CopyWait::State::kWaits) break;
      const std::string text =
          "waiting until the copy has passed what was there: " + with_separators(wait.behind()) + " events behind";
      if (!behind_at_first) {
        behind_at_first = wait.behind();
        progress_.say(text);
      }
      const std::uint64_t gained = *behind_at_first - std::min(*behind_at_first, wait.behind());
      progress_.show(text + left_text(gained, *behind_at_first, clock_.now() - began_at), clock_.now());
      timer.expires_after(kBetweenLooks);
      co_await timer.async_wait(asio::use_awaitable);
    }
    copy_runs_ = wait.copy_runs() || wait.state() == CopyWait::State::kUnknown;
    const std::string behind =
        with_separators(wait.behind()) + " events of the subscribed streams are not acknowledged";
    switch (wait.state()) {
      case CopyWait::State::kNobody:
        notes_.push_back("no copy runs, and " + behind + ": compared as it is");
        break;
      case CopyWait::State::kStalled:
        notes_.push_back("the copy has not moved for monitoring.stallAfter, and " + behind + ": compared as it is");
        break;
      case CopyWait::State::kUnknown:
        notes_.push_back("the source does not tell how far its groups are: compared as it is");
        break;
      default:
        break;
    }
  }

  // Asks for what is to be read now, and has what has come of it told.
  void step() {
    if (!verifier_) return;
    const Time now = clock_.now();
    if (!is_ended()) {
      for (const ReadStream& read : verifier_->advance(now)) {
        read.store == Store::kSource ? source_->read(read.read) : sink_->read(read.read);
      }
      const Time deadline = verifier_->next_deadline();
      if (deadline != kNever) clock_.set_alarm(deadline, [this] { step(); });
    }
    for (StreamDifference& difference : verifier_->take_differences()) {
      if (options_.as_json) out_ << json_stream(difference, std::exchange(is_first_, false)) << std::flush;
      worst_.add(std::move(difference));
    }
    if (awaited_ && (is_ended() || awaited_->holds())) {
      const auto done = std::move(awaited_->done);
      awaited_.reset();
      done(true);
    }
  }

  bool is_ended() const { return is_interrupted_ || !problem_.empty() || (verifier_ && verifier_->is_over()); }

  // Until it holds, or there is nothing to wait for any more.
  asio::awaitable<void> until(std::function<bool()> holds) {
    if (is_ended() || holds()) co_return;
    co_await await_answer<bool>([&](std::function<void(bool)> done) {
      awaited_ = Awaited{std::move(holds), std::move(done)};
    });
  }

  void tick() {
    if (is_ended()) return;
    ticks_.expires_after(kBetweenLooks);
    ticks_.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      show_progress();
      if (clock_.now() - saved_at_ >= kBetweenSaves) save();
      tick();
    });
  }

  void show_progress() {
    if (!verifier_) return progress_.show("asking both stores and the groups", clock_.now());
    const Verifier::Summary& summary = verifier_->summary();
    switch (verifier_->phase()) {
      case Verifier::Phase::kEnds:
        return progress_.show("reading the ends of the subscribed streams", clock_.now());
      case Verifier::Phase::kWaiting:
      case Verifier::Phase::kOver:
        return;
      case Verifier::Phase::kParked:
      case Verifier::Phase::kLinks:
        return progress_.show("finding the streams: " + with_separators(verifier_->streams()) + " so far, by " +
                                  with_separators(summary.links) + " links" + left(summary.links, links()),
                              clock_.now());
      case Verifier::Phase::kStreams:
      case Verifier::Phase::kAgain:
        return progress_.show(
            "streams: " + with_separators(verifier_->done()) + " of " + with_separators(verifier_->streams()) +
                ", events: " + with_separators(summary.counts.events) +
                ", differing: " + with_separators(summary.differing) +
                (verifier_->phase() == Verifier::Phase::kAgain ? "; reading again what differs"
                                                               : left(verifier_->done(), verifier_->streams())),
            clock_.now());
    }
  }

  // Of the subscribed streams, at most: some begin later.
  std::uint64_t links() const {
    std::uint64_t all = 0;
    for (const Revision end : verifier_->ends()) all += static_cast<std::uint64_t>(std::max<Revision>(end + 1, 0));
    return all;
  }

  // By the pace of this part of the work.
  std::string left(std::uint64_t done, std::uint64_t total) {
    if (!part_ || part_->phase != verifier_->phase()) part_ = Part{verifier_->phase(), clock_.now(), done};
    return left_text(done - part_->done, total - std::min(total, part_->done), clock_.now() - part_->began_at);
  }

  void on_read(std::uint64_t id, const ReadOutcome& outcome) {
    if (is_ended()) return;
    verifier_->on_read(id, outcome, clock_.now());
    step();
  }

  void on_lost(const std::string& message) {
    problem_ = message;
    step();
  }

  void await_signal() {
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (error) return;
      if (std::exchange(is_interrupted_, true)) std::_Exit(static_cast<int>(ExitCode::kKilledBySafetyRules));
      if (!has_begun_) return io_.stop();
      await_signal();
      step();
    });
  }

  // --- The state file ---

  // What is compared, and how.
  std::string identity() const {
    std::string text = describe(settings_.source) + " " + describe(settings_.destination);
    for (const Subscription& subscription : settings_.subscriptions) {
      text += " " + subscription.stream + "::" + subscription.group;
    }
    for (const AllowedType& type : settings_.allowed_types) text += " " + type.pattern;
    for (const std::string& stream : options_.streams) text += " --stream " + stream;
    if (options_.prints.ignores_metadata) text += " --ignore metadata";
    if (settings_.copier.copy_metadata == CopyMetadata::kNone) text += " copyMetadata: none";
    if (options_.prints.compares_json) text += " --json-equal";
    return text;
  }

  // At the start, not after an hour.
  void try_state_file() {
    if (!options_.state_file) return;
    load_state(*options_.state_file, identity());
    const std::string next = *options_.state_file + ".new";
    const bool can_be_written = std::ofstream(next).good();
    std::remove(next.c_str());
    if (!can_be_written)
      throw std::runtime_error("verify: --state " + *options_.state_file +
                               " cannot be written: name a file in a folder that this user may write to");
  }

  void save() {
    saved_at_ = clock_.now();
    if (!options_.state_file || !verifier_) return;
    if (const auto progress = verifier_->progress()) save_state(*options_.state_file, *progress, identity());
  }

  // --- The report ---

  ExitCode report() {
    VerifyEnd end;
    Verifier::Summary summary;
    if (verifier_) {
      summary = verifier_->summary();
      if (const auto& failure = verifier_->failure()) {
        problem_ = "the " + std::string(to_string(failure->store)) + ": " + failure->error.message;
        is_denied_ = is_refusal(failure->error.kind);
      }
    }
    const bool is_whole = verifier_ && verifier_->is_over() && problem_.empty();
    if (is_interrupted_ && problem_.empty() && !is_whole) problem_ = "it was interrupted";
    for (const std::string& unread : summary.parked_unread) {
      notes_.push_back("the parked messages of group " + unread + ": what is parked counts as missing");
    }
    end.problem = problem_;
    end.notes = notes_;
    end.was_read_again = copy_runs_;
    using Result = VerifyEnd::Result;
    if (summary.differing > 0) {
      end.result = Result::kDifferent;
    } else if (is_denied_ || summary.is_denied) {
      end.result = Result::kDenied;
    } else {
      end.result = is_whole && summary.not_compared == 0 ? Result::kEqual : Result::kUnfinished;
    }
    if (options_.state_file) {
      if (is_whole) {
        std::remove(options_.state_file->c_str());
      } else {
        save();
      }
    }
    const std::vector<std::string> steps = next_steps(summary, end, options_.config_file);
    if (options_.as_json) {
      out_ << (has_begun_ ? "" : json_begin()) << json_end(summary, end, steps) << std::flush;
    } else {
      out_ << report_text(summary, end, worst_, steps) << std::flush;
    }
    switch (end.result) {
      case Result::kEqual:
        return ExitCode::kStopped;
      case Result::kDenied:
        return ExitCode::kRefusedByServer;
      default:
        return ExitCode::kKilledBySafetyRules;
    }
  }

  struct Awaited {
    std::function<bool()> holds;
    std::function<void(bool)> done;
  };

  const Settings& settings_;
  EventPolicy policy_;
  const VerifyOptions& options_;
  std::ostream& out_;
  asio::io_context io_{1};
  AsioClock clock_{io_.get_executor()};
  Listener listener_{[this](std::uint64_t id, const ReadOutcome& outcome) { on_read(id, outcome); },
                     [this](const std::string& message) { on_lost(message); }};
  std::unique_ptr<EventSource> source_;
  std::unique_ptr<EventSink> sink_;
  std::unique_ptr<StoreInspector> inspector_;
  asio::signal_set signals_{io_, SIGTERM, SIGINT};
  asio::steady_timer ticks_{io_};
  std::unique_ptr<Verifier> verifier_;
  std::optional<Awaited> awaited_;
  bool has_begun_ = false;
  bool copy_runs_ = false;
  bool is_interrupted_ = false;
  bool is_denied_ = false;
  bool is_first_ = true;
  std::string problem_;  // why it ends before its end
  std::vector<std::string> notes_;
  WorstStreams worst_;
  struct Part {
    Verifier::Phase phase;
    Time began_at;
    std::uint64_t done;  // when it began
  };
  std::optional<Part> part_;  // that is shown
  ProgressLine progress_{"verify"};
  Time saved_at_{0};
};

}  // namespace

ExitCode verify(const Settings& settings, EventPolicy policy, const VerifyOptions& options, std::ostream& out) {
  return Verify(settings, std::move(policy), options, out).run();
}

}  // namespace interconnect
