#include "benchmarks/copy/clients.h"

#include <variant>

namespace interconnect::copy_benchmark {

void SinkListener::on_append_completed(std::uint64_t id, const AppendOutcome& outcome) {
  if (const auto* appended = std::get_if<Appended>(&outcome)) return on_appended(id, appended->last_revision);
  const auto* error = std::get_if<StoreError>(&outcome);
  loop_.fail("an append failed: " + (error == nullptr ? "wrong expected version"
                                                      : std::string(to_string(error->kind)) + ", " + error->message));
}

void SourceListener::on_subscription_dropped(SubscriptionIndex, DropReason reason, std::string_view message) {
  loop_.fail("the subscription was dropped: " + std::string(to_string(reason)) + ", " + std::string(message));
}

void connect(Loop& loop, EventSink& sink, SinkListener& listener) {
  sink.start(listener);
  sink.probe([&loop](const std::optional<StoreError>& error) {
    if (error) return loop.fail("no connection: " + error->message);
    loop.finish();
  });
  loop.run("connecting");
}

}  // namespace interconnect::copy_benchmark
