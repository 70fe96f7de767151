#include "domain/copier/script_run.h"

namespace interconnect {
namespace {

class NeverValid final : public EventValidator {
  std::optional<std::string> validate(const EventView&) const override { return "bad"; }
};

AskedAppend asked(const Append& append) {
  AskedAppend result{append.id, std::string(append.stream), append.expected_revision, {}};
  for (const Event& event : append.events) result.events.emplace_back(event.id(), event.revision());
  return result;
}

template <typename Queue>
auto take_oldest(Queue& queue) {
  auto oldest = std::move(queue.front());
  queue.pop_front();
  return oldest;
}

}  // namespace

std::vector<Subscription> ScriptSetup::subscriptions() const {
  std::vector<Subscription> result;
  for (const std::string& stream : streams) result.push_back({stream, "g", buffer_size, {}});
  return result;
}

EventPolicy ScriptSetup::policy() const {
  std::vector<AllowedType> types{{"Good", nullptr}, {"Bad", std::make_shared<NeverValid>()}};
  if (copies_metadata) types.push_back({"$metadata", nullptr});
  return EventPolicy(std::move(types));
}

ScriptRun::ScriptRun(const ScriptSetup& setup)
    : copier_(setup.settings, setup.subscriptions(), setup.policy(), safety_net, observer) {}

std::vector<Action> ScriptRun::give(const ScriptInput& input) {
  safety_net.on_write_failure = input.on_write_failure;
  safety_net.on_invalid = input.on_invalid;
  std::vector<Action> actions;
  if (const auto* started = std::get_if<SubscriptionStarted>(&input.what)) {
    copier_.on_subscription_started(*started, input.at);
  } else if (const auto* dropped = std::get_if<ScriptInput::Dropped>(&input.what)) {
    copier_.on_subscription_dropped(dropped->subscription, dropped->reason, "said the server", input.at);
  } else if (std::holds_alternative<ScriptInput::OlderConsumersSuspected>(input.what)) {
    copier_.on_older_consumers_suspected(0, input.at);
  } else if (const auto* delivered = std::get_if<ScriptInput::Delivered>(&input.what)) {
    EventView event, link;
    if (delivered->event) event = delivered->event->view();
    if (delivered->link) link = delivered->link->view();
    copier_.on_delivery({delivered->subscription, delivered->ack_id, delivered->position, delivered->retry_count,
                         delivered->event ? &event : nullptr, delivered->link ? &link : nullptr},
                        input.at);
  } else if (const auto* order = std::get_if<ScriptInput::SinkOrder>(&input.what)) {
    copier_.on_sink_order(order->ordered_append_bytes);
  } else if (const auto* size = std::get_if<ScriptInput::SizeRule>(&input.what)) {
    copier_.on_append_size_rule(size->rule);
  } else if (const auto* stop = std::get_if<ScriptInput::StopRequested>(&input.what)) {
    copier_.on_stop_requested(stop->stop_by);
  } else if (const auto* appended = std::get_if<ScriptInput::AppendAnswered>(&input.what)) {
    copier_.on_append_completed(take_oldest(appends_).id, appended->outcome, input.at);
  } else if (const auto* read = std::get_if<ScriptInput::ReadAnswered>(&input.what)) {
    const std::uint64_t id = take_oldest(reads_).read.id;
    if (const auto* error = std::get_if<StoreError>(&read->answer)) {
      copier_.on_read_completed(id, *error, input.at);
    } else {
      const auto& page = std::get<ScriptInput::Page>(read->answer);
      std::vector<EventView> events;
      for (const auto& event : page.events) events.push_back(event->view());
      copier_.on_read_completed(id, StreamPage{events, page.stream_exists, page.is_end, page.next}, input.at);
    }
  } else {
    copier_.advance(input.at, actions);
    for (const Action& action : actions) {
      if (const auto* send = std::get_if<SendAppend>(&action)) appends_.push_back(asked(send->append));
      if (const auto* ask = std::get_if<ReadStream>(&action)) reads_.push_back(*ask);
    }
  }
  return actions;
}

}  // namespace interconnect
