#include "app/configuration/subscriptions_reader.h"

#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace interconnect {
namespace {

constexpr std::int64_t kMaxCount = std::numeric_limits<std::int32_t>::max();

// Streams that the servers' own projections fill with links.
bool holds_links(std::string_view stream) {
  for (const std::string_view prefix : {"$ce-", "$et-", "$bc-", "$category-"}) {
    if (stream.starts_with(prefix)) return true;
  }
  return false;
}

GroupSettings read_group_settings(const YamlNode& node, std::string_view stream, FileProblems& problems,
                                  const std::string& path) {
  GroupSettings settings;
  Section section(node, "settings", problems, path);
  section.read("resolveLinkTos", settings.resolve_link_tos);
  section.read_number("startFrom", settings.start_from, -1, std::numeric_limits<std::int64_t>::max() - 1);
  section.read("extraStatistics", settings.extra_statistics);
  section.read("messageTimeout", settings.message_timeout);
  section.read_number("maxRetryCount", settings.max_retry_count, 0, kMaxCount);
  section.read_number("liveBufferSize", settings.live_buffer_size, 1, kMaxCount);
  section.read_number("readBatchSize", settings.read_batch_size, 1, kMaxCount);
  section.read_number("historyBufferSize", settings.history_buffer_size, 1, kMaxCount);
  section.read("checkPointAfter", settings.checkpoint_after);
  section.read_number("minCheckPointCount", settings.min_checkpoint_count, 1, kMaxCount);
  section.read_number("maxCheckPointCount", settings.max_checkpoint_count, 1, kMaxCount);
  section.read_number("maxSubscriberCount", settings.max_subscriber_count, 0, kMaxCount);
  section.read_word("namedConsumerStrategy", settings.consumer_strategy,
                    {{"Pinned", ConsumerStrategy::kPinned},
                     {"RoundRobin", ConsumerStrategy::kRoundRobin},
                     {"DispatchToSingle", ConsumerStrategy::kDispatchToSingle}});
  section.finish();

  if (!settings.resolve_link_tos && holds_links(stream)) {
    section.error("resolveLinkTos",
                  "must be true: " + shown(stream) + " holds links, and the events they point to are what is copied");
  }
  if (settings.read_batch_size >= settings.history_buffer_size) {
    section.error("readBatchSize", "must be below historyBufferSize, but " + std::to_string(settings.read_batch_size) +
                                       " is not below " + std::to_string(settings.history_buffer_size));
  }
  if (settings.min_checkpoint_count > settings.max_checkpoint_count) {
    section.error("minCheckPointCount", "must not be above maxCheckPointCount, but " +
                                            std::to_string(settings.min_checkpoint_count) + " is above " +
                                            std::to_string(settings.max_checkpoint_count));
  }
  if (settings.consumer_strategy != ConsumerStrategy::kPinned) {
    section.warning("namedConsumerStrategy",
                    std::string(to_string(settings.consumer_strategy)) +
                        " deals one stream's events out to several consumers: when more than one copier is connected "
                        "to the group, the order within a stream is kept only with Pinned");
  }
  return settings;
}

Subscription read_subscription(const YamlNode& node, FileProblems& problems, const std::string& path) {
  Subscription subscription;
  Section section(node, "a subscription", problems, path);
  section.require("stream");
  section.read("stream", subscription.stream);
  section.require("group");
  section.read("group", subscription.group);
  section.read_number("bufferSize", subscription.buffer_size, 1, kMaxCount);
  const YamlNode none{.kind = YamlNode::Kind::kNull, .mark = node.mark, .scalar = {}, .items = {}, .members = {}};
  const YamlNode* const settings = section.find("settings");
  subscription.settings =
      read_group_settings(settings == nullptr ? none : *settings, subscription.stream, problems, path + "settings.");
  section.finish();
  if (subscription.stream == "$all") {
    section.error(
        "stream",
        "reading $all through a consumer group is not supported by this program (servers have such groups from 21.10 "
        "on): "
        "name a stream; $ce-CATEGORY has all streams of a category, and there may be a subscription for each");
  }
  return subscription;
}

}  // namespace

std::vector<Subscription> read_subscriptions(Section& file, FileProblems& problems) {
  std::vector<Subscription> subscriptions;
  const YamlNode* const list = file.require("subscriptions");
  if (list == nullptr) return subscriptions;
  if (list->kind != YamlNode::Kind::kSequence || list->items.empty()) {
    file.error("subscriptions", "must be a list of at least one, each with a stream and a group");
    return subscriptions;
  }
  std::map<std::pair<std::string, std::string>, int> first_lines;
  for (const YamlNode& item : list->items) {
    Subscription subscription =
        read_subscription(item, problems, "subscriptions[" + std::to_string(subscriptions.size()) + "].");
    const auto [first, is_new] = first_lines.try_emplace({subscription.stream, subscription.group}, item.mark.line);
    if (!is_new && !subscription.stream.empty() && !subscription.group.empty()) {
      problems.error(item.mark,
                     "the same stream and group stand in line " + std::to_string(first->second) + ": leave one out");
    }
    subscriptions.push_back(std::move(subscription));
  }
  return subscriptions;
}

}  // namespace interconnect
