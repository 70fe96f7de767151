#include <regex>

#include "testing/faults/row.h"

namespace interconnect::testing {
namespace {

using std::chrono::milliseconds;

constexpr int kKills = 25;

void kill_often(Scene& scene) { scene.kill_copier(kKills); }

void stop_in_full_flight(Scene& scene) {
  for (const double share : scene.random_shares(5)) {
    scene.until_copied(share);
    scene.copier().await("subscribed to");
    scene.copier().stop();
    scene.copier().start();
  }
}

void freeze_destination_and_kill(Scene& scene) {
  scene.until_copied(scene.random_shares(1).front());
  scene.destination().freeze();
  scene.pass(milliseconds(2'000));
  scene.copier().kill();
  scene.destination().thaw();
  scene.copier().start();
}

void freeze(Scene& scene, Store& store) {
  store.freeze();
  scene.pass(milliseconds(2'000));
  store.thaw();
}

void freeze_each(Scene& scene) {
  const auto shares = scene.random_shares(2);
  scene.until_copied(shares[0]);
  freeze(scene, scene.destination());
  scene.until_copied(shares[1]);
  freeze(scene, scene.source());
}

void kill_one_of_two(Scene& scene) {
  scene.add_copier();
  scene.until("both are consumers", [&] { return scene.consumers() == 2; });
  scene.until_copied(scene.random_shares(1).front());
  scene.copier(static_cast<std::size_t>(scene.random(0, 1))).kill();
}

void join(Scene& scene) {
  scene.until_copied(scene.random_shares(1).front());
  scene.add_copier();
}

// All are there before the load is.
void share(Scene& scene) {
  scene.add_copier();
  scene.add_copier();
  scene.until("all three are consumers", [&] { return scene.consumers() == 3; });
  scene.until_copied(1);
  for (std::size_t i = 0; i < 3; ++i) {
    scene.copier(i).stop();
    if (!std::regex_search(scene.copier(i).output(), std::regex("copied [1-9][0-9]* in"))) {
      throw Failure("copier " + std::to_string(i + 1) + " had no share");
    }
  }
  scene.copier().start();
}

// As a deployment grows from one to three, and back.
void grow_and_shrink(Scene& scene) {
  const auto shares = scene.random_shares(4);
  scene.until_copied(shares[0]);
  scene.add_copier();
  scene.until_copied(shares[1]);
  scene.add_copier();
  scene.until_copied(shares[2]);
  scene.copier(0).stop();
  scene.until_copied(shares[3]);
  scene.copier(1).kill();
}

void restart_destination(Scene& scene) {
  for (const double share : scene.random_shares(3)) {
    scene.until_copied(share);
    scene.destination().kill();
    scene.pass(scene.random_time(0, 500));
    scene.start_destination_again();
  }
}

void restart_source(Scene& scene) {
  for (const double share : scene.random_shares(3)) {
    scene.until_copied(share);
    scene.source().kill();
    scene.pass(scene.random_time(0, 500));
    scene.start_source_again();
  }
}

void restart_everything(Scene& scene) {
  for (const double share : scene.random_shares(3)) {
    scene.until_copied(share);
    scene.destination().kill();
    scene.copier().kill();
    scene.source().kill();
    scene.start_source_again();
    scene.copier().start();
    scene.start_destination_again();
  }
}

// The copier must outlive it.
void wait_for_destination(Scene& scene) {
  scene.until_copied(scene.random_shares(1).front());
  scene.destination().kill();
  scene.pass(milliseconds(2'500));
  scene.start_destination_again();
  scene.until_copied(1);
  if (scene.copier().restarts() > 0) throw Failure("the copier has ended, though it was to wait");
}

}  // namespace

std::vector<Row> process_rows() {
  const Setup with_defaults{.events = 1'000, .has_defaults = true, .patience = std::chrono::seconds(60)};
  return {
      {"kill_9", "`kill -9` of the copier, 25 times in one copy", {.events = 1'000}, kill_often},
      {"kill_9_defaults", "the same, with the default settings", with_defaults, kill_often},
      {"sigterm", "SIGTERM in full flight, 5 times", {}, stop_in_full_flight},
      {"frozen_destination_then_kill", "destination frozen for 2 s, then `kill -9` (default settings)", with_defaults,
       freeze_destination_and_kill},
      {"frozen_stores", "destination, then source, frozen for 2 s", {}, freeze_each},
      {"one_of_two_killed", "two copiers in the group, one of them killed", {.starts_empty = true}, kill_one_of_two},
      {"three_share", "three copiers in the group from the start", {.streams = 30, .starts_empty = true}, share},
      {.name = "three_come_and_go",
       .fault = "a second and a third copier join the group, then the first is stopped and the second killed",
       .setup = {.streams = 30},
       .act = grow_and_shrink,
       .keeps_order = false},
      {.name = "second_joins",
       .fault = "a second copier joins the group",
       .setup = {},
       .act = join,
       .keeps_order = false},
      {"destination_restart", "destination killed and restarted, 3 times", {}, restart_destination},
      {"destination_restart_defaults",
       "the same, with the default settings",
       {.events = 1'000, .has_defaults = true, .patience = std::chrono::seconds(90)},
       restart_destination},
      {"source_restart", "source killed and restarted, 3 times", {}, restart_source},
      {"power_failure", "copier and both stores killed at once, 3 times", {}, restart_everything},
      {"destination_away",
       "destination away for 2.5 s, with `onLinkFailure: wait`, `onWriteFailure: retry`",
       {.configuration = "onLinkFailure: wait\nsafetyNet: {onWriteFailure: retry}\n"},
       wait_for_destination},
  };
}

}  // namespace interconnect::testing
