#include "domain/copier/copier_script.h"

#include <utility>
#include <variant>

#include "domain/copier/failing_rerun.h"
#include "gtest/gtest.h"

namespace interconnect {
namespace {

std::shared_ptr<const Event> own(const EventView& event) { return std::make_shared<const Event>(event); }

std::string list(const auto& items, const auto& number) {
  std::string text = "[";
  for (const auto& item : items) text += (text.size() > 1 ? " " : "") + std::to_string(number(item));
  return text + "]";
}

}  // namespace

CopierScript::~CopierScript() {
  if (::testing::Test::HasFailure()) return;
  for (const std::string& violation : rerun_with_failures(setup_, inputs_)) ADD_FAILURE() << violation;
}

std::vector<Action> CopierScript::give(decltype(ScriptInput::what) what) {
  inputs_.push_back({now, safety_net.on_write_failure, safety_net.on_invalid, std::move(what)});
  return run_.give(inputs_.back());
}

void CopierScript::start(GroupState group, SubscriptionIndex subscription) {
  GroupSettings effective;
  effective.start_from = begins_at_start ? 0 : 1;
  effective.consumer_strategy = strategy;
  give(SubscriptionStarted{subscription, group, effective});
}

void CopierScript::drop(SubscriptionIndex subscription) {
  give(ScriptInput::Dropped{subscription, DropReason::kConnectionLost});
}

void CopierScript::refuse(DropReason reason) { give(ScriptInput::Dropped{0, reason}); }

void CopierScript::suspect_older_consumers() { give(ScriptInput::OlderConsumersSuspected{}); }

void CopierScript::order_of_sink(std::size_t ordered_append_bytes) {
  give(ScriptInput::SinkOrder{ordered_append_bytes});
}

void CopierScript::size_rule_of_sink(AppendSizeRule rule) { give(ScriptInput::SizeRule{rule}); }

void CopierScript::stop(Duration within) { give(ScriptInput::StopRequested{now + within}); }

void CopierScript::deliver(std::initializer_list<int> numbers) {
  for (const int n : numbers) deliver_one({.id = n});
}

void CopierScript::deliver_one(const Arriving& arriving) {
  const Revision position = arriving.position.value_or(next_position);
  next_position = position + 1;
  const EventId id = id_of(arriving.id);
  const bool has_link = !arriving.link.empty();
  const EventId link_id = id_of(100 + arriving.id);
  give(ScriptInput::Delivered{
      arriving.subscription, has_link ? link_id : id, position, retry_count,
      own({arriving.stream, arriving.revision.value_or(arriving.id), id, arriving.type, ContentKind::kJson,
           arriving.data, ""}),
      has_link ? own({"$ce-s", position, link_id, "$>", ContentKind::kBinary, arriving.link, ""}) : nullptr});
}

void CopierScript::deliver_link(int id, std::string_view text) {
  const Revision position = next_position++;
  give(ScriptInput::Delivered{0, id_of(id), position, retry_count, nullptr,
                              own({"$ce-s", position, id_of(id), "$>", ContentKind::kBinary, text, ""})});
}

CopierScript::Texts CopierScript::advance(Duration passed) {
  now += passed;
  Texts texts;
  for (const Action& action : give(ScriptInput::Advanced{})) texts.push_back(describe(action));
  return texts;
}

bool CopierScript::refuse_next(const Refusing& refusing) {
  if (has_append() && refusing.appends) {
    fail(*refusing.appends);
  } else if (has_read() && refusing.reads) {
    fail_read(*refusing.reads);
  } else if (has_read() && refusing.shows_nothing && run_.reads().front().store == Store::kDestination) {
    no_stream();
  } else {
    return false;
  }
  return true;
}

CopierScript::Texts CopierScript::advance_while(const Refusing& refusing, Duration at_most) {
  const Time end = now + at_most;
  Texts actions;
  while (now < end) {
    std::size_t refused = 0;
    while (refuse_next(refusing)) ++refused;
    if (refused < actions.size()) break;
    actions = advance(refused == 0 ? std::chrono::milliseconds(10) : Duration{0});
  }
  return actions;
}

void CopierScript::outcome(const AppendOutcome& outcome) { give(ScriptInput::AppendAnswered{outcome}); }

void CopierScript::page(const Page& page) {
  const bool is_forward = run_.reads().front().read.direction == ReadDirection::kForward;
  Answer answer{.is_end = page.is_end, .next = page.first};
  for (const int id : page.ids) {
    answer.events.push_back({.id = id, .revision = answer.next});
    answer.next += is_forward ? 1 : -1;
  }
  show(answer);
}

void CopierScript::show(const Answer& answer) {
  ScriptInput::Page page{{}, true, answer.is_end, answer.next};
  const std::string stream = run_.reads().front().read.stream;
  for (const Shown& shown : answer.events) {
    page.events.push_back(
        own({stream, shown.revision, id_of(shown.id), shown.type, ContentKind::kJson, shown.data, shown.metadata}));
  }
  give(ScriptInput::ReadAnswered{std::move(page)});
}

void CopierScript::no_stream() { give(ScriptInput::ReadAnswered{ScriptInput::Page{{}, false, true, 0}}); }

void CopierScript::fail_read(ErrorKind kind) { give(ScriptInput::ReadAnswered{StoreError{kind, "said the server"}}); }

std::string CopierScript::describe(const Action& action) {
  if (const auto* send = std::get_if<SendAppend>(&action)) {
    return "append " + std::string(send->append.stream) + " @" + std::to_string(send->append.expected_revision) + " " +
           list(send->append.events, [](const Event& e) { return number_of(e.id()); });
  }
  if (const auto* ask = std::get_if<ReadStream>(&action)) {
    last_read_count = ask->read.count;
    return "read " + std::string(to_string(ask->store)) + " " + ask->read.stream +
           (ask->read.direction == ReadDirection::kForward ? " forward " : " backward ") +
           std::to_string(ask->read.from);
  }
  if (const auto* ack = std::get_if<Acknowledge>(&action)) return "ack " + list(ack->ack_ids, number_of);
  if (const auto* park = std::get_if<ParkEvent>(&action)) return "park " + std::to_string(number_of(park->ack_id));
  if (const auto* again = std::get_if<Resubscribe>(&action)) {
    return "resubscribe " + std::to_string(again->subscription) + " buffer " + std::to_string(again->buffer_size);
  }
  const Exit& exit = std::get<Exit>(action);
  last_words = exit.last_words;
  return "exit " + std::to_string(static_cast<int>(exit.code));
}

}  // namespace interconnect
