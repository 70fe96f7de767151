#include "testing/wire/conversation.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace interconnect::wire {
namespace {

TEST(Conversation, ReadsEveryRecordedFile) {
  const auto names = conversation_names();
  EXPECT_EQ(names.size(), 141u);
  for (const auto& name : names) {
    const Conversation c = read_conversation(name);
    EXPECT_FALSE(c.server.empty()) << name;
    ASSERT_FALSE(c.steps.empty()) << name;
    for (std::size_t i = 0; i < c.steps.size(); ++i) EXPECT_EQ(c.steps[i].seq, static_cast<int>(i)) << name;
  }
}

TEST(Conversation, RebuildsAPackage) {
  const Conversation c = read_conversation("legacy-5.0.1/tcp-authenticate-ok");
  for (const Step& s : c.steps) {
    if (!s.is_package()) continue;
    const std::string frame = s.frame();
    ASSERT_GE(frame.size(), 22u);
    EXPECT_EQ(static_cast<unsigned char>(frame[4]), s.command_byte);
    EXPECT_EQ(frame.substr(6, 16), s.correlation_id);
    if (s.login) {
      EXPECT_EQ(frame.substr(23, s.login->size()), *s.login);
    }
  }
}

TEST(Conversation, RegrowsACutPayload) {
  Step step;
  step.payload = "head aa";
  step.payload_size = 12;
  step.truncated = true;
  EXPECT_EQ(regrown(step, ".."), "head aaaaa..");
}

TEST(Conversation, MissingFileIsAnError) { EXPECT_THROW(read_conversation("none/such"), std::runtime_error); }

TEST(Conversation, RefusesBadHex) {
  EXPECT_EQ(from_hex("00fF"), std::string("\0\xff", 2));
  EXPECT_THROW(from_hex("0"), std::runtime_error);
  EXPECT_THROW(from_hex("0g"), std::runtime_error);
}

}  // namespace
}  // namespace interconnect::wire
