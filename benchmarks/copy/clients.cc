#include "benchmarks/copy/clients.h"

#include <variant>

namespace interconnect::copy_benchmark {
namespace {

constexpr int kProbes = 10;
constexpr std::chrono::milliseconds kBetweenProbes{200};

// 21.2.0 without TLS refuses a connection of HTTP/2 now and then, while one of HTTP/1 begins.
void probe(Loop& loop, EventSink& sink, int probes) {
  sink.probe([&loop, &sink, probes](const std::optional<StoreError>& error) {
    if (!error) return loop.finish();
    if (probes == 1) return loop.fail("no connection: " + error->message);
    loop.after(kBetweenProbes, [&loop, &sink, probes] { probe(loop, sink, probes - 1); });
  });
}

}  // namespace

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
  probe(loop, sink, kProbes);
  loop.run("connecting");
}

}  // namespace interconnect::copy_benchmark
