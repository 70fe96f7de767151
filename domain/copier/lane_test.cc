#include "domain/copier/lane.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <utility>

namespace interconnect {
namespace {

using State = Lane::State;

HeldEvent event_at(Revision revision) {
  EventView view;
  view.stream = "s";
  view.revision = revision;
  view.id.bytes[15] = static_cast<std::uint8_t>(revision);
  HeldEvent held;
  held.event = Event(view);
  return held;
}

LookUp some_look_up() {
  LookUpQuestion question;
  question.stream = "s";
  return LookUp::whole(std::move(question), false);
}

void load_and_append(Lane& lane) {
  lane.load_front();
  lane.append(1, {}, Time{0});
}

void answer(Lane& lane) {
  lane.append_id = 0;
  lane.land();
}

// What brings a lane with events from a state to the one that follows it.
const std::map<std::pair<State, State>, std::function<void(Lane&)>>& ways() {
  static const auto* const kWays = new std::map<std::pair<State, State>, std::function<void(Lane&)>>{
      {{State::kIdle, State::kReady}, [](Lane& l) { l.insert(event_at(0)), l.make_ready(); }},
      {{State::kReady, State::kIdle}, [](Lane& l) { l.take_front(), l.rest(); }},
      {{State::kReady, State::kBlocked}, [](Lane& l) { l.block(); }},
      {{State::kReady, State::kAwaiting}, [](Lane& l) { l.await_predecessor(); }},
      {{State::kReady, State::kAppending}, [](Lane& l) { load_and_append(l); }},
      {{State::kReady, State::kLookingUp}, [](Lane& l) { l.look_up_with(some_look_up()); }},
      {{State::kReady, State::kFilling}, [](Lane& l) { l.fill(std::make_unique<HoleFill>(HoleFill::before("s", 5))); }},
      {{State::kBlocked, State::kReady}, [](Lane& l) { l.make_ready(); }},
      {{State::kBlocked, State::kIdle}, [](Lane& l) { l.take_front(), l.rest(); }},
      {{State::kBlocked, State::kLookingUp}, [](Lane& l) { l.look_up_with(some_look_up()); }},
      {{State::kAwaiting, State::kReady}, [](Lane& l) { l.make_ready(); }},
      {{State::kAwaiting, State::kIdle}, [](Lane& l) { l.take_front(), l.rest(); }},
      {{State::kAppending, State::kIdle}, [](Lane& l) { answer(l), l.on_sent_confirmed(0), l.rest(); }},
      {{State::kAppending, State::kReady}, [](Lane& l) { answer(l), l.take_back_sent(), l.make_ready(); }},
      {{State::kAppending, State::kRetrying}, [](Lane& l) { answer(l), l.retry_later(); }},
      {{State::kAppending, State::kLookingUp},
       [](Lane& l) { l.land(), l.take_back_sent(), l.look_up_with(some_look_up()); }},
      {{State::kAppending, State::kBackingOff}, [](Lane& l) { answer(l), l.take_back_sent(), l.back_off(); }},
      {{State::kRetrying, State::kAppending}, [](Lane& l) { l.append(2, {}, Time{1}); }},
      {{State::kRetrying, State::kLookingUp}, [](Lane& l) { l.take_back_sent(), l.look_up_with(some_look_up()); }},
      {{State::kLookingUp, State::kReady}, [](Lane& l) { l.look_up.reset(), l.make_ready(); }},
      {{State::kLookingUp, State::kLookingUp}, [](Lane& l) { l.look_up_with(some_look_up()); }},
      {{State::kLookingUp, State::kLookUpPaused}, [](Lane& l) { l.pause_look_up(); }},
      {{State::kLookingUp, State::kBackingOff}, [](Lane& l) { l.look_up.reset(), l.back_off(); }},
      {{State::kLookUpPaused, State::kLookingUp}, [](Lane& l) { l.resume_look_up(); }},
      {{State::kFilling, State::kReady}, [](Lane& l) { l.make_ready(); }},
      {{State::kFilling, State::kFillPaused}, [](Lane& l) { l.pause_fill(); }},
      {{State::kFillPaused, State::kFilling}, [](Lane& l) { l.resume_fill(); }},
      {{State::kBackingOff, State::kReady}, [](Lane& l) { l.make_ready(); }},
  };
  return *kWays;
}

// By the shortest way. The lane is idle.
void bring_to(Lane& lane, State wanted) {
  std::map<State, std::pair<State, State>> reached_by;
  std::vector<State> reached = {State::kIdle};
  for (std::size_t i = 0; i < reached.size(); ++i) {
    for (const Lane::Arrow& arrow : Lane::kArrows) {
      if (arrow.from != reached[i] || arrow.to == State::kIdle) continue;
      if (reached_by.try_emplace(arrow.to, arrow.from, arrow.to).second) reached.push_back(arrow.to);
    }
  }
  std::vector<std::pair<State, State>> way;
  for (State state = wanted; state != State::kIdle; state = way.back().first) way.push_back(reached_by.at(state));
  for (auto step = way.rbegin(); step != way.rend(); ++step) ways().at (*step)(lane);
}

TEST(LaneTest, EveryArrowOfTheDiagramCanBeWalked) {
  ASSERT_EQ(ways().size(), std::size(Lane::kArrows));
  for (const Lane::Arrow& arrow : Lane::kArrows) {
    Lane lane;
    bring_to(lane, arrow.from);
    ASSERT_EQ(lane.state(), arrow.from);
    ways().at({arrow.from, arrow.to})(lane);
    EXPECT_EQ(lane.state(), arrow.to) << static_cast<int>(arrow.from) << " to " << static_cast<int>(arrow.to);
  }
}

TEST(LaneDeathTest, NoOtherCan) {
  const std::map<State, std::function<void(Lane&)>> to = {
      {State::kReady, [](Lane& l) { l.make_ready(); }},      {State::kAwaiting, [](Lane& l) { l.await_predecessor(); }},
      {State::kBlocked, [](Lane& l) { l.block(); }},         {State::kLookUpPaused, [](Lane& l) { l.pause_look_up(); }},
      {State::kFillPaused, [](Lane& l) { l.pause_fill(); }}, {State::kBackingOff, [](Lane& l) { l.back_off(); }},
  };
  std::set<std::pair<State, State>> arrows;
  for (const Lane::Arrow& arrow : Lane::kArrows) arrows.emplace(arrow.from, arrow.to);
  for (const State from : {State::kIdle, State::kBlocked, State::kLookUpPaused, State::kBackingOff}) {
    for (const auto& [state, become] : to) {
      if (arrows.contains({from, state})) continue;
      Lane lane;
      bring_to(lane, from);
      EXPECT_DEATH(become(lane), "what must hold") << static_cast<int>(from) << " to " << static_cast<int>(state);
    }
  }
}

TEST(LaneDeathTest, AnAppendHasEventsAndIsTheOnlyOne) {
  Lane lane;
  bring_to(lane, State::kReady);
  EXPECT_DEATH(lane.append(1, {}, Time{0}), "what must hold") << "nothing is loaded";
  lane.load_front();
  lane.append_id = 7;
  EXPECT_DEATH(lane.append(8, {}, Time{0}), "what must hold") << "one that was given up is under way";
}

TEST(LaneDeathTest, ALaneRestsOnlyIfNothingWaits) {
  Lane lane;
  bring_to(lane, State::kReady);
  EXPECT_DEATH(lane.rest(), "what must hold");
}

TEST(LaneTest, WhatWasSentWaitsAgainBetweenWhatArrivedMeanwhile) {
  Lane lane;
  for (const Revision revision : {3, 4}) lane.insert(event_at(revision));
  lane.make_ready();
  lane.load_front();
  lane.load_front();
  lane.append(1, {}, Time{0});
  for (const Revision revision : {2, 5}) lane.insert(event_at(revision));
  answer(lane);
  lane.take_back_sent();
  lane.make_ready();
  std::vector<Revision> revisions;
  for (const HeldEvent& held : lane.all_waiting()) revisions.push_back(held.event.revision());
  EXPECT_EQ(revisions, (std::vector<Revision>{2, 3, 4, 5}));
}

}  // namespace
}  // namespace interconnect
