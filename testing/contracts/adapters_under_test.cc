#include <boost/asio/io_context.hpp>
#include <stdexcept>
#include <utility>

#include "adapters/grpc/grpc_store.h"
#include "adapters/legacy_tcp/legacy_store.h"
#include "testing/contracts/store_under_test.h"
#include "testing/eventstore/tests/running_server.h"

namespace interconnect::testing {
namespace {

using namespace std::chrono_literals;

constexpr char kLogin[] = "Authorization: Basic YWRtaW46Y2hhbmdlaXQ=\r\n";  // admin:changeit

// An adapter against the test event store, over loopback sockets.
class AdapterUnderTest : public StoreUnderTest {
 public:
  AdapterUnderTest(eventstore::Generation generation, std::string version) {
    eventstore::Options options;
    options.generation = generation;
    options.version = std::move(version);
    options.projections = true;
    server_ = std::make_unique<eventstore::RunningServer>(options);
  }

  bool run_until(const std::function<bool()>& done) override {
    const auto give_up_at = std::chrono::steady_clock::now() + 60s;
    while (!done()) {
      if (io_.stopped()) io_.restart();
      io_.run_one_for(1s);
      if (std::chrono::steady_clock::now() > give_up_at) return false;
    }
    return true;
  }

  void use_password(std::string password) override { password_ = std::move(password); }

  void stop_server() override { server_.reset(); }
  void cut_connections() override { misbehave(R"({"cutConnections":true})"); }
  void delay_answers(std::chrono::milliseconds delay) override {
    misbehave(R"({"answerDelayMs":)" + std::to_string(delay.count()) + "}");
  }
  void delete_stream(const std::string& stream, bool tombstone) override {
    request(server_->http_port(), "DELETE", "/streams/" + stream, "",
            std::string(kLogin) + (tombstone ? "ES-HardDelete: true\r\n" : ""));
  }
  void delete_group(const std::string& stream, const std::string& group) override {
    request(server_->http_port(), "DELETE", "/subscriptions/" + stream + "/" + group, "", kLogin);
  }

 protected:
  Endpoint tcp() const { return {"127.0.0.1", static_cast<std::uint16_t>(server_->tcp_port())}; }
  Endpoint http() const { return {"127.0.0.1", static_cast<std::uint16_t>(server_->http_port())}; }
  Credentials credentials() const { return {"admin", password_}; }

  boost::asio::io_context io_;

 private:
  void misbehave(const std::string& json) { request(server_->admin_port(), "POST", "/misbehave", json, ""); }

  static void request(int port, const std::string& method, const std::string& target, const std::string& body,
                      const std::string& headers) {
    const std::string answer = eventstore::http(port, method, target, body, headers);
    if (!answer.starts_with("HTTP/1.1 2")) throw std::runtime_error(method + " " + target + ": " + answer);
  }

  std::unique_ptr<eventstore::RunningServer> server_;
  std::string password_ = "changeit";
};

constexpr ReconnectionSettings kEager{-1, 50ms};

class LegacyUnderTest final : public AdapterUnderTest {
 public:
  LegacyUnderTest() : AdapterUnderTest(eventstore::Generation::kLegacy, "5.0.1") {}

  std::unique_ptr<EventSource> make_source(std::vector<Subscription> subscriptions) override {
    return make_legacy_source(io_, settings(), std::move(subscriptions));
  }
  std::unique_ptr<EventSink> make_sink() override { return make_legacy_sink(io_, settings()); }
  std::size_t too_many_bytes() const override { return 17 << 20; }
  bool checks_passwords() const override { return true; }

 private:
  LegacyStoreSettings settings() const {
    LegacyStoreSettings settings;
    settings.tcp = tcp();
    settings.http = http();
    settings.credentials = credentials();
    settings.reconnection = kEager;
    return settings;
  }
};

class GrpcUnderTest final : public AdapterUnderTest {
 public:
  explicit GrpcUnderTest(std::string version) : AdapterUnderTest(eventstore::Generation::kNext, std::move(version)) {}

  std::unique_ptr<EventSource> make_source(std::vector<Subscription> subscriptions) override {
    return make_grpc_source(io_, settings(), std::move(subscriptions));
  }
  std::unique_ptr<EventSink> make_sink() override { return make_grpc_sink(io_, settings()); }
  std::size_t too_many_bytes() const override { return 2 << 20; }
  bool checks_passwords() const override { return false; }  // not without TLS

 private:
  GrpcStoreSettings settings() const {
    GrpcStoreSettings settings;
    settings.hosts = {http()};
    settings.credentials = credentials();
    settings.reconnection = kEager;
    return settings;
  }
};

}  // namespace

std::vector<Implementation> implementations() {
  return {{"LegacyTcp", [] { return std::make_unique<LegacyUnderTest>(); }},
          {"Grpc", [] { return std::make_unique<GrpcUnderTest>("21.2.0"); }},
          {"GrpcBatches", [] { return std::make_unique<GrpcUnderTest>("21.10"); }}};
}

}  // namespace interconnect::testing
