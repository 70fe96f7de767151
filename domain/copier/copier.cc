#include "domain/copier/copier.h"

#include <utility>

#include "domain/copier/global_order.h"
#include "domain/copier/intake.h"
#include "domain/copier/stream_order.h"
#include "domain/copier/surroundings.h"
#include "domain/copier/writer.h"

namespace interconnect {

Copier::Copier(CopierSettings settings, std::vector<Subscription> subscriptions, EventPolicy policy,
               SafetyNet& safety_net, CopyObserver& observer)
    : our_(new Surroundings{settings, std::move(policy), safety_net, observer}) {
  const bool is_global = settings.ordering == CopierSettings::Ordering::kGlobal;
  intake_ = std::make_unique<Intake>(*our_, subscriptions, is_global);
  if (is_global) {
    order_ = std::make_unique<GlobalOrder>(settings.redelivery_wait(), *intake_);
  } else {
    order_ = std::make_unique<StreamOrder>();
  }
  writer_ = std::make_unique<Writer>(*our_, *order_, *intake_);
  intake_->connect(*order_, *writer_);
}

Copier::~Copier() = default;

void Copier::on_subscription_started(const SubscriptionStarted& started, Time now) {
  intake_->on_subscription_started(started, now);
}

void Copier::on_subscription_dropped(SubscriptionIndex subscription, DropReason reason, std::string_view message,
                                     Time now) {
  intake_->on_subscription_dropped(subscription, reason, message, now);
}

void Copier::on_older_consumers_suspected(SubscriptionIndex subscription, Time now) {
  intake_->on_stale_consumer(subscription, now);
}

void Copier::on_delivery(const Delivery& delivery, Time now) { intake_->on_delivery(delivery, now); }

void Copier::on_append_completed(std::uint64_t append_id, const AppendOutcome& outcome, Time now) {
  writer_->on_append_completed(append_id, outcome, now);
}

void Copier::on_read_completed(std::uint64_t read_id, const ReadOutcome& outcome, Time now) {
  if (our_->outbox.has_exited()) return;
  if (!intake_->on_read_completed(read_id, outcome, now)) writer_->on_read_completed(read_id, outcome, now);
}

void Copier::on_stop_requested(Time stop_by) {
  stop_by_ = std::min(stop_by_, stop_by);
  intake_->on_stop_requested();
}

void Copier::on_sink_order(std::size_t ordered_append_bytes) { order_->on_sink_order(ordered_append_bytes); }

void Copier::on_append_size_rule(AppendSizeRule rule) { writer_->on_append_size_rule(rule); }

void Copier::advance(Time now, std::vector<Action>& actions) {
  actions.clear();
  Outbox& outbox = our_->outbox;
  if (!outbox.has_exited()) {
    writer_->ring_timers(now);
    const bool is_stopping = stop_by_ != kNever;
    if (!is_stopping) {
      intake_->advance(now);
      order_->pump(*writer_, now);
    }
    const bool has_stopped = is_stopping && (!writer_->has_appends() || now >= stop_by_);
    if (!outbox.has_exited()) intake_->acknowledge(now, has_stopped);
    if (has_stopped) outbox.exit(ExitCode::kStopped, last_words_of_stop());
  }
  outbox.swap_into(actions);
}

std::string Copier::last_words_of_stop() const {
  if (!writer_->has_appends()) return "asked to stop; what was in flight is settled";
  return "asked to stop; the destination did not confirm " + std::to_string(load().events_in_flight) +
         " events in time, they come again at the next start";
}

std::optional<Time> Copier::next_deadline() {
  if (our_->outbox.has_exited()) return std::nullopt;
  Time deadline = std::min({stop_by_, writer_->next_timer(), intake_->next_deadline()});
  if (stop_by_ == kNever) deadline = std::min(deadline, order_->next_deadline(*writer_));
  if (deadline == kNever) return std::nullopt;
  return deadline;
}

Copier::Load Copier::load() const { return writer_->load(); }

SubscriptionLoad Copier::load(SubscriptionIndex subscription) const { return intake_->load(subscription); }

}  // namespace interconnect
