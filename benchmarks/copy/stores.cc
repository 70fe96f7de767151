#include "benchmarks/copy/stores.h"

#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include "benchmarks/copy/loop.h"

namespace interconnect::copy_benchmark {
namespace {

constexpr char kAddresses[] =
    "test:legacy, test:21.2.0, test:21.10, legacy:HOST:TCP-PORT:HTTP-PORT or esdb://HOST:PORT?OPTIONS";

}  // namespace

BenchmarkStore::BenchmarkStore(std::string address, std::string user, std::string password)
    : address_(std::move(address)), user_(std::move(user)), password_(std::move(password)) {
  if (address_.starts_with("test:")) {
    test_version_ = address_.substr(5);
    if (test_version_ != "legacy" && test_version_ != "21.2.0" && test_version_ != "21.10") {
      throw Failure("unknown test event store '" + address_ + "': there is " + kAddresses);
    }
    name_ = test_version_;
  } else if (address_.starts_with("legacy:")) {
    const std::vector<std::string> parts = absl::StrSplit(address_, ':');
    if (parts.size() != 4) throw Failure("'" + address_ + "' is no address of a store: there is " + kAddresses);
    name_ = "legacy at " + parts[1] + ":" + parts[2];
  } else if (address_.starts_with("esdb")) {
    const std::size_t at = address_.rfind('@');
    const std::size_t begin = at == std::string::npos ? address_.find("//") + 2 : at + 1;
    name_ = "next at " + address_.substr(begin, address_.find_first_of("/?", begin) - begin);
  } else {
    throw Failure("'" + address_ + "' is no address of a store: there is " + kAddresses);
  }
}

void BenchmarkStore::renew() {
  if (!is_own()) return;
  own_.reset();
  if (test_version_ == "legacy") {
    own_ = std::make_unique<testing::Store>(testing::Generation::kLegacy);
  } else {
    own_ = std::make_unique<testing::Store>(testing::Generation::kNext,
                                            std::vector<std::string>{"--version=" + test_version_});
  }
}

Variables BenchmarkStore::environment(const std::string& side) const {
  if (own_ != nullptr) return own_->environment(side);
  const auto name = [&side](const std::string& variable) { return "EVENTSTORE_INTERCO_" + variable + "_" + side; };
  Variables variables;
  if (!user_.empty()) {
    variables[name("CREDENTIALS_USERNAME")] = user_;
    variables[name("CREDENTIALS_PASSWORD")] = password_;
  }
  if (!address_.starts_with("legacy:")) {
    variables[name("CONNECTION_STRING")] = address_;
    return variables;
  }
  const std::vector<std::string> parts = absl::StrSplit(address_, ':');
  variables[name("HTTP_ENDPOINT")] = parts[1];
  variables[name("TCP_PORT")] = parts[2];
  variables[name("HTTP_PORT")] = parts[3];
  return variables;
}

void BenchmarkStore::throttle(int events_per_second) {
  own_->misbehave(R"({"eventsPerSecond":)" + std::to_string(events_per_second) + "}");
}

}  // namespace interconnect::copy_benchmark
