#include "adapters/grpc/wire/batch_append_response.h"

#include <gtest/gtest.h>

#include <string>

#include "adapters/grpc/proto/shared.pb.h"
#include "adapters/grpc/proto/streams.pb.h"
#include "testing/wire/conversation.h"

namespace interconnect::next {
namespace {

namespace client = event_store::client;
using Response = event_store::client::streams::BatchAppendResp;

Response response(std::uint64_t id = 7) {
  Response response;
  response.mutable_correlation_id()->mutable_structured()->set_least_significant_bits(static_cast<std::int64_t>(id));
  response.mutable_stream_identifier()->set_stream_name("s");
  return response;
}

template <typename Detail>
Response error(int code, const char* message, const Detail& detail) {
  Response answer = response();
  answer.mutable_error()->set_code(code);
  answer.mutable_error()->set_message(message);
  answer.mutable_error()->mutable_details()->PackFrom(detail);
  return answer;
}

BatchAnswer decoded(const Response& answer) {
  const auto result = decode_batch_append_response(answer.SerializeAsString());
  if (const auto* malformed = std::get_if<Malformed>(&result)) {
    ADD_FAILURE() << malformed->reason;
    return {};
  }
  return std::get<BatchAnswer>(result);
}

ErrorKind kind_of(const Response& answer) {
  const AppendOutcome outcome = decoded(answer).outcome;
  const auto* error = std::get_if<StoreError>(&outcome);
  EXPECT_NE(error, nullptr);
  if (error == nullptr) return ErrorKind::kUnsupported;
  EXPECT_NE(error->message.find("append to s"), std::string::npos) << error->message;
  return error->kind;
}

TEST(BatchAppendResponseTest, ASuccessNamesItsAppendAndItsLastRevision) {
  Response answer = response(0x0102030405060708);
  answer.mutable_success()->set_current_revision(41);
  EXPECT_EQ(decoded(answer).append_id, 0x0102030405060708u);
  EXPECT_EQ(decoded(answer).outcome, AppendOutcome(Appended{41}));
  answer.mutable_success()->mutable_no_stream();
  EXPECT_EQ(decoded(answer).outcome, AppendOutcome(Appended{kNoStream}));
}

TEST(BatchAppendResponseTest, ASuccessWithoutAPositionRepeatsWhatTheServerHides) {
  Response answer = response();
  answer.mutable_success()->set_current_revision(41);
  answer.mutable_success()->mutable_position()->set_commit_position(5'000);
  EXPECT_EQ(decoded(answer).outcome, AppendOutcome(Appended{41}));
  EXPECT_EQ(decoded(answer).commit_position, 5'000);
  answer.mutable_success()->mutable_no_position();
  EXPECT_EQ(decoded(answer).outcome, AppendOutcome(Appended{.last_revision = 41, .was_repeated = true}));
  EXPECT_EQ(decoded(answer).commit_position, std::nullopt);
}

TEST(BatchAppendResponseTest, AWrongExpectedVersionTellsTheCurrentRevision) {
  client::WrongExpectedVersion wrong;
  wrong.set_current_stream_revision(2);
  wrong.set_expected_stream_position(9);
  EXPECT_EQ(decoded(error(6, "WrongExpectedVersion", wrong)).outcome, AppendOutcome(WrongExpectedVersion{2}));
  wrong.mutable_current_no_stream();
  EXPECT_EQ(decoded(error(6, "WrongExpectedVersion", wrong)).outcome, AppendOutcome(WrongExpectedVersion{kNoStream}));
}

TEST(BatchAppendResponseTest, TheDetailNamesTheError) {
  EXPECT_EQ(kind_of(error(5, "StreamDeleted", client::StreamDeleted())), ErrorKind::kStreamDeleted);
  EXPECT_EQ(kind_of(error(3, "MaximumAppendSizeExceeded", client::MaximumAppendSizeExceeded())), ErrorKind::kTooLarge);
  EXPECT_EQ(kind_of(error(7, "AccessDenied", client::AccessDenied())), ErrorKind::kAccessDenied);
  EXPECT_EQ(kind_of(error(4, "Timeout", client::Timeout())), ErrorKind::kTimeout);
  EXPECT_EQ(kind_of(error(3, "BadRequest", client::BadRequest())), ErrorKind::kInvalid);
  EXPECT_EQ(kind_of(error(2, "Unknown", client::Unknown())), ErrorKind::kUnavailable);
  EXPECT_EQ(kind_of(error(13, "InternalError", client::Empty())), ErrorKind::kUnavailable);
}

TEST(BatchAppendResponseTest, WhatIsTooLargeTellsTheLimit) {
  client::MaximumAppendSizeExceeded of_append;
  of_append.set_max_append_size(1'048'576);
  const AppendOutcome append = decoded(error(3, "MaximumAppendSizeExceeded", of_append)).outcome;
  EXPECT_EQ(std::get<StoreError>(append).limit, (SizeLimit{1'048'576, SizeLimit::Of::kAppend}));
  client::MaximumAppendEventSizeExceeded of_event;
  of_event.set_event_id("an id");
  of_event.set_proposed_event_size(201);
  of_event.set_max_append_event_size(200);
  const AppendOutcome event = decoded(error(3, "MaximumAppendEventSizeExceeded", of_event)).outcome;
  EXPECT_EQ(std::get<StoreError>(event).kind, ErrorKind::kTooLarge);
  EXPECT_EQ(std::get<StoreError>(event).limit, (SizeLimit{200, SizeLimit::Of::kEvent}));
}

TEST(BatchAppendResponseTest, ANodeThatCannotServeForNowSaysSoWithTheCodeOk) {
  EXPECT_EQ(kind_of(error(0, "Server Is Not Ready", client::Empty())), ErrorKind::kNotReady);
  EXPECT_EQ(kind_of(error(0, "Server Is Busy", client::Empty())), ErrorKind::kNotReady);
}

TEST(BatchAppendResponseTest, WhatIsNoAnswerIsMalformed) {
  Response neither = response();
  Response nameless = response();
  nameless.clear_correlation_id();
  nameless.mutable_success()->set_current_revision(1);
  Response revisionless = response();
  revisionless.mutable_success();
  for (const std::string& bytes : {neither.SerializeAsString(), nameless.SerializeAsString(),
                                   revisionless.SerializeAsString(), std::string("\x0a")}) {
    EXPECT_TRUE(std::holds_alternative<Malformed>(decode_batch_append_response(bytes)));
  }
}

TEST(BatchAppendResponseTest, RecordedAnswersAreUnderstood) {
  int answers = 0;
  for (const std::string& name : wire::conversation_names("next-")) {
    for (const wire::Step& step : wire::read_conversation(name).steps) {
      if (!step.is_message() || step.from_client() || !step.method.ends_with("Streams/BatchAppend")) continue;
      SCOPED_TRACE(name + " seq " + std::to_string(step.seq));
      ++answers;
      const auto result = decode_batch_append_response(step.payload);
      ASSERT_TRUE(std::holds_alternative<BatchAnswer>(result));
      const AppendOutcome& outcome = std::get<BatchAnswer>(result).outcome;
      Response answer;
      ASSERT_TRUE(answer.ParseFromString(step.payload));
      if (answer.has_success()) {
        const bool is_empty = answer.success().has_no_stream();
        const auto last = static_cast<Revision>(answer.success().current_revision());
        const bool has_position = answer.success().has_position();
        EXPECT_EQ(outcome, AppendOutcome(Appended{is_empty ? kNoStream : last, answer.success().has_no_position()}));
        const std::optional<std::uint64_t> position = std::get<BatchAnswer>(result).commit_position;
        EXPECT_EQ(position.has_value(), has_position);
        if (position) {
          EXPECT_EQ(*position, answer.success().position().commit_position());
        }
      } else if (answer.error().code() == 6) {
        EXPECT_TRUE(std::holds_alternative<WrongExpectedVersion>(outcome));
      } else {
        EXPECT_TRUE(std::holds_alternative<StoreError>(outcome));
      }
    }
  }
  EXPECT_GE(answers, 20);
}

}  // namespace
}  // namespace interconnect::next
