#include "app/commands/verify_state.h"

#include <cstdio>
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace interconnect {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

VerifyProgress progress() {
  VerifyProgress progress;
  progress.ends = {41, kNoStream};
  progress.begun = 7;
  progress.last = "hero-\"1\"\xff";
  progress.open = {3, 6};
  progress.different = {2};
  progress.counts.events = 1'000;
  progress.counts.streams_gone = 4;
  return progress;
}

std::string refused(const std::string& text) {
  const auto read = read_state(text, "a copy");
  const auto* why = std::get_if<std::string>(&read);
  return why == nullptr ? "taken" : *why;
}

TEST(VerifyStateTest, IsReadAsItWasWritten) {
  const auto read = read_state(state_text(progress(), "a copy"), "a copy");
  ASSERT_TRUE(std::holds_alternative<VerifyProgress>(read)) << std::get<std::string>(read);
  const auto& back = std::get<VerifyProgress>(read);
  EXPECT_THAT(back.ends, ElementsAre(41, -1));
  EXPECT_EQ(back.begun, 7u);
  EXPECT_THAT(back.open, ElementsAre(3u, 6u));
  EXPECT_THAT(back.different, ElementsAre(2u));
  EXPECT_EQ(back.counts, progress().counts);
}

TEST(VerifyStateTest, WhatIsNoStateIsRefused) {
  EXPECT_THAT(refused(state_text(progress(), "another")), HasSubstr("another configuration"));
  EXPECT_THAT(refused("subscriptions: []"), HasSubstr("no state"));
  EXPECT_THAT(refused(R"({"format":2,"of":"a copy"})"), HasSubstr("version"));
  EXPECT_THAT(refused(R"({"format":1,"of":"a copy","ends":["x"]})"), HasSubstr("damaged"));
}

TEST(VerifyStateTest, AFileIsKeptAndFoundAgain) {
  const std::string file = testing::TempDir() + "/verify-state";
  std::remove(file.c_str());
  EXPECT_EQ(load_state(file, "a copy").has_value(), false);
  save_state(file, progress(), "a copy");
  EXPECT_EQ(load_state(file, "a copy")->begun, 7u);
  EXPECT_THROW(load_state(file, "another"), std::runtime_error);
  EXPECT_THROW(save_state(testing::TempDir() + "/no/such/folder", progress(), "a copy"), std::runtime_error);
}

}  // namespace
}  // namespace interconnect
