#include "domain/group_findings.h"

#include <algorithm>
#include <limits>
#include <string_view>

namespace interconnect {
namespace {

using std::chrono::milliseconds;
using Weight = GroupFinding::Weight;

// With fewer, lost connections and restarts of the copier may use them up.
constexpr std::int32_t kManyRetries = 100;

constexpr std::string_view kNothingIsLost = "\"nothing is lost\"";
constexpr std::string_view kOrder = "\"the order within a stream is kept\"";

std::string text_of(bool value) { return value ? "true" : "false"; }
std::string text_of(std::int32_t value) { return std::to_string(value); }
std::string text_of(std::int64_t value) { return std::to_string(value); }
std::string text_of(milliseconds value) { return std::to_string(value.count()); }
std::string text_of(ConsumerStrategy value) { return std::string(to_string(value)); }

// The servers hold times in 32 bits, and take every negative start for the stream's end.
template <typename T>
T comparable(T value) {
  return value;
}
milliseconds comparable(milliseconds value) {
  return std::min(value, milliseconds(std::numeric_limits<std::int32_t>::max()));
}
// 0 is any number, and so is the largest one: the only way to say it in the HTTP API of 5.0.1.
std::int32_t subscribers_of(const GroupSettings& settings) {
  return settings.max_subscriber_count == std::numeric_limits<std::int32_t>::max() ? 0 : settings.max_subscriber_count;
}
std::int64_t start_of(const GroupSettings& settings) { return std::max<std::int64_t>(settings.start_from, -1); }

class Judge {
 public:
  Judge(const GroupSettings& has, const GroupSettings& wanted, const GroupCircumstances& circumstances)
      : has_(has), wanted_(wanted), circumstances_(circumstances) {}

  std::vector<GroupFinding> judge() && {
    links();
    start();
    retries();
    timeout();
    strategy();
    const bool subscribers_differ = subscribers_of(has_) != subscribers_of(wanted_);
    if (subscribers_differ && subscribers_of(has_) > 0) {
      note(named("maxSubscriberCount", &GroupSettings::max_subscriber_count) +
           ": the server refuses more consumers than that, dead connections that it still counts included");
    }
    trifles();
    return std::move(findings_);
  }

 private:
  void note(std::string text) { findings_.push_back({Weight::kNote, std::move(text)}); }
  void promise(std::string text) { findings_.push_back({Weight::kPromise, std::move(text)}); }

  template <typename T>
  bool differ(T GroupSettings::*setting) const {
    return comparable(has_.*setting) != comparable(wanted_.*setting);
  }
  // "maxRetryCount is 10 (wanted: 1000000)", or "(as configured)".
  template <typename T>
  std::string named(std::string_view name, T GroupSettings::*setting) const {
    return std::string(name) + " is " + text_of(has_.*setting) +
           (differ(setting) ? " (wanted: " + text_of(wanted_.*setting) + ")" : " (as configured)");
  }

  void links() {
    if (has_.resolve_link_tos || !wanted_.resolve_link_tos) return;
    note(named("resolveLinkTos", &GroupSettings::resolve_link_tos) +
         ": the group sends links; each is resolved here, by reading its event at the source, which is slower");
  }

  void start() {
    const std::int64_t begins = start_of(has_);
    const bool as_wanted = begins == start_of(wanted_);
    std::string text = "startFrom is " + std::to_string(begins);
    if (!as_wanted) text += " (wanted: " + std::to_string(start_of(wanted_)) + ")";
    if (begins == 0) {
      if (!as_wanted) note(text + ": it counts only when a group is made, so this one has the whole stream");
      return;
    }
    if (circumstances_.end == kNoStream) return;  // nothing was left out
    const std::string began =
        begins < 0 ? "the group began at the end that the stream had when it was made" : "the group began there";
    if (as_wanted) {
      note(text + " (as configured): " + began + "; events before are not copied");
      return;
    }
    promise(text + ": " + began + ", so " + std::string(kNothingIsLost) +
            " does not hold for the events before. No update changes that: for the whole stream, name a group that is "
            "not there yet");
  }

  void retries() {
    if (has_.max_retry_count >= kManyRetries) {
      if (differ(&GroupSettings::max_retry_count)) {
        trifle("maxRetryCount", &GroupSettings::max_retry_count);
      }
      return;
    }
    promise(named("maxRetryCount", &GroupSettings::max_retry_count) +
            ": after so many redeliveries, and each lost connection and each restart of the copier is one, the server "
            "parks an event; then " +
            std::string(kNothingIsLost) + " holds only once its parked messages have been replayed");
  }

  bool is_soon() const {
    if (has_.message_timeout <= milliseconds(0)) return !circumstances_.zero_timeout_is_never;
    return has_.message_timeout <= circumstances_.held_for;
  }
  void timeout() {
    if (!is_soon()) {
      if (differ(&GroupSettings::message_timeout)) trifle("messageTimeout", &GroupSettings::message_timeout);
      return;
    }
    promise(named("messageTimeout", &GroupSettings::message_timeout) + ": an event may be held here for " +
            text_of(circumstances_.held_for) +
            " ms, so the server sends it again meanwhile, which counts as a retry; with another copier in the group, " +
            std::string(kOrder) + " does not hold for it" +
            (has_.max_retry_count < kManyRetries
                 ? ", and with that maxRetryCount it is parked: " + std::string(kNothingIsLost) + " does not hold"
                 : ""));
  }

