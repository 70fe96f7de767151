#include "adapters/grpc/wire/status.h"

#include <gtest/gtest.h>

#include <charconv>
#include <map>
#include <string>

#include "testing/wire/conversation.h"

namespace interconnect::next {
namespace {

using wire::Step;

CallStatus status_of(int code, std::string message = "", std::string exception = "") {
  CallStatus status;
  status.code = code;
  status.message = std::move(message);
  status.exception = std::move(exception);
  return status;
}

// As gRPC makes it of the frame, an answer of plain HTTP included.
CallStatus status_of(const Step& step) {
  CallStatus status;
  const std::string_view code = step.header("grpc-status");
  if (code.empty() && step.header(":status") == "401") return status_of(kUnauthenticated, "status: 401");
  std::from_chars(code.data(), code.data() + code.size(), status.code);
  status.message = step.header("grpc-message");
  status.exception = step.header("exception");
  status.leader_host = step.header("leader-endpoint-host");
  status.leader_port = step.header("leader-endpoint-port");
  status.append_limit = step.header("maximum-append-size");
  return status;
}

template <typename Check>
int for_each_failure(const std::string& method, Check check) {
  int count = 0;
  for (const std::string& name : wire::conversation_names("next-")) {
    for (const Step& step : wire::read_conversation(name).steps) {
      if (step.event != "trailers" && step.event != "trailers_only") continue;
      if (!step.method.ends_with(method)) continue;
      const CallStatus status = status_of(step);
      if (status.ok()) continue;
      SCOPED_TRACE(name + " seq " + std::to_string(step.seq));
      check(status);
      ++count;
    }
  }
  return count;
}

TEST(StatusTest, RecordedFailuresAreToldApart) {
  const std::map<std::string, ErrorKind> by_exception{
      {"stream-deleted", ErrorKind::kStreamDeleted},
      {"access-denied", ErrorKind::kAccessDenied},
      {"maximum-append-size-exceeded", ErrorKind::kTooLarge},
      {"persistent-subscription-does-not-exist", ErrorKind::kNotFound},
      {"persistent-subscription-exists", ErrorKind::kInvalid},
      {"missing-required-metadata-property", ErrorKind::kInvalid},
  };
  const std::map<int, ErrorKind> by_code{
      {kDeadlineExceeded, ErrorKind::kTimeout},
      {kUnimplemented, ErrorKind::kUnsupported},
      {kUnauthenticated, ErrorKind::kNotAuthenticated},
      {kStatusUnavailable, ErrorKind::kNotReady},  // recorded only as "Server Is Not Ready"
  };
  std::map<ErrorKind, int> seen;
  for_each_failure("", [&](const CallStatus& status) {
    const StoreError error = to_store_error(status, "it");
    const ErrorKind kind = error.kind;
    ++seen[kind];
    EXPECT_EQ(error.limit, kind == ErrorKind::kTooLarge ? std::optional(SizeLimit{1'048'576}) : std::nullopt);
    if (const auto found = by_exception.find(status.exception); found != by_exception.end()) {
      EXPECT_EQ(kind, found->second) << status.exception;
    } else if (const auto code = by_code.find(status.code); status.exception.empty() && code != by_code.end()) {
      EXPECT_EQ(kind, code->second) << status.code;
    }
  });
  for (const auto& [exception, kind] : by_exception) EXPECT_GT(seen[kind], 0) << exception;
  for (const auto& [code, kind] : by_code) EXPECT_GT(seen[kind], 0) << code;
}

TEST(StatusTest, AnEventThatIsTooLargeTellsItsOwnLimit) {
  CallStatus status =
      status_of(kInvalidArgument, "Event with Id: 1, Size: 201, exceeds", "maximum-append-event-size-exceeded");
  status.append_event_limit = "200";
  EXPECT_EQ(to_store_error(status, "it").kind, ErrorKind::kTooLarge);
  EXPECT_EQ(to_store_error(status, "it").limit, (SizeLimit{200, SizeLimit::Of::kEvent}));
  status.append_event_limit = "many";
  EXPECT_EQ(to_store_error(status, "it").limit, std::nullopt);
}

TEST(StatusTest, RecordedEndsOfSubscriptionsAreToldApart) {
  std::map<DropReason, int> seen;
  for_each_failure("PersistentSubscriptions/Read", [&](const CallStatus& status) {
    const DropReason reason = to_drop_reason(status);
    ++seen[reason];
    if (status.exception == "persistent-subscription-dropped") {
      EXPECT_EQ(reason, DropReason::kGroupChanged);
    }
    if (status.exception == "maximum-subscribers-reached") {
      EXPECT_EQ(reason, DropReason::kTooManySubscribers);
    }
    if (status.exception == "persistent-subscription-does-not-exist") {
      EXPECT_EQ(reason, DropReason::kNotFound);
    }
    if (status.exception == "access-denied") {
      EXPECT_EQ(reason, DropReason::kAccessDenied);
    }
  });
  EXPECT_EQ(seen.size(), 5u);  // the fifth: no quorum, told as an unexpected NotHandled
}

TEST(StatusTest, ASubscriptionWithoutQuorumIsAboutTheLeader) {
  int found = 0;
  for_each_failure("PersistentSubscriptions/Read", [&](const CallStatus& status) {
    if (status.message.find("NotHandled") == std::string::npos) return;
    EXPECT_TRUE(is_not_leader(status));
    EXPECT_EQ(to_store_error(status, "it").kind, ErrorKind::kNotReady);
    EXPECT_EQ(to_drop_reason(status), DropReason::kServer);
    EXPECT_FALSE(is_connection_loss(status));
    ++found;
  });
  EXPECT_EQ(found, 1);
}

TEST(StatusTest, AnUpsertSeesWhetherTheGroupIsThere) {
  int exists = 0;
  for_each_failure("PersistentSubscriptions/Create",
                   [&](const CallStatus& status) { exists += is_group_exists(status); });
  EXPECT_GT(exists, 1);
  int missing = 0;
  const int failures = for_each_failure("PersistentSubscriptions/Update",
                                        [&](const CallStatus& status) { missing += is_group_missing(status); });
  EXPECT_EQ(missing, failures);  // of 21.2.0, UNKNOWN, and of 21.10, NOT_FOUND
  EXPECT_GE(missing, 2);
}

TEST(StatusTest, TheLeaderIsNamedByTrailers) {
  CallStatus status = status_of(kStatusNotFound, "Leader info available", "not-leader");
  status.leader_host = "10.0.0.7";
  status.leader_port = "2113";
  EXPECT_EQ(named_leader(status), (Endpoint{"10.0.0.7", 2113}));
  EXPECT_EQ(to_store_error(status, "it").kind, ErrorKind::kNotReady);
  EXPECT_FALSE(is_group_missing(status));
  for (const char* port : {"", "0", "70000", "21x", "-1"}) {
    status.leader_port = port;
    EXPECT_FALSE(named_leader(status)) << port;
  }
  status.leader_port = "2113";
  status.exception = "";
  EXPECT_FALSE(named_leader(status));
}

TEST(StatusTest, WhetherItWasDoneIsLeftOpenOnlyWhereItIs) {
  const auto kind = [](const CallStatus& status) { return to_store_error(status, "it").kind; };
  EXPECT_EQ(kind(status_of(kStatusUnavailable, "Socket closed")), ErrorKind::kUnavailable);
  EXPECT_EQ(kind(status_of(kStatusUnavailable, "Server Is Not Ready")), ErrorKind::kNotReady);
  EXPECT_EQ(kind(status_of(kStatusUnavailable, "Server Is Too Busy")), ErrorKind::kNotReady);
  EXPECT_EQ(kind(status_of(kUnknown, "No leader info available in response")), ErrorKind::kNotReady);
  EXPECT_EQ(kind(status_of(kUnknown, "Exception was thrown by handler.")), ErrorKind::kUnavailable);
  EXPECT_EQ(kind(status_of(kCancelled, "")), ErrorKind::kUnavailable);
  EXPECT_EQ(kind(status_of(kAborted, "Operation timed out")), ErrorKind::kTimeout);
  EXPECT_EQ(kind(status_of(kResourceExhausted, "Received message larger than max (5 vs. 4)")), ErrorKind::kTooLarge);
  EXPECT_EQ(kind(status_of(kResourceExhausted, "Received message exceeds the maximum configured message size.")),
            ErrorKind::kTooLarge);
  EXPECT_EQ(kind(status_of(kResourceExhausted, "too_many_pings")), ErrorKind::kUnavailable);
}

TEST(StatusTest, AHandlerThatThrewRefusedTheAppend) {
  const auto kind = [](const CallStatus& status) { return to_append_error(status, "it").kind; };
  EXPECT_EQ(kind(status_of(kUnknown, "Exception was thrown by handler.")), ErrorKind::kInvalid);
  EXPECT_EQ(kind(status_of(kUnknown, "Exception was thrown by handler. ArgumentException: Empty eventType provided.")),
            ErrorKind::kInvalid);
  EXPECT_EQ(kind(status_of(kUnknown, "No leader info available in response")), ErrorKind::kNotReady);
  EXPECT_EQ(kind(status_of(kUnknown, "Unexpected OperationResult: 9")), ErrorKind::kUnavailable);
  EXPECT_EQ(kind(status_of(kUnknown, "Received http2 header with status: 500")), ErrorKind::kUnavailable);
  EXPECT_EQ(kind(status_of(kStatusUnavailable, "Socket closed")), ErrorKind::kUnavailable);
}

TEST(StatusTest, RecordedMalformedAppendsAreInvalid) {
  int thrown = 0;
  for_each_failure("Streams/Append", [&](const CallStatus& status) {
    if (status.code != kUnknown) return;
    EXPECT_EQ(to_append_error(status, "it").kind, ErrorKind::kInvalid) << status.message;
    ++thrown;
  });
  EXPECT_GE(thrown, 5);
}

TEST(StatusTest, OnlyTheConnectionsOwnFailuresAreItsLoss) {
  EXPECT_TRUE(is_connection_loss(status_of(kStatusUnavailable, "failed to connect to all addresses")));
  EXPECT_TRUE(is_connection_loss(status_of(kInternal, "Received RST_STREAM")));
  EXPECT_FALSE(is_connection_loss(status_of(kStatusUnavailable, "Server Is Not Ready")));
  EXPECT_FALSE(is_connection_loss(status_of(kCancelled, "", "persistent-subscription-dropped")));
  EXPECT_FALSE(is_connection_loss(status_of(kDeadlineExceeded)));
  EXPECT_FALSE(is_connection_loss(status_of(kInternal, "bad settings", "persistent-subscription-failed")));
}

TEST(StatusTest, TheMessageNamesTheQuestionAndTheAnswer) {
  const StoreError error = to_store_error(status_of(kPermissionDenied, "Access Denied", "access-denied"), "read of $x");
  EXPECT_EQ(error.message, "read of $x: Access Denied (status 7, access-denied)");
}

TEST(StatusTest, TheMessageIsOneLineWhateverTheNamesAre) {
  const StoreError error = to_store_error(status_of(kPermissionDenied, "no\nright", "access\rdenied"), "read of a\nb");
  EXPECT_EQ(error.message, "read of a b: no right (status 7, access denied)");
  EXPECT_LT(to_store_error(status_of(kUnknown, std::string(1 << 20, 'x')), "append").message.size(), 1'000u);
}

TEST(StatusTest, CredentialsAreBase64) {
  EXPECT_EQ(basic_authorization({"admin", "changeit"}), "Basic YWRtaW46Y2hhbmdlaXQ=");
  EXPECT_EQ(basic_authorization({"a", "b"}), "Basic YTpi");
  EXPECT_EQ(basic_authorization({"ab", "c"}), "Basic YWI6Yw==");
}

// gRPC's texts, as they were seen.
TEST(StatusTest, AConnectionThatCannotBeMadeSaysWhatToMend) {
  struct Case {
    std::string text;
    ErrorKind kind;
    std::string advice;
  };
  const std::string cannot = "failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:2113: ";
  const std::vector<Case> cases{
      {cannot + "Ssl handshake failed: SSL_ERROR_SSL: error:0A000086:SSL routines::certificate verify failed",
       ErrorKind::kNotAuthenticated, "tlsCaFile"},
      {cannot +
           "Custom verification check failed with error: UNAUTHENTICATED: the certificate is for 'a.test', not for "
           "'localhost'",
       ErrorKind::kNotAuthenticated, "another host's"},
      {cannot + "Ssl handshake failed: SSL_ERROR_SSL: error:0A00010B:SSL routines::wrong version number",
       ErrorKind::kUnavailable, "tls=false"},
      {cannot + "Handshake read failed", ErrorKind::kUnavailable, "tls=false"},
      {cannot + "Failed parsing HTTP/2", ErrorKind::kUnavailable, "TCP port"},
      {cannot + "Trying to connect an http1.x server", ErrorKind::kUnavailable, "HTTP_ENDPOINT"},
      {cannot + "recvmsg:Connection reset by peer", ErrorKind::kUnavailable, "tls=true"},
      {cannot + "Socket closed", ErrorKind::kUnavailable, "TCP port"},
      {cannot + "connection attempt timed out before receiving SETTINGS frame", ErrorKind::kUnavailable,
       "accepted, and nobody answers"},
      {with_handshake_timeout(cannot + "Handshake read failed"), ErrorKind::kUnavailable,
       "nobody answers in the TLS handshake"},
      {cannot + "Endpoint read failed", ErrorKind::kUnavailable, "userCertFile"},
      {cannot + "Tls handshake failed: SSL_ERROR_SSL: error:0A000460:SSL routines::tlsv1 alert no application protocol",
       ErrorKind::kUnavailable, "no HTTP/2"},
  };
  for (const Case& expected : cases) {
    CallStatus status;
    status.code = kStatusUnavailable;
    status.message = expected.text;
    const StoreError error = to_store_error(status, "gossip");
    EXPECT_EQ(error.kind, expected.kind) << expected.text;
    EXPECT_NE(error.message.find(expected.advice), std::string::npos) << error.message;
    EXPECT_NE(error.message.find(expected.text), std::string::npos) << error.message;
    EXPECT_TRUE(is_connection_loss(status)) << expected.text;
    // Told once, where it is the reason of what follows.
    status.message = "not connected: " + error.message;
    const std::string again = to_store_error(status, "read").message;
    EXPECT_EQ(again, "read: not connected: " + error.message);
  }
  CallStatus cut;
  cut.code = kStatusUnavailable;
  cut.message = "Socket closed";
  EXPECT_EQ(to_store_error(cut, "read").message, "read: Socket closed (status 14)");
}

}  // namespace
}  // namespace interconnect::next
