#include "testing/simulation/plan.h"

#include <algorithm>
#include <utility>

#include "testing/simulation/random.h"

namespace interconnect::simulation {
namespace {

constexpr std::pair<const char*, bool Faults::*> kNames[] = {
    {"kill", &Faults::kill},
    {"terminate", &Faults::terminate},
    {"second-consumer", &Faults::second_consumer},
    {"source-cut", &Faults::source_cut},
    {"source-restart", &Faults::source_restart},
    {"late-acks", &Faults::late_acks},
    {"lost-acks", &Faults::lost_acks},
    {"message-timeout", &Faults::message_timeout},
    {"server-parks", &Faults::server_parks},
    {"sink-slow", &Faults::sink_slow},
    {"sink-not-ready", &Faults::sink_not_ready},
    {"sink-late-answer", &Faults::sink_late_answer},
    {"sink-late-write", &Faults::sink_late_write},
    {"sink-breaks", &Faults::sink_breaks},
    {"sink-restart", &Faults::sink_restart},
    {"sink-long-down", &Faults::sink_long_down},
    {"sink-denied", &Faults::sink_denied},
    {"stream-denied", &Faults::stream_denied},
    {"read-errors", &Faults::read_errors},
    {"read-lag", &Faults::read_lag},
    {"other-writers", &Faults::other_writers},
    {"small-appends-only", &Faults::small_appends_only},
    {"poison", &Faults::poison},
};

Faults make_faults(Random& random) {
  Faults faults;
  // Few at a time in most runs, so that runs differ in kind; none in some, nearly all in others.
  const std::int64_t share = random.one_in(10) ? 0 : random.one_in(10) ? 60 : random.between(5, 30);
  for (const auto& [name, fault] : kNames) faults.*fault = random.percent(share);
  if (faults.server_parks) faults.message_timeout = true;
  if (faults.lost_acks) faults.message_timeout = true;  // else nothing would ever redeliver them
  return faults;
}

CopierSettings make_settings(Random& random, bool& short_of_memory) {
  CopierSettings settings;
  settings.writer_timeout = random.between(1, 5) * kSecond;
  settings.max_append_events = static_cast<std::size_t>(random.one_in(3) ? random.between(1, 10) : 500);
  if (random.one_in(4)) settings.max_append_bytes = static_cast<std::size_t>(random.between(50, 2'000));
  if (random.one_in(4)) settings.max_appends_in_flight = static_cast<std::size_t>(random.between(1, 4));
  if (random.one_in(4)) settings.max_in_flight_bytes = static_cast<std::size_t>(random.between(500, 5'000));
  if (random.one_in(5)) settings.max_held_bytes = static_cast<std::size_t>(random.between(2'000, 20'000));
  if (random.one_in(3)) settings.look_up_depth = static_cast<std::int32_t>(random.between(4, 64));
  if (random.one_in(3)) settings.max_look_ups = static_cast<std::size_t>(random.between(1, 3));
  short_of_memory = random.one_in(4);
  if (short_of_memory) {
    settings.remembered_streams = 2;
    settings.remembered_events = 4;
    settings.max_idle_lanes = 2;
  }
  if (short_of_memory || random.one_in(3)) settings.look_up_memory = static_cast<std::size_t>(random.between(1, 40));
  return settings;
}

SafetyAction choose_action(Random& random) {
  if (!random.one_in(3)) return SafetyAction::kExit;
  constexpr SafetyAction kActions[] = {SafetyAction::kRetry, SafetyAction::kSkip, SafetyAction::kPark};
  return kActions[random.between(0, 2)];
}

void make_subscriptions(Random& random, Plan& plan) {
  std::vector<std::string> streams = {"$ce-s"};
  if (random.one_in(4)) {
    streams.clear();
    for (int i = 0; i < plan.streams; ++i) streams.push_back("s-" + std::to_string(i));
  } else if (random.one_in(8)) {
    streams = {"$et-Good1", "$et-Good2"};
    plan.overlapping_subscriptions = true;  // both carry events of every stream
  } else if (random.one_in(8)) {
    streams = {"$ce-s", "$et-Good1"};
    plan.overlapping_subscriptions = true;
  }
  constexpr ConsumerStrategy kStrategies[] = {ConsumerStrategy::kPinned, ConsumerStrategy::kPinned,
                                              ConsumerStrategy::kDispatchToSingle, ConsumerStrategy::kRoundRobin};
  GroupSettings settings;
  plan.unresolving_group = random.one_in(8);
  settings.resolve_link_tos = !plan.unresolving_group;
  settings.consumer_strategy = kStrategies[random.between(0, 3)];
  settings.checkpoint_after = random.between(0, 2'000) * std::chrono::milliseconds(1);
  settings.min_checkpoint_count = static_cast<std::int32_t>(random.between(1, 20));
  settings.max_checkpoint_count = static_cast<std::int32_t>(random.between(20, 200));
  if (plan.faults.message_timeout) {
    settings.message_timeout = random.between(500, 8'000) * std::chrono::milliseconds(1);
  }
  if (plan.faults.server_parks) settings.max_retry_count = static_cast<std::int32_t>(random.between(0, 3));
  for (const std::string& stream : streams) {
    Subscription subscription;
    subscription.stream = stream;
    subscription.group = "copy";
    subscription.buffer_size =
        static_cast<std::int32_t>(random.one_in(3) ? random.between(1, 10) : random.between(10, 100));
    subscription.settings = settings;
    plan.subscriptions.push_back(std::move(subscription));
  }
}

}  // namespace

Plan make_plan(std::uint64_t seed) {
  Random random(seed);
  Plan plan;
  plan.seed = seed;
  if (seed % 2 == 0) plan.append_size_rule = AppendSizeRule::kData;
  plan.faults = make_faults(random);
  plan.settings = make_settings(random, plan.short_of_memory);
  plan.on_write_failure = choose_action(random);
  plan.on_invalid_event = random.one_in(4) ? SafetyAction::kPark : SafetyAction::kSkip;
  // What is never taken would end the process again and again, or be retried for ever.
  const bool has_what_is_never_taken = plan.faults.poison || plan.faults.stream_denied;
  if (has_what_is_never_taken && plan.on_write_failure != SafetyAction::kPark) {
    plan.on_write_failure = SafetyAction::kSkip;
  }

  plan.streams = static_cast<int>(random.between(1, random.one_in(4) ? 12 : 4));
  plan.events = static_cast<int>(random.between(5, random.one_in(5) ? 300 : 80));
  plan.events_at_start = static_cast<int>(random.between(0, plan.events));
  plan.refused_types = random.one_in(3);
  plan.invalid_events = random.one_in(4);
  plan.dead_links = random.one_in(4);
  plan.unresolved_links = random.one_in(4);
  plan.leaves_out = random.one_in(4);
  plan.repeated_ids = !plan.short_of_memory && random.one_in(5);
  plan.max_data = random.one_in(5) ? 2'000 : 64;
  make_subscriptions(random, plan);
  // A look-up's depth is to be more than the disorder of whoever filled the destination before, which these bring
  // about.
  if (!plan.promises_order()) plan.settings.look_up_depth = 1'000;
  // The same for ids that the source repeats: the depth is to cover the distance, with what others wrote in between.
  if (plan.repeated_ids) plan.settings.look_up_depth = 1'000;
  // What one subscription carried over ahead of another is found among what is remembered of the destination only.
  if (plan.overlapping_subscriptions) plan.settings.look_up_memory = 2'048;
  plan.group_exists = random.one_in(4);
  plan.history_buffer = static_cast<int>(random.between(20, 200));
  plan.dead_notice = random.one_in(3) ? Duration{0} : random.between(0, 12'000) * kMillisecond;

  constexpr DestinationStart kStarts[] = {DestinationStart::kFull, DestinationStart::kHalf,
                                          DestinationStart::kHalfInDisorder, DestinationStart::kFarAhead};
  if (random.one_in(3)) plan.destination_start = kStarts[random.between(0, 3)];
  if (random.one_in(6)) plan.max_count = static_cast<std::size_t>(random.between(3, 12));
  if (plan.max_count > 0) plan.repeated_ids = false;  // which of the two the destination shows, nothing tells
  plan.settings.may_give_up_events =
      plan.on_write_failure == SafetyAction::kSkip || plan.on_write_failure == SafetyAction::kPark;
  if (plan.faults.small_appends_only) plan.append_limit = static_cast<std::size_t>(random.between(400, 1'500));
  if (plan.append_limit < plan.max_data + 300) plan.max_data = plan.append_limit - 300;

  plan.workload_end = random.between(0, 20) * kSecond;
  plan.faults_end = random.between(2, 30) * kSecond;

  if (plan.subscriptions.size() == 1 && random.one_in(3)) {
    plan.settings.ordering = CopierSettings::Ordering::kGlobal;
    plan.keeps_append_order = random.one_in(2);
  }
  if (random.one_in(3)) plan.settings.append_queue_target = Duration{0};
  // Others who write to a deleted stream bring it back to life.
  const bool nobody_else_writes = !plan.faults.other_writers && plan.destination_start != DestinationStart::kFarAhead;
  plan.deletions = plan.subscriptions.size() == 1 && plan.subscriptions[0].stream == "$ce-s" && nobody_else_writes &&
                   plan.max_count == 0 && !plan.repeated_ids && random.one_in(4);
  return plan;
}

bool Plan::promises_order() const {
  const bool is_pinned = subscriptions[0].settings.consumer_strategy == ConsumerStrategy::kPinned;
  return (is_pinned || !repeated_ids) && !faults.second_consumer && !faults.server_parks &&
         !overlapping_subscriptions && !faults.poison && on_write_failure != SafetyAction::kSkip &&
         on_write_failure != SafetyAction::kPark;
}

bool Plan::promises_no_doubles() const {
  if (max_count == 0 && !deletions) return true;
  const bool is_pinned = subscriptions[0].settings.consumer_strategy == ConsumerStrategy::kPinned;
  return is_pinned && promises_order() && !repeated_ids && !faults.other_writers &&
         (destination_start == DestinationStart::kEmpty || destination_start == DestinationStart::kFull ||
          destination_start == DestinationStart::kHalf);
}

bool Plan::promises_global_order() const {
  if (settings.ordering != CopierSettings::Ordering::kGlobal || !promises_order()) return false;
  if (!promises_no_doubles()) return false;  // the second copy comes late
  // What a dead process sent, and the source has deleted since, may be executed behind what the next one sends.
  if (deletions && faults.sink_late_write) return false;
  const bool may_fail_to_write = faults.sink_slow || faults.sink_not_ready || faults.sink_late_answer ||
                                 faults.sink_late_write || faults.sink_breaks || faults.sink_restart ||
                                 faults.sink_long_down || faults.sink_denied || faults.stream_denied ||
                                 faults.other_writers || faults.small_appends_only || faults.read_lag ||
                                 faults.read_errors;
  // What is on its way behind an append that is refused comes before it.
  if (keeps_append_order && may_fail_to_write) return false;
  // With a smaller buffer, what is delivered again does not come as a whole.
  if (settings.max_held_bytes < CopierSettings{}.max_held_bytes) return false;
  // A new process does not know which positions are still with the consumer before it.
  const bool may_restart = faults.kill || faults.terminate || may_fail_to_write || group_exists;
  // Nor whether the places that it sees free are free at the server, or the next redelivery awaits an acknowledgement.
  if (may_restart && faults.late_acks) return false;
  return !may_restart || dead_notice == Duration{0};
}

std::string Plan::describe() const {
  constexpr const char* kActions[] = {"exit", "retry", "skip", "park"};
  constexpr const char* kStarts[] = {"empty", "full", "half", "half-in-disorder", "far-ahead"};
  std::string text = std::to_string(events) + " events, " + std::to_string(streams) + " streams, " +
                     std::to_string(subscriptions.size()) + " subscriptions (" + subscriptions[0].stream + ", " +
                     std::string(to_string(subscriptions[0].settings.consumer_strategy)) + ", buffer " +
                     std::to_string(subscriptions[0].buffer_size) + "), destination " +
                     kStarts[static_cast<int>(destination_start)] + ", on write failure " +
                     kActions[static_cast<int>(on_write_failure)];
  if (max_count > 0) text += ", showing " + std::to_string(max_count);
  if (short_of_memory) text += ", short of memory";
  if (group_exists) text += ", group exists";
  if (repeated_ids) text += ", repeated ids";
  if (deletions) text += ", deletions";
  if (unresolved_links) text += ", unresolved links";
  if (leaves_out) text += ", leaves out";
  if (unresolving_group) text += ", links as events";
  if (promises_order()) text += ", in order";
  if (settings.ordering == CopierSettings::Ordering::kGlobal) {
    text += keeps_append_order ? ", globally, pipelined" : ", globally";
    if (promises_global_order()) text += " (promised)";
  }
  text += "; faults:";
  for (const auto& [name, fault] : kNames) {
    if (faults.*fault) text.append(" ").append(name);
  }
  return text;
}

}  // namespace interconnect::simulation
