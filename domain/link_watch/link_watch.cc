#include "domain/link_watch/link_watch.h"

#include <algorithm>
#include <utility>

namespace interconnect {
namespace {

constexpr std::array kStores{Store::kSource, Store::kDestination};

// The stores' own time limit is the same: what they say in the last moment, the reason above all, is still heard.
constexpr Duration kGrace = std::chrono::milliseconds(100);

}  // namespace

LinkWatch::LinkWatch(Settings settings, CopyObserver& observer) : settings_(settings), observer_(observer) {}

std::vector<Store> LinkWatch::advance(Time now) {
  std::vector<Store> to_ask;
  for (const Store store : kStores) {
    check(store, now);
    Link& watched = link(store);
    const bool is_due = now >= watched.ask_at;
    if (!is_due || watched.is_asked) continue;
    watched.is_asked = true;
    watched.ask_at = now + settings_.interval;
    if (watched.unanswered_since == Time::max()) watched.unanswered_since = now;
    to_ask.push_back(store);
  }
  return to_ask;
}

void LinkWatch::on_answer(Store store, const std::optional<StoreError>& error, Time now) {
  Link& watched = link(store);
  watched.is_asked = false;
  if (error) {
    watched.last_error = *error;
    watched.ask_at = now + (watched.is_lost ? settings_.interval : settings_.retry_delay);
    return check(store, now);
  }
  watched.unanswered_since = Time::max();
  watched.last_error = {ErrorKind::kTimeout, "no answer"};
  if (std::exchange(watched.is_lost, false)) observer_.on_link_restored(store);
}

void LinkWatch::check(Store store, Time now) {
  Link& watched = link(store);
  if (watched.is_lost || watched.unanswered_since == Time::max() ||
      now - watched.unanswered_since < settings_.timeout + kGrace) {
    return;
  }
  watched.is_lost = true;
  observer_.on_link_lost(store, watched.last_error);
  if (settings_.on_failure == OnLinkFailure::kWait || failure_) return;
  failure_ =
      Failure{is_refusal(watched.last_error.kind) ? ExitCode::kRefusedByServer : ExitCode::kKilledBySafetyRules,
              "the link check of the " + std::string(to_string(store)) + " failed: " + watched.last_error.message +
                  (is_refusal(watched.last_error.kind) ? "" : "; with onLinkFailure: wait the copy outlasts that")};
}

Time LinkWatch::next_deadline() const {
  Time deadline = Time::max();
  for (const Link& watched : links_) {
    if (!watched.is_asked) deadline = std::min(deadline, watched.ask_at);
    if (!watched.is_lost && watched.unanswered_since != Time::max()) {
      deadline = std::min(deadline, watched.unanswered_since + settings_.timeout + kGrace);
    }
  }
  return deadline;
}

}  // namespace interconnect
