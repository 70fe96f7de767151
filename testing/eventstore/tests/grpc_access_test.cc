// Who may do what over gRPC: with TLS, where callers have names and rights, and without, where everyone may do
// anything.

#include <chrono>
#include <fstream>
#include <iterator>
#include <memory>
#include <ostream>
#include <stdexcept>
#include <string>

#include "adapters/grpc/proto/persistent.pb.h"
#include "adapters/grpc/proto/shared.pb.h"
#include "adapters/grpc/proto/streams.pb.h"
#include "google/protobuf/message.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/security/credentials.h"
#include "gtest/gtest.h"
#include "testing/eventstore/tests/grpc_call.h"
#include "testing/eventstore/tests/running_server.h"
#include "testing/process/child_process.h"

namespace interconnect::eventstore {
namespace {

namespace esdb = event_store::client;
namespace streams = event_store::client::streams;
namespace persistent = event_store::client::persistent_subscriptions;
using grpc::StatusCode;

constexpr char kAppend[] = "/event_store.client.streams.Streams/Append";
constexpr char kRead[] = "/event_store.client.streams.Streams/Read";
constexpr char kDelete[] = "/event_store.client.streams.Streams/Delete";
constexpr char kCreate[] = "/event_store.client.persistent_subscriptions.PersistentSubscriptions/Create";
constexpr char kConnect[] = "/event_store.client.persistent_subscriptions.PersistentSubscriptions/Read";

const Call::Metadata kAnonymous;
// admin:changeit and admin:wrong
const Call::Metadata kAdmin = {{"authorization", "Basic YWRtaW46Y2hhbmdlaXQ="}};
const Call::Metadata kWrongPassword = {{"authorization", "Basic YWRtaW46d3Jvbmc="}};

std::string in_folder(const std::string& name) { return ::testing::TempDir() + "/" + name; }

// A self-signed certificate of the loopback address, access.pem and access.key.
void make_certificate() {
  testing::ChildProcess openssl({"/usr/bin/openssl",
                                 {"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                                  "-days", "2", "-subj", "/CN=access", "-addext", "subjectAltName=IP:127.0.0.1",
                                  "-keyout", in_folder("access.key"), "-out", in_folder("access.pem")},
                                 {}});
  if (openssl.wait(std::chrono::minutes(1)) != testing::ExitStatus{0, 0}) {
    throw std::runtime_error("openssl: " + openssl.output());
  }
}

Options next(const std::string& version, bool tls) {
  Options options;
  options.generation = Generation::kNext;
  options.version = version;
  if (tls) {
    options.tls_cert = in_folder("access.pem");
    options.tls_key = in_folder("access.key");
    options.users = {{"admin", "changeit"}};
  }
  return options;
}

std::shared_ptr<grpc::ChannelCredentials> credentials(bool tls) {
  if (!tls) return grpc::InsecureChannelCredentials();
  std::ifstream file(in_folder("access.pem"));
  grpc::SslCredentialsOptions trust;
  trust.pem_root_certs = {std::istreambuf_iterator<char>(file), {}};
  return grpc::SslCredentials(trust);
}

struct Outcome {
  StatusCode code;
  std::string exception;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};
const Outcome kOk{StatusCode::OK, ""};
const Outcome kDenied{StatusCode::PERMISSION_DENIED, "access-denied"};

void PrintTo(const Outcome& outcome, std::ostream* out) { *out << outcome.code << " " << outcome.exception; }

class Access : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { make_certificate(); }

  struct Side {
    Side(const std::string& version, bool tls)
        : server(next(version, tls)),
          channel(grpc::CreateChannel("127.0.0.1:" + std::to_string(server.http_port()), credentials(tls))),
          stub(channel) {}

