#include "testing/faults/row.h"

namespace interconnect::testing {
namespace {

// Other values than the copier's own.
constexpr char kOtherSettings[] =
    R"({"resolveLinktos":true,"startFrom":0,"messageTimeoutMilliseconds":60000,"maxRetryCount":500,)"
    R"("namedConsumerStrategy":"Pinned"})";
constexpr char kDeletedStream[] = "hero-3";

constexpr char kWaitAndRetry[] = "onLinkFailure: wait\nsafetyNet: {onWriteFailure: retry}\n";
constexpr char kShortDelay[] = "source: {reconnection: {delay: 500}}\ndestination: {reconnection: {delay: 500}}\n";

void update_group(Scene& scene) {
  for (const double share : scene.random_shares(3)) {
    scene.until_copied(share);
    scene.manage_group("POST", kOtherSettings);
  }
}

void delete_group(Scene& scene) {
  for (const double share : scene.random_shares(2)) {
    scene.until_copied(share);
    scene.manage_group("DELETE");
  }
}

void reset_group(Scene& scene) {
  for (const double share : scene.random_shares(2)) {
    scene.until_copied(share);
    scene.manage_group("DELETE");
    scene.manage_group("PUT", kOtherSettings);
  }
}

void drop_consumers(Scene& scene) {
  for (const double share : scene.random_shares(5)) {
    scene.until_copied(share);
    scene.source().misbehave(std::string(R"({"dropSubscribers":")") + Scene::kStream + "::" + Scene::kGroup + R"("})");
  }
}

void delete_stream(Scene& scene) {
  scene.until_copied(scene.random_shares(1).front());
  scene.exempt(kDeletedStream);
  scene.source().soft_delete(kDeletedStream);
}

void delete_stream_for_good(Scene& scene) {
  // Written to no more: a tombstone is the end.
  scene.until_copied(0.95);
  scene.exempt(kDeletedStream);
  scene.source().tombstone(kDeletedStream);
}

// What was there is gone; what comes after it is still copied.
void delete_stream_of_destination(Scene& scene) {
  scene.exempt(kDeletedStream);
  for (const double share : {0.2, 0.5}) {
    scene.until_copied(share);
    scene.destination().soft_delete(kDeletedStream);
    scene.until("the deleted stream goes on", [&] { return scene.destination().count(kDeletedStream) > 0; });
  }
}

void delete_stream_of_destination_for_good(Scene& scene) {
  scene.exempt(kDeletedStream);
  scene.until_copied(scene.random_shares(1).front());
  scene.destination().tombstone(kDeletedStream);
}

void kill_often(Scene& scene) { scene.kill_copier(5); }

void kill_more_often(Scene& scene) { scene.kill_copier(8); }

// From 21.2.0 on the category leaves these out. What is left out at a stream's end is copied with the next event.
void write_what_does_not_parse(Scene& scene) {
  constexpr int kIds = 900'000;
  int n = kIds;
  for (const double share : {0.1, 0.3, 0.5, 0.7}) {
    scene.until_copied(share);
    for (int stream = 0; stream < 5; ++stream) {
      scene.write(stream,
                  {{event_id(++n), "Changed", true, "plain text", ""}, {event_id(++n), "Changed", true, "", ""}});
      scene.write(stream, {{event_id(++n), "Changed", true, "{}", ""}});
    }
  }
}

void stop_projection(Scene& scene) {
  for (const double share : scene.random_shares(2)) {
    scene.until_copied(share);
    scene.source().misbehave(R"({"projections": {"$by_category": "Stopped"}})");
    scene.pass(std::chrono::milliseconds(500));
    scene.source().misbehave(R"({"projections": {"$by_category": "Running"}})");
  }
}

void change_leaders(Scene& scene) {
  const auto shares = scene.random_shares(2);
  scene.until_copied(shares[0]);
  scene.change_destination();
  scene.until_copied(shares[1]);
  scene.change_source();
}

void kill_leaders(Scene& scene) {
  const auto shares = scene.random_shares(4);
  scene.until_copied(shares[0]);
  scene.kill_destination_leader();
  scene.until_copied(shares[1]);
  scene.bring_back_destination_follower();
  scene.kill_source_leader();
  scene.until_copied(shares[2]);
  scene.bring_back_source_follower();
  scene.until_copied(shares[3]);
  scene.kill_destination_leader();
  scene.until_copied(0.95);
  scene.bring_back_destination_follower();
}

}  // namespace

std::vector<Row> server_rows() {
  return {
      {"group_updated", "the source's group updated, 3 times", {}, update_group},
      {"group_deleted", "the source's group deleted, twice", {.restarted_after = {3}}, delete_group},
      {"group_reset", "the source's group deleted and made anew, twice", {}, reset_group},
      {"consumers_dropped", "the source drops its consumers, 5 times", {}, drop_consumers},
      {"stream_deleted", "a stream of the source deleted under it", {}, delete_stream},
      {"stream_tombstoned", "a stream of the source deleted for good under it", {}, delete_stream_for_good},
      {"destination_stream_deleted",
       "a stream of the destination deleted under it, twice",
       {},
       delete_stream_of_destination},
      {"destination_stream_tombstoned",
       "a stream of the destination deleted for good under it, with `onWriteFailure: skip`",
       {.configuration = "safetyNet: {onWriteFailure: skip}\n",
        .variables = {{"EVENTSTORE_INTERCO_EVENT_WRITER_TIMEOUT_IN_MS", "10000"}}},
       delete_stream_of_destination_for_good},
      {.name = "leader_killed",
       .fault = "clusters: the leader of the destination, of the source, and of the destination again killed; it comes "
                "back as a follower with what it had not replicated",
       // With the defaults of everything: the delay of reconnections is longer than the writer timeout.
       .setup = {.has_defaults = true,
                 .has_clusters = true,
                 .variables = {{"EVENTSTORE_INTERCO_EVENT_WRITER_TIMEOUT_IN_MS", "8000"}}},
       .act = kill_leaders,
       .may_end = false},
      {.name = "leader_killed_retried",
       .fault = "the same, with `onLinkFailure: wait`, `onWriteFailure: retry`",
       .setup = {.has_defaults = true, .has_clusters = true, .configuration = kWaitAndRetry},
       .act = kill_leaders,
       .may_end = false},
      {.name = "leader_killed_short_delay",
       .fault = "the same, with these and a `reconnection.delay` of 500 ms",
       .setup = {.has_defaults = true, .has_clusters = true, .configuration = std::string(kWaitAndRetry) + kShortDelay},
       .act = kill_leaders,
       .may_end = false},
      {.name = "names_with_at",
       .fault =
           "streams with an `@` in their names, which the source finds no event of live links to; `kill -9` 5 times",
       .setup = {.prefix = "hero-a@b.com-"},
       .act = kill_often},
      {.name = "group_by_hand",
       .fault = "a group that somebody made, from the end and without link resolving; `kill -9` 5 times",
       .setup = {.starts_empty = true, .group = R"({"startFrom":-1,"resolveLinktos":false})"},
       .act = kill_often},
      {.name = "left_out",
       .fault = "events that the category leaves out, since they are flagged JSON and do not parse",
       .setup = {},
       .act = write_what_does_not_parse},
      {.name = "hidden",
       .fault = "a destination that hides all but the last 3 events of each stream; `kill -9` 8 times",
       .setup = {.destination_metadata = R"({"$maxCount":3})"},
       .act = kill_more_often},
      {.name = "projection_stopped",
       .fault = "the source's `$by_category` stopped for 0.5 s, twice",
       .setup = {},
       .act = stop_projection},
      {"leader_changed", "another node becomes the leader, of the destination, then of the source", {}, change_leaders},
  };
}

}  // namespace interconnect::testing
