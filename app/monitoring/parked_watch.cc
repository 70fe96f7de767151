#include "app/monitoring/parked_watch.h"

#include <glog/logging.h>

#include <utility>

#include "domain/excerpt.h"

namespace interconnect {

namespace {

// A server may well refuse once, as it starts or leads anew.
constexpr int kLastingRefusals = 3;

}  // namespace

std::string parked_events(std::int64_t count, const Subscription& subscription) {
  return std::to_string(count) + (count == 1 ? " event of '" : " events of '") + excerpt(subscription.stream) +
         "' (group '" + excerpt(subscription.group) + "')";
}

ParkedWatch::ParkedWatch(MeteredSource& source, const std::vector<Subscription>& subscriptions, GroupAdvice advice)
    : advice_(std::move(advice)) {
  for (const Subscription& one : subscriptions) watched_.push_back(std::make_unique<Watched>(source, one));
}

void ParkedWatch::ask() {
  for (const auto& one : watched_) {
    Watched& watched = *one;
    if (std::exchange(watched.is_awaited, true)) continue;
    watched.reader.look([this, &watched](const ParkedReader::Answer& answer) {
      watched.is_awaited = false;
      on_answer(watched, answer);
    });
  }
}

void ParkedWatch::on_answer(Watched& watched, const ParkedReader::Answer& answer) {
  if (const auto* error = std::get_if<StoreError>(&answer)) {
    if (is_transient(error->kind) && !is_refusal(error->kind)) return;  // the link check's affair
    if (++watched.refusals < kLastingRefusals) return;
    if (!std::exchange(has_said_that_it_may_not_ask_, true)) {
      LOG(WARNING) << "whether the source's server parks events of its own accord is not watched: a group's parked "
                      "messages can be read by a user of $admins only: "
                   << error->message;
    }
    return;
  }
  watched.refusals = 0;
  const std::int64_t now = std::get<ParkedMessages>(answer).by_server;
  const std::int64_t before = std::exchange(watched.known, now).value_or(0);
  if (now > before) {
    LOG(ERROR) << "the source's server has parked " << parked_events(now, watched.subscription)
               << " of its own accord, since it had sent them as often as the group's maxRetryCount allows: those that "
                  "had not been written are missing at the destination until the group's parked messages are replayed"
               << (advice_.url ? " (POST " + advice_.url(watched.subscription) + "/replayParked)" : "");
  } else if (now == 0 && before > 0) {
    LOG(INFO) << "what the source's server had parked of '" << excerpt(watched.subscription.stream) << "' (group '"
              << excerpt(watched.subscription.group) << "') has been replayed, or deleted";
  }
}

std::uint64_t ParkedWatch::by_server() const {
  std::int64_t sum = 0;
  for (const auto& watched : watched_) sum += watched->known.value_or(0);
  return static_cast<std::uint64_t>(sum);
}

std::optional<std::string> ParkedWatch::finding() const {
  std::string all;
  for (const auto& watched : watched_) {
    if (watched->known.value_or(0) == 0) continue;
    all += (all.empty() ? "" : ", ") + parked_events(*watched->known, watched->subscription);
  }
  if (all.empty()) return std::nullopt;
  return "the source's server has parked " + all + ": they may be missing at the destination until they are replayed";
}

}  // namespace interconnect
