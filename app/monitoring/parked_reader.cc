#include "app/monitoring/parked_reader.h"

#include <utility>

#include "domain/parked_messages.h"

namespace interconnect {
namespace {

constexpr std::int32_t kPage = 500;

}  // namespace

ParkedReader::ParkedReader(MeteredSource& source, const Subscription& subscription)
    : source_(source), stream_(parked_stream(subscription.stream, subscription.group)) {}

void ParkedReader::look(std::function<void(const Answer&)> done) {
  done_ = std::move(done);
  source_.read_aside({.id = 0, .stream = stream_, .direction = ReadDirection::kForward, .from = 0, .count = 1},
                     [this](const ReadOutcome& outcome) { on_begin(outcome); });
}

void ParkedReader::on_begin(const ReadOutcome& outcome) {
  if (const auto* error = std::get_if<StoreError>(&outcome)) {
    if (error->kind != ErrorKind::kStreamDeleted) return answer(*error);
    begin_at(std::nullopt);
    return answer(counted_);
  }
  const StreamPage& page = std::get<StreamPage>(outcome);
  if (!page.events.empty()) {
    begin_at(page.events.front().revision);
  } else {
    // Behind what was replayed, and truncated with it.
    begin_at(page.stream_exists && !page.end_of_stream ? std::optional(page.next) : std::nullopt);
  }
  first_ ? read_on() : answer(counted_);
}

void ParkedReader::begin_at(std::optional<Revision> first) {
  if (first == first_) return;
  first_ = first;
  next_ = first.value_or(0);
  counted_ = {};
}

void ParkedReader::read_on() {
  source_.read_aside({.id = 0, .stream = stream_, .direction = ReadDirection::kForward, .from = next_, .count = kPage},
                     [this](const ReadOutcome& outcome) { on_page(outcome); });
}

void ParkedReader::on_page(const ReadOutcome& outcome) {
  if (const auto* error = std::get_if<StoreError>(&outcome)) return answer(*error);
  const StreamPage& page = std::get<StreamPage>(outcome);
  for (const EventView& link : page.events) {
    ++(is_parked_by_consumer(link.metadata) ? counted_.by_consumers : counted_.by_server);
    next_ = link.revision + 1;
  }
  if (page.end_of_stream || page.next < next_ || (page.events.empty() && page.next == next_)) return answer(counted_);
  next_ = page.next;
  read_on();
}

void ParkedReader::answer(const Answer& answer) {
  const auto done = std::exchange(done_, nullptr);
  done(answer);
}

}  // namespace interconnect
