#include "testing/eventstore/next/pushed_event.h"

#include <string>
#include <vector>

#include "adapters/grpc/proto/persistent.pb.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "testing/eventstore/next/convert.h"
#include "testing/eventstore/store/event_store.h"

namespace interconnect::eventstore {
namespace {

using ReadResp = esdb::persistent_subscriptions::ReadResp;

ReadResp parsed(const grpc::ByteBuffer& bytes) {
  std::vector<grpc::Slice> slices;
  EXPECT_TRUE(bytes.Dump(&slices).ok());
  std::string text;
  for (const grpc::Slice& slice : slices) text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  ReadResp response;
  EXPECT_TRUE(response.ParseFromString(text));
  return response;
}

// What the message itself would have been.
void expect_as_message(const ResolvedEvent& event, int retry_count) {
  for (const bool structured : {true, false}) {
    ReadResp expected;
    fill_read_event(event, structured, expected.mutable_event());
    expected.mutable_event()->set_retry_count(retry_count);
    const ReadResp encoded = parsed(encode_pushed_event(event, retry_count, structured));
    EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(encoded, expected))
        << encoded.DebugString() << " instead of " << expected.DebugString();
  }
}

class PushedEvent : public ::testing::Test {
 protected:
  PushedEvent() {
    stream_.name = "hero-1";
    links_.name = "$ce-hero";
    event_ = {&stream_, 7, new_event_id(), "HeroJoined", true, std::string(300, 'd'), "{\"m\":1}", 16'000'000, 4242};
    link_ = {&links_, 0, new_event_id(), "$>", false, "7@hero-1", "", 16'000'001, 4711};
  }

  Stream stream_;
  Stream links_;
  Record event_;
  Record link_;
};

TEST_F(PushedEvent, IsAnEvent) { expect_as_message({&event_, nullptr}, 0); }

TEST_F(PushedEvent, IsALiveEventWithItsPosition) { expect_as_message({&event_, nullptr, true}, 3); }

TEST_F(PushedEvent, HasALink) { expect_as_message({&event_, &link_, true}, 0); }

TEST_F(PushedEvent, IsALinkWhoseTargetIsGone) { expect_as_message({nullptr, &link_}, 1); }

TEST_F(PushedEvent, IsEmpty) {
  event_.data.clear();
  event_.metadata.clear();
  event_.number = 0;
  expect_as_message({&event_, nullptr}, 0);
}

}  // namespace
}  // namespace interconnect::eventstore
