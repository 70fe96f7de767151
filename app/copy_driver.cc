#include "app/copy_driver.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace interconnect {
namespace {

template <typename... Cases>
struct Match : Cases... {
  using Cases::operator()...;
};
template <typename... Cases>
Match(Cases...) -> Match<Cases...>;

}  // namespace

CopyDriver::CopyDriver(Copier& copier, LinkWatch& link_watch, EventSource& source, EventSink& sink, Clock& clock,
                       ProcessKiller& killer)
    : copier_(copier), link_watch_(link_watch), source_(source), sink_(sink), clock_(clock), killer_(killer) {}

void CopyDriver::start(const std::vector<Subscription>& subscriptions) {
  sink_.start(sink_listener_);
  source_.start(source_listener_);
  for (SubscriptionIndex i = 0; i < subscriptions.size(); ++i) source_.subscribe(i, subscriptions[i].buffer_size);
  advance();
}

void CopyDriver::stop(Duration within) {
  leave_by_ = std::min(leave_by_, clock_.now() + within);
  // The last fifth is for what is sent and closed then.
  copier_.on_stop_requested(clock_.now() + within * 4 / 5);
  advance();
}

void CopyDriver::advance() {
  if (has_left_) return;
  copier_.on_sink_order(sink_.ordered_append_bytes());
  copier_.on_append_size_rule(sink_.append_size_rule());
  copier_.advance(clock_.now(), actions_);
  for (const Action& action : actions_) perform(action);
  if (!has_left_) check_links();
  if (!has_left_) set_alarm();
}

void CopyDriver::check_links() {
  if (clock_.now() >= link_watch_.next_deadline()) {
    for (const Store store : link_watch_.advance(clock_.now())) {
      LinkProbe& probe = store == Store::kSource ? static_cast<LinkProbe&>(source_) : sink_;
      probe.probe([this, store](const std::optional<StoreError>& error) {
        link_watch_.on_answer(store, error, clock_.now());
        advance();
      });
    }
  }
  if (const auto& failure = link_watch_.failure()) leave(failure->code, failure->last_words);
}

void CopyDriver::perform(const Action& action) {
  std::visit(
      Match{
          [this](const SendAppend& send) { sink_.append(send.append); },
          [this](const ReadStream& read) {
            (read.store == Store::kSource ? static_cast<StreamReader&>(source_) : sink_).read(read.read);
          },
          [this](const Acknowledge& ack) { source_.acknowledge(ack.subscription, ack.ack_ids); },
          [this](const ParkEvent& park) { source_.park(park.subscription, std::span(&park.ack_id, 1), park.reason); },
          [this](const Resubscribe& again) { source_.subscribe(again.subscription, again.buffer_size); },
          [this](const Exit& exit) { leave(exit.code, exit.last_words); },
      },
      action);
}

void CopyDriver::leave(ExitCode code, std::string_view last_words) {
  if (has_left_) return;
  has_left_ = true;
  if (code != ExitCode::kStopped) {
    killer_.kill(code, last_words);
    return;
  }
  const auto end = [this, code, words = std::string(last_words)] {
    if (!std::exchange(has_ended_, true)) killer_.kill(code, words);
  };
  source_.stop([this, end] { sink_.stop(end); });
  // A store that does not answer must not hold it up.
  clock_.set_alarm(leave_by_, end);
}

void CopyDriver::set_alarm() {
  const Time deadline = std::min(copier_.next_deadline().value_or(kNever), link_watch_.next_deadline());
  if (deadline == kNever || deadline >= alarm_) return;
  alarm_ = deadline;
  clock_.set_alarm(deadline, [this] {
    alarm_ = kNever;
    advance();
  });
}

void CopyDriver::SourceListener::on_read_completed(std::uint64_t read_id, const ReadOutcome& outcome) {
  driver_.copier_.on_read_completed(read_id, outcome, driver_.clock_.now());
  driver_.advance();
}

void CopyDriver::SourceListener::on_subscription_started(const SubscriptionStarted& started) {
  driver_.copier_.on_subscription_started(started, driver_.clock_.now());
  driver_.advance();
}

void CopyDriver::SourceListener::on_delivery(const Delivery& delivery) {
  driver_.copier_.on_delivery(delivery, driver_.clock_.now());
}

void CopyDriver::SourceListener::on_deliveries_end() { driver_.advance(); }

void CopyDriver::SourceListener::on_subscription_dropped(SubscriptionIndex subscription, DropReason reason,
                                                         std::string_view message) {
  driver_.copier_.on_subscription_dropped(subscription, reason, message, driver_.clock_.now());
  driver_.advance();
}

void CopyDriver::SourceListener::on_older_consumers_suspected(SubscriptionIndex subscription) {
  driver_.copier_.on_older_consumers_suspected(subscription, driver_.clock_.now());
  driver_.advance();
}

void CopyDriver::SourceListener::on_source_lost(std::string_view message) {
  driver_.leave(ExitCode::kKilledBySafetyRules, message);
}

void CopyDriver::SinkListener::on_read_completed(std::uint64_t read_id, const ReadOutcome& outcome) {
  driver_.copier_.on_read_completed(read_id, outcome, driver_.clock_.now());
  driver_.advance();
}

void CopyDriver::SinkListener::on_append_completed(std::uint64_t append_id, const AppendOutcome& outcome) {
  driver_.copier_.on_append_completed(append_id, outcome, driver_.clock_.now());
}

void CopyDriver::SinkListener::on_outcomes_end() { driver_.advance(); }

void CopyDriver::SinkListener::on_sink_lost(std::string_view message) {
  driver_.leave(ExitCode::kKilledBySafetyRules, message);
}

}  // namespace interconnect
