// Random copies, each tampered with in at most one way: the verdict names exactly that stream and that way.
//
// One case again: bazel test //domain/verify:verify_property_test --test_env=VERIFY_SEED=N

#include <cstdlib>
#include <map>
#include <ostream>
#include <string>

#include "domain/verify/model_stores.h"
#include "gtest/gtest.h"

namespace interconnect::testing {
namespace {

constexpr std::uint64_t kCases = 100'000;

std::string text(const std::set<std::pair<std::string, DifferenceKind>>& differences) {
  std::string all;
  for (const auto& [stream, kind] : differences) all += stream + ": " + std::string(to_string(kind)) + ", ";
  return all.empty() ? "nothing" : all;
}

std::string dump(const ModelStore& store) {
  std::string all;
  for (const auto& [name, stream] : store) {
    all += "  " + name + (stream.is_deleted ? " deleted" : "") + (stream.is_tombstoned ? " tombstoned" : "") + ":";
    for (const ModelEvent& event : stream.events) {
      all += " " + std::to_string(event.revision) + "=" + std::to_string(event.id.bytes[0]) + event.type +
             (event.type == "$>" ? "(" + event.data + ")" : "");
    }
    all += " next " + std::to_string(stream.next) + "\n";
  }
  return all;
}

Tampering run(std::uint64_t seed) {
  ModelCopy copy(seed);
  const ModelRun run = verify(copy);
  EXPECT_TRUE(run.is_over) << "seed " << seed;
  EXPECT_EQ(text(run.found), text(copy.expected))
      << "seed " << seed << ", subscribed to " << copy.subscriptions.front().stream << " from "
      << *copy.subscriptions.front().start_from << ", types " << copy.patterns.front()
      << ", tampered: " << to_string(copy.tampering) << "\nsource:\n"
      << dump(copy.source) << "destination:\n"
      << dump(copy.destination);
  return copy.tampering;
}

TEST(VerifyPropertyTest, TheVerdictNamesWhatWasDoneAndNothingElse) {
  if (const char* seed = std::getenv("VERIFY_SEED")) {
    run(std::strtoull(seed, nullptr, 10));
    return;
  }
  std::map<Tampering, int> cases;
  for (std::uint64_t seed = 1; seed <= kCases && !HasFailure(); ++seed) ++cases[run(seed)];
  if (HasFailure()) return;
  for (int tampering = 0; tampering < kTamperings; ++tampering) {
    EXPECT_GT(cases[static_cast<Tampering>(tampering)], 1'000) << to_string(static_cast<Tampering>(tampering));
  }
}

}  // namespace
}  // namespace interconnect::testing
