// The status that the program tells over HTTP, and to whom.

#include <rapidjson/document.h>
#include <rapidjson/pointer.h>

#include <csignal>
#include <fstream>
#include <regex>
#include <string>

#include "testing/end_to_end/fixture.h"
#include "testing/end_to_end/http_request.h"
#include "testing/process/slowdown.h"

namespace interconnect::testing {
namespace {

class StatusTest : public EndToEndTest {
 protected:
  std::unique_ptr<Copier> start_shown(const std::string& http = "port: 0", const std::string& more = "",
                                      const std::string& events = "[{type: '*'}]") {
    const std::string monitoring =
        "http: {" + http + "}\nmonitoring: {lagInterval: 100, stallAfter: " + std::to_string(1'000 * kSlowdown) + "}\n";
    auto copier =
        start(configuration(monitoring + more, kGroup, events), {{kWriterTimeout, "500"}, {kLinkCheckInterval, "100"}});
    const std::string line = copier->line_with("status page: ").value_or("");
    std::smatch match;
    if (!std::regex_search(line, match, std::regex("status page: http://[0-9.]+:([0-9]+)/$"))) {
      throw std::runtime_error("no HTTP port in the log: " + line);
    }
    port_ = std::stoi(match[1]);
    return copier;
  }

  HttpReply get(const std::string& path, const std::string& header = "") const {
    return http_request(port_, "GET", path, "", header);
  }

  // A value of the status, by its JSON pointer, as text.
  std::string value(const std::string& pointer) const {
    rapidjson::Document status;
    status.Parse(get("/status").body.c_str());
    EXPECT_FALSE(status.HasParseError());
    const rapidjson::Value* found = rapidjson::Pointer(pointer.c_str()).Get(status);
    if (found == nullptr) return "nothing";
    if (found->IsString()) return found->GetString();
    if (found->IsBool()) return found->GetBool() ? "true" : "false";
    if (found->IsInt64()) return std::to_string(found->GetInt64());
    return found->IsNull() ? "null" : found->IsDouble() ? std::to_string(found->GetDouble()) : "a list or an object";
  }
  ::testing::AssertionResult becomes(const std::string& pointer, const std::string& wanted) const {
    const auto result = eventually([&] { return value(pointer) == wanted; });
    return result ? result
                  : ::testing::AssertionFailure() << pointer << " is " << value(pointer) << ": " << get("/status").body;
  }

  // The path of a file with that text.
  static std::string file_with(const std::string& name, const std::string& text) {
    std::string path = ::testing::TempDir() + "/" + name;
    std::ofstream(path) << text;
    return path;
  }

  int port_ = 0;
};

TEST_P(StatusTest, TellsHowTheCopyGoes) {
  source.load("hero-", 5, 200);
  source.append("hero-1", {{event_id(1), "Changed", true, "{}", ""}});
  const auto copier = start_shown();
  EXPECT_TRUE(becomes("/state/name", "live"));
  EXPECT_TRUE(becomes("/subscriptions/0/position", "200"));
  EXPECT_TRUE(becomes("/subscriptions/0/end", "200"));
  EXPECT_TRUE(becomes("/progress/share", "1"));
  EXPECT_TRUE(becomes("/progress/lag/events", "0"));
  EXPECT_TRUE(becomes("/progress/lag/bytes", "0"));
  EXPECT_TRUE(becomes("/progress/secondsLeft", "0"));
  EXPECT_TRUE(becomes("/counts/copied", "201"));
  EXPECT_TRUE(becomes("/subscriptions/0/consumers", "1"));
  EXPECT_TRUE(becomes("/subscriptions/0/projections/0/running", "true"));
  for (const auto& [store, generation] : {std::pair("source", GetParam().from), {"destination", GetParam().to}}) {
    const std::string path = std::string("/stores/") + store;
    EXPECT_TRUE(becomes(path + "/link/answers", "true"));
    EXPECT_TRUE(becomes(path + "/protocol", generation == Generation::kLegacy ? "TCP" : "gRPC"));
    EXPECT_TRUE(eventually([&] {
      return value(path + "/version").starts_with("5.0.1") == (generation == Generation::kLegacy) &&
             value(path + "/version") != "null";
    }));
    const Store& told = store == std::string("source") ? source : destination;
    EXPECT_TRUE(becomes(path + "/node", "127.0.0.1:" + std::to_string(told.http_port())));
  }
  EXPECT_NE(value("/history/samples/0/at"), "nothing");
  EXPECT_NE(get("/").body.find("<!doctype html>"), std::string::npos);
  EXPECT_EQ(get("/status").body.find(Store::kPassword), std::string::npos);
  copier->signal(SIGTERM);
  EXPECT_EQ(copier->exit_code(), 0);
}

TEST_P(StatusTest, TellsWhatWasNotCopied) {
  source.append("hero-1", {{event_id(1), "Changed", true, "[\"hush\"]", ""},
                           {event_id(2), "Changed", true, "{}", ""},
                           {event_id(3), "Other", true, "{\"a\":\"hush\"}", ""}});
  const auto copier =
      start_shown("port: 0", "safetyNet: {onInvalidEvent: park}\n", "[{type: Changed, dataSchema: {type: object}}]");
  ASSERT_TRUE(becomes("/troubles/total", "2"));
  EXPECT_EQ(value("/troubles/last/0/kind"), "parked");
  EXPECT_EQ(value("/troubles/last/0/stream"), "hero-1");
  EXPECT_EQ(value("/troubles/last/0/revision"), "0");
  EXPECT_EQ(value("/troubles/last/1/kind"), "filtered");
  EXPECT_EQ(value("/troubles/last/1/type"), "Other");
  EXPECT_EQ(value("/troubles/byReason/0/events"), "1");
  EXPECT_NE(value("/warnings/last/1/message").find("Other"), std::string::npos);
  EXPECT_EQ(get("/status").body.find("hush"), std::string::npos) << "no data";
}

TEST_P(StatusTest, TellsWhatItWaitsForAndThatItStalls) {
  source.load("hero-", 2, 20);
  const std::string refusal = GetParam().to == Generation::kLegacy ? "NotReady" : "RESOURCE_EXHAUSTED";
  const auto copier = start_shown("port: 0",
                                  "onLinkFailure: wait\nsafetyNet: {onWriteFailure: retry}\n"
                                  "source: {predecessorWait: 0}\n");
  ASSERT_TRUE(becomes("/state/name", "live"));
  destination.freeze();
  EXPECT_TRUE(becomes("/state/name", "waiting"));
  EXPECT_EQ(value("/state/text").find("for the destination: "), 0u) << value("/state/text");
  EXPECT_EQ(value("/stores/destination/link/answers"), "false");
  destination.thaw();
  EXPECT_TRUE(becomes("/state/name", "live"));
  destination.misbehave(R"({"refuseAppends": {"count": 1000000, "with": ")" + refusal + R"("}})");
  source.load("hero-", 2, 20);
  EXPECT_TRUE(becomes("/state/name", "stalled"));
  EXPECT_NE(value("/subscriptions/0/stalled"), "null");
}

TEST_P(StatusTest, WithoutALoginThereIsOneWord) {
  const std::string login = file_with("login", "ops:let-me-in\n");
  const std::string http = "credentialsFile: " + login + ", tokenFile: " + file_with("token", "a-token\n");
  const auto copier = start_shown("port: 0, " + http);
  EXPECT_TRUE(eventually([&] { return get("/readyz").status == 200; }));
  EXPECT_EQ(get("/healthz").body, "well\n");
  EXPECT_EQ(get("/readyz").body, "ready\n");
  for (const char* path : {"/", "/status", "/status/feed", "/metrics", "/elsewhere"}) EXPECT_EQ(get(path).status, 401);
  EXPECT_EQ(get("/status", "Authorization: Bearer a-token\r\n").status, 200);
  const std::string basic = "Authorization: Basic " + base64("ops:let-me-in") + "\r\n";
  EXPECT_EQ(get("/metrics", basic).status, 200);
  destination.freeze();
  EXPECT_TRUE(eventually([&] { return get("/readyz").body == "unready\n"; }));
  EXPECT_NE(get("/readyz", basic).body.find("the destination "), std::string::npos);
  destination.thaw();
  EXPECT_EQ(copier->output().find("give http.credentialsFile"), std::string::npos);
  EXPECT_EQ(copier->output().find("let-me-in"), std::string::npos);
}

TEST_P(StatusTest, TheHealthCommandSendsTheLogin) {
  source.load("hero-", 2, 20);
  const std::string refusal = GetParam().to == Generation::kLegacy ? "NotReady" : "RESOURCE_EXHAUSTED";
  destination.misbehave(R"({"refuseAppends": {"count": 1000000, "with": ")" + refusal + R"("}})");
  const std::string file = file_with("login", "ops:let-me-in\n");
  const auto copier = start_shown("port: 0, credentialsFile: " + file,
                                  "safetyNet: {onWriteFailure: retry}\nsource: {predecessorWait: 0}\n");
  ASSERT_TRUE(eventually([&] { return get("/healthz").status == 503; }));
  EXPECT_EQ(get("/healthz").body, "unwell\n");
  const auto ask = start(configuration("http: {port: " + std::to_string(port_) + ", credentialsFile: " + file + "}\n"),
                         {}, Copier::kProgram, {"health"});
  EXPECT_EQ(ask->exit_code(), 1);
  EXPECT_NE(ask->output().find("stalled: nothing has been settled for"), std::string::npos) << ask->output();
}

TEST_P(StatusTest, TheStatusCommandWaitsForWhatTheSourceHas) {
  const auto copier = start_shown("port: 0", "onLinkFailure: wait\nsafetyNet: {onWriteFailure: retry}\n");
  ASSERT_TRUE(becomes("/state/name", "live"));
  const auto ask = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments{"status"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return start(configuration("http: {port: " + std::to_string(port_) + "}\n"), {}, Copier::kProgram, arguments);
  };
  const auto shown = ask({});
  EXPECT_EQ(shown->exit_code(), 0);
  EXPECT_EQ(shown->output().find("live since "), 0u) << shown->output();
  EXPECT_NE(shown->output().find("'$ce-hero' (group 'copy'): position none, end none"), std::string::npos);
  destination.freeze();
  source.load("hero-", 2, 20);
  EXPECT_EQ(ask({"--wait", "--timeout", "1"})->exit_code(), 1);
  const auto waits = ask({"--wait"});
  destination.thaw();
  EXPECT_EQ(waits->exit_code(), 0);
  EXPECT_EQ(destination_count(), 20);
  EXPECT_EQ(waits->last_line(), "what the source had is copied and confirmed");
  const auto json = ask({"--json"});
  EXPECT_EQ(json->exit_code(), 0);
  EXPECT_EQ(json->output().find("{\"format\":1,"), 0u) << json->output();
  copier->signal(SIGTERM);
  EXPECT_EQ(copier->exit_code(), 0);
  EXPECT_EQ(ask({})->exit_code(), 1);
}

TEST_P(StatusTest, APageForEveryoneIsWarnedOf) {
  const auto copier = start_shown("port: 0, address: 0.0.0.0");
  EXPECT_NE(copier->output().find("give http.credentialsFile or http.tokenFile"), std::string::npos);
  EXPECT_NE(value("/warnings/last/0/message").find("give http.credentialsFile"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Directions, StatusTest,
                         ::testing::Values(Direction{Generation::kLegacy, Generation::kNext},
                                           Direction{Generation::kNext, Generation::kLegacy}),
                         name_of);

}  // namespace
}  // namespace interconnect::testing