    Outcome ask(const std::string& method, const google::protobuf::Message& request, const Call::Metadata& caller) {
      Call call(stub, method, caller);
      call.write(request);
      call.half_close();
      std::string bytes;
      while (call.read(&bytes)) {
      }
      const grpc::Status status = call.finish();
      return {status.error_code(), call.trailer("exception")};
    }
    Outcome append(const std::string& stream, const Call::Metadata& caller) {
      return ask(kAppend, of_stream<streams::AppendReq>(stream), caller);
    }
    Outcome delete_stream(const std::string& stream, const Call::Metadata& caller) {
      return ask(kDelete, of_stream<streams::DeleteReq>(stream), caller);
    }
    // Of $all if there is no stream.
    Outcome read(const std::string& stream, const Call::Metadata& caller) {
      streams::ReadReq request;
      auto* options = request.mutable_options();
      if (stream.empty()) {
        options->mutable_all()->mutable_start();
      } else {
        options->mutable_stream()->mutable_stream_identifier()->set_stream_name(stream);
        options->mutable_stream()->mutable_start();
      }
      options->set_count(10);
      options->mutable_no_filter();
      options->mutable_uuid_option()->mutable_string();
      return ask(kRead, request, caller);
    }
    Outcome create(const std::string& group, const Call::Metadata& caller) {
      persistent::CreateReq request;
      auto* options = request.mutable_options();
      options->mutable_stream_identifier()->set_stream_name("s");
      options->set_group_name(group);
      options->mutable_settings()->set_read_batch_size(20);
      options->mutable_settings()->set_live_buffer_size(500);
      options->mutable_settings()->set_history_buffer_size(500);
      return ask(kCreate, request, caller);
    }
    // The end of a connect that is refused, or OK with the confirmation.
    Outcome connect(const std::string& group, const Call::Metadata& caller) {
      Call call(stub, kConnect, caller);
      persistent::ReadReq request;
      auto* options = request.mutable_options();
      options->mutable_stream_identifier()->set_stream_name("s");
      options->set_group_name(group);
      options->set_buffer_size(1);
      options->mutable_uuid_option()->mutable_string();
      call.write(request);
      std::string bytes;
      if (call.read(&bytes)) return kOk;
      const grpc::Status status = call.finish();
      return {status.error_code(), call.trailer("exception")};
    }

    RunningServer server;
    std::shared_ptr<grpc::Channel> channel;
    grpc::GenericStub stub;

   private:
    template <class Request>
    static Request of_stream(const std::string& stream) {
      Request request;
      request.mutable_options()->mutable_stream_identifier()->set_stream_name(stream);
      request.mutable_options()->mutable_any();
      return request;
    }
  };
};

TEST_F(Access, OverTlsNobodyMayDoMoreThanUsePlainStreams) {
  Side side("21.2.0", true);
  EXPECT_EQ(side.append("s", kAnonymous), kOk);
  EXPECT_EQ(side.read("s", kAnonymous), kOk);
  EXPECT_EQ(side.delete_stream("s", kAnonymous), kOk);
  EXPECT_EQ(side.append("$s", kAnonymous), kDenied);
  EXPECT_EQ(side.read("$s", kAnonymous), kDenied);
  EXPECT_EQ(side.delete_stream("$s", kAnonymous), kDenied);
  EXPECT_EQ(side.read("", kAnonymous), kDenied);
  EXPECT_EQ(side.create("g", kAnonymous), kDenied);
  ASSERT_EQ(side.create("g", kAdmin), kOk);
  EXPECT_EQ(side.connect("g", kAnonymous), kDenied);

  EXPECT_EQ(side.append("$s", kAdmin), kOk);
  EXPECT_EQ(side.read("$s", kAdmin), kOk);
  EXPECT_EQ(side.read("", kAdmin), kOk);
  EXPECT_EQ(side.connect("g", kAdmin), kOk);
}

TEST_F(Access, OverTlsAWrongPasswordIsNotAnonymous) {
  Side side("21.10", true);
  EXPECT_EQ(side.append("s", kWrongPassword).code, StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(side.read("s", kWrongPassword).code, StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(side.connect("g", kWrongPassword).code, StatusCode::UNAUTHENTICATED);
}

TEST_F(Access, OverTlsABatchWithoutRightsIsAnsweredAndTheCallLives) {
  Side side("21.10", true);
  Call call(side.stub, "/event_store.client.streams.Streams/BatchAppend");
  streams::BatchAppendReq request;
  request.mutable_correlation_id()->set_string("11111111-1111-1111-1111-111111111111");
  request.mutable_options()->mutable_stream_identifier()->set_stream_name("$s");
  request.mutable_options()->mutable_any();
  request.set_is_final(true);
  call.write(request);
  const auto refused = call.read<streams::BatchAppendResp>();
  EXPECT_EQ(refused.error().code(), StatusCode::PERMISSION_DENIED);
  EXPECT_TRUE(refused.error().details().Is<esdb::AccessDenied>()) << refused.error().details().type_url();
  request.mutable_options()->mutable_stream_identifier()->set_stream_name("s");
  call.write(request);
  EXPECT_TRUE(call.read<streams::BatchAppendResp>().has_success());
}

TEST_F(Access, WithoutTlsEveryoneIsTheSystemWhateverTheySay) {
  Side side("21.2.0", false);
  for (const Call::Metadata& caller : {kAnonymous, kWrongPassword}) {
    EXPECT_EQ(side.append("$s", caller), kOk);
    EXPECT_EQ(side.read("$s", caller), kOk);
    EXPECT_EQ(side.read("", caller), kOk);
    EXPECT_EQ(side.create(caller.empty() ? "g" : "h", caller), kOk);
    EXPECT_EQ(side.connect("g", caller), kOk);
  }
}

}  // namespace
}  // namespace interconnect::eventstore
