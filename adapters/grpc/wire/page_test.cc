#include "adapters/grpc/wire/page.h"

#include <gtest/gtest.h>

#include <string>

#include "adapters/grpc/proto/streams.pb.h"

namespace interconnect::next {
namespace {

std::vector<std::string> events(std::initializer_list<std::uint64_t> revisions) {
  std::vector<std::string> messages;
  for (const std::uint64_t revision : revisions) {
    event_store::client::streams::ReadResp response;
    auto& event = *response.mutable_event()->mutable_event();
    event.mutable_id()->mutable_structured();
    event.mutable_stream_identifier()->set_stream_name("s");
    event.set_stream_revision(revision);
    messages.push_back(response.SerializeAsString());
  }
  return messages;
}

struct Decoded {
  ReadOutcome outcome;
  std::vector<EventView> events;
};

Decoded decode(const std::vector<std::string>& messages, ReadDirection direction, std::int32_t count) {
  Decoded decoded;
  const std::vector<std::string_view> views(messages.begin(), messages.end());
  decoded.outcome =
      decode_page({.id = 1, .stream = "s", .direction = direction, .from = 0, .count = count}, views, decoded.events);
  return decoded;
}

StreamPage page(const std::vector<std::string>& messages, ReadDirection direction, std::int32_t count) {
  return std::get<StreamPage>(decode(messages, direction, count).outcome);
}

TEST(PageTest, AFullPageIsFollowedByAnother) {
  const StreamPage forward = page(events({3, 4}), ReadDirection::kForward, 2);
  EXPECT_FALSE(forward.end_of_stream);
  EXPECT_EQ(forward.next, 5);
  const StreamPage backward = page(events({4, 3}), ReadDirection::kBackward, 2);
  EXPECT_FALSE(backward.end_of_stream);
  EXPECT_EQ(backward.next, 2);
}

TEST(PageTest, APageThatIsNotFullIsTheLast) {
  EXPECT_TRUE(page(events({3, 4}), ReadDirection::kForward, 3).end_of_stream);
  EXPECT_TRUE(page(events({4, 3}), ReadDirection::kBackward, 3).end_of_stream);
  EXPECT_TRUE(page({}, ReadDirection::kForward, 3).end_of_stream);
}

TEST(PageTest, BackwardTheFirstEventIsTheLast) {
  EXPECT_TRUE(page(events({1, 0}), ReadDirection::kBackward, 2).end_of_stream);
}

TEST(PageTest, AMissingStreamIsNoError) {
  event_store::client::streams::ReadResp response;
  response.mutable_stream_not_found();
  const StreamPage missing = page({response.SerializeAsString()}, ReadDirection::kForward, 2);
  EXPECT_FALSE(missing.stream_exists);
  EXPECT_TRUE(missing.end_of_stream);
}

TEST(PageTest, AMalformedMessageIsNoPage) {
  auto messages = events({1});
  messages.push_back("\x0a\x7f");
  EXPECT_TRUE(std::holds_alternative<StoreError>(decode(messages, ReadDirection::kForward, 2).outcome));
}

}  // namespace
}  // namespace interconnect::next
