#include "domain/copier/script_truth.h"

#include <algorithm>
#include <variant>

namespace interconnect {

ScriptInput::Page KnownStream::read(const StreamRead& read) const {
  ScriptInput::Page page;
  const auto shows = [&](Revision at) { return events.contains(at) && at <= last; };
  page.stream_exists = std::ranges::any_of(events, [&](const auto& e) { return e.first <= last; });
  const bool is_forward = read.direction == ReadDirection::kForward;
  Revision at = !is_forward && read.from == kStreamEnd ? last : read.from;
  const auto is_left = [&](const auto& e) { return is_forward ? e.first >= at : e.first <= at; };
  page.is_end = true;
  const auto take = [&](const auto& entry) {
    if (!is_left(entry) || !shows(entry.first)) return;
    if (page.events.size() == static_cast<std::size_t>(read.count)) {
      if (page.is_end) page.next = entry.first;
      page.is_end = false;
      return;
    }
    page.events.push_back(entry.second);
  };
  if (is_forward) {
    for (const auto& entry : events) take(entry);
  } else {
    for (auto it = events.rbegin(); it != events.rend(); ++it) take(*it);
  }
  return page;
}

void learn(KnownStore& store, std::string_view stream, const SharedEvent& event, bool moves_end) {
  KnownStream& known = store[std::string(stream)];
  known.events.emplace(event->revision(), event);
  if (moves_end) known.last = std::max(known.last, event->revision());
}

Truth learn_truth(const ScriptSetup& setup, const std::vector<ScriptInput>& inputs) {
  Truth truth;
  ScriptRun run(setup);
  for (const ScriptInput& input : inputs) {
    if (const auto* delivered = std::get_if<ScriptInput::Delivered>(&input.what); delivered && delivered->event) {
      learn(truth.source, delivered->event->stream(), delivered->event, true);
    }
    if (const auto* answered = std::get_if<ScriptInput::ReadAnswered>(&input.what)) {
      const bool is_of_source = run.reads().front().store == Store::kSource;
      if (const auto* page = std::get_if<ScriptInput::Page>(&answered->answer)) {
        for (const SharedEvent& event : page->events) {
          learn(is_of_source ? truth.source : truth.others, event->stream(), event, is_of_source);
        }
      }
    }
    run.give(input);
  }
  return truth;
}

}  // namespace interconnect