  void strategy() {
    if (has_.consumer_strategy == ConsumerStrategy::kPinned) {
      if (differ(&GroupSettings::consumer_strategy)) {
        trifle("namedConsumerStrategy", &GroupSettings::consumer_strategy);
      }
      return;
    }
    const bool deals_when_full = has_.consumer_strategy == ConsumerStrategy::kDispatchToSingle;
    const std::string name = named("namedConsumerStrategy", &GroupSettings::consumer_strategy);
    if (deals_when_full && circumstances_.consumers.value_or(2) <= 1) {
      note(name + ": one consumer gets all events; with a second one the order would not be kept");
      return;
    }
    promise(name + ": " +
            (deals_when_full ? "what one consumer's buffer does not hold goes to the next"
                             : "a stream's events are dealt out to all consumers") +
            ", so with more than one consumer " + std::string(kOrder) + " does not hold; Pinned keeps it");
  }

  template <typename T>
  void trifle(std::string_view name, T GroupSettings::*setting) {
    trifles_ += (trifles_.empty() ? "" : ", ") + named(name, setting);
  }
  // What changes how fast the copy is, or how much comes again after a restart of the source, but no promise.
  void trifles() {
    const auto compare = [this](std::string_view name, auto setting) {
      if (differ(setting)) trifle(name, setting);
    };
    if (has_.resolve_link_tos) compare("resolveLinkTos", &GroupSettings::resolve_link_tos);
    compare("extraStatistics", &GroupSettings::extra_statistics);
    compare("liveBufferSize", &GroupSettings::live_buffer_size);
    compare("readBatchSize", &GroupSettings::read_batch_size);
    compare("historyBufferSize", &GroupSettings::history_buffer_size);
    compare("checkPointAfter", &GroupSettings::checkpoint_after);
    compare("minCheckPointCount", &GroupSettings::min_checkpoint_count);
    compare("maxCheckPointCount", &GroupSettings::max_checkpoint_count);
    if (subscribers_of(has_) == 0 && subscribers_of(wanted_) > 0) {
      compare("maxSubscriberCount", &GroupSettings::max_subscriber_count);
    }
    if (!trifles_.empty()) note(trifles_ + ": no promise depends on it");
  }

  const GroupSettings& has_;
  const GroupSettings& wanted_;
  const GroupCircumstances& circumstances_;
  std::vector<GroupFinding> findings_;
  std::string trifles_;
};

bool same_effect(const GroupSettings& a, const GroupSettings& b) {
  GroupSettings one = a;
  GroupSettings other = b;
  for (GroupSettings* settings : {&one, &other}) {
    settings->start_from = start_of(*settings);
    settings->max_subscriber_count = subscribers_of(*settings);
    settings->message_timeout = comparable(settings->message_timeout);
    settings->checkpoint_after = comparable(settings->checkpoint_after);
  }
  return one == other;
}

// Under the HTTP API's names.
std::string json_of(const GroupSettings& settings) {
  std::string json = "{";
  const auto member = [&json](std::string_view name, const std::string& value) {
    json += (json.size() > 1 ? "," : "") + ("\"" + std::string(name) + "\":") + value;
  };
  member("resolveLinktos", text_of(settings.resolve_link_tos));
  member("startFrom", text_of(settings.start_from));
  member("extraStatistics", text_of(settings.extra_statistics));
  member("messageTimeoutMilliseconds", text_of(settings.message_timeout));
  member("maxRetryCount", text_of(settings.max_retry_count));
  member("liveBufferSize", text_of(settings.live_buffer_size));
  member("bufferSize", text_of(settings.history_buffer_size));
  member("readBatchSize", text_of(settings.read_batch_size));
  member("checkPointAfterMilliseconds", text_of(settings.checkpoint_after));
  member("minCheckPointCount", text_of(settings.min_checkpoint_count));
  member("maxCheckPointCount", text_of(settings.max_checkpoint_count));
  // The API takes 0, any number, for a setting that is not given, and gives it 10 (seen on 5.0.1).
  member("maxSubscriberCount", text_of(settings.max_subscriber_count == 0 ? std::numeric_limits<std::int32_t>::max()
                                                                          : settings.max_subscriber_count));
  member("namedConsumerStrategy", "\"" + text_of(settings.consumer_strategy) + "\"");
  return json + "}";
}

}  // namespace

std::vector<GroupFinding> group_findings(const GroupSettings& has, const GroupSettings& wanted,
                                         const GroupCircumstances& circumstances) {
  return Judge(has, wanted, circumstances).judge();
}

SubscriptionStarted group_at_start(const GroupSettings& present, const GroupSettings& wanted,
                                   std::int64_t last_checkpoint, bool may_update) {
  const GroupSettings updated = updated_settings(present, wanted);
  if (same_effect(present, updated)) return {.group = GroupState::kUnchanged, .effective = present};
  if (!may_update || update_loses_place(present, last_checkpoint)) {
    return {.group = GroupState::kKept, .effective = present};
  }
  return {.group = GroupState::kUpdated, .effective = updated};
}

std::string group_update_advice(const std::string& url, const GroupSettings& present, const GroupSettings& wanted) {
  return "a start updates the group to the file's settings once it has a checkpoint (some events acknowledged) and the "
         "user may update it ($admins or $ops); by hand: curl -i -u USER -X POST '" +
         url + "' -H 'Content-Type: application/json' -d '" + json_of(updated_settings(present, wanted)) +
         "' - but an update makes a group that began at the end (startFrom -1) and has no checkpoint begin anew, at "
         "the "
         "end: what waits in it is left out";
}

}  // namespace interconnect
