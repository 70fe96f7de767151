#include "domain/event_policy.h"

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace interconnect {
namespace {

// Refuses every event, and says so by its name: shows which of the types was taken.
class Refusing final : public EventValidator {
 public:
  explicit Refusing(std::string name) : name_(std::move(name)) {}
  std::optional<std::string> validate(const EventView&) const override { return name_; }

 private:
  std::string name_;
};

class Accepting final : public EventValidator {
 public:
  std::optional<std::string> validate(const EventView&) const override { return std::nullopt; }
};

EventPolicy policy_of(const std::vector<std::string>& patterns) {
  std::vector<AllowedType> types;
  types.reserve(patterns.size());
  for (const std::string& pattern : patterns) types.push_back({pattern, std::make_shared<Refusing>(pattern)});
  return EventPolicy(std::move(types));
}

Verdict judge(const EventPolicy& policy, std::string_view type) {
  EventView event;
  event.type = type;
  return policy.judge(event);
}

Verdict taken_by(std::string pattern) { return Invalid{std::move(pattern)}; }

TEST(EventPolicyTest, AllowsWhatIsNamedAndNothingElse) {
  const EventPolicy policy({{.pattern = "Hired", .validator = nullptr}});
  EXPECT_EQ(judge(policy, "Hired"), Verdict(Allowed{}));
  EXPECT_EQ(judge(policy, "hired"), Verdict(NotAllowed{}));
  EXPECT_EQ(judge(policy, "HiredAgain"), Verdict(NotAllowed{}));
  EXPECT_EQ(judge(policy, ""), Verdict(NotAllowed{}));
}

TEST(EventPolicyTest, AsksTheValidator) {
  const EventPolicy policy(
      {{"Hired", std::make_shared<Accepting>()}, {"Fired", std::make_shared<Refusing>("no reason")}});
  EXPECT_EQ(judge(policy, "Hired"), Verdict(Allowed{}));
  EXPECT_EQ(judge(policy, "Fired"), Verdict(Invalid{"no reason"}));
}

TEST(EventPolicyTest, AReasonIsOneLine) {
  const EventPolicy policy({{"Fired", std::make_shared<Refusing>("a name\nof the event's")}});
  EXPECT_EQ(judge(policy, "Fired"), Verdict(Invalid{"a name of the event's"}));
}

TEST(EventPolicyTest, ExactNamesWinOverGlobsAndLongerGlobsOverShorter) {
  const EventPolicy policy = policy_of({"*", "Order*", "OrderPla*", "OrderPlaced", "?rder*"});
  EXPECT_EQ(judge(policy, "OrderPlaced"), taken_by("OrderPlaced"));
  EXPECT_EQ(judge(policy, "OrderPlaced2"), taken_by("OrderPla*"));
  EXPECT_EQ(judge(policy, "OrderSent"), taken_by("Order*"));
  EXPECT_EQ(judge(policy, "BorderSent"), taken_by("*"));
}

TEST(EventPolicyTest, OfEquallyGoodPatternsTheEarlierWins) {
  EXPECT_EQ(judge(policy_of({"?rder", "Orde?"}), "Order"), taken_by("?rder"));
  EXPECT_EQ(judge(policy_of({"Orde?", "?rder"}), "Order"), taken_by("Orde?"));
  const EventPolicy twice({{"A", std::make_shared<Refusing>("first")}, {"A", std::make_shared<Refusing>("second")}});
  EXPECT_EQ(judge(twice, "A"), Verdict(Invalid{"first"}));
}

TEST(EventPolicyTest, SystemTypesNeedASystemPattern) {
  EXPECT_EQ(judge(policy_of({"*", "?metadata"}), "$metadata"), Verdict(NotAllowed{}));
  EXPECT_EQ(judge(policy_of({"*", "$*"}), "$metadata"), taken_by("$*"));
  EXPECT_EQ(judge(policy_of({"$metadata"}), "$metadata"), taken_by("$metadata"));
  EXPECT_EQ(judge(policy_of({"$*"}), "Hired"), Verdict(NotAllowed{}));
}

TEST(EventPolicyTest, NeverCopiesTheDeletionOfAStream) {
  EXPECT_EQ(judge(policy_of({"$streamDeleted", "$*", "*"}), "$streamDeleted"), Verdict(NotAllowed{}));
}

TEST(EventPolicyTest, Globs) {
  const auto matches = [](const char* glob, std::string_view type) {
    return judge(policy_of({glob}), type) != Verdict(NotAllowed{});
  };
  EXPECT_TRUE(matches("*", ""));
  EXPECT_TRUE(matches("a*b*c", "a-b-b-c"));
  EXPECT_TRUE(matches("a**c", "abc"));
  EXPECT_TRUE(matches("*.v?", "Order.v2"));
  EXPECT_FALSE(matches("*.v?", "Order.v10"));
  EXPECT_FALSE(matches("a*b*c", "a-b-b-c-d"));
  EXPECT_FALSE(matches("a?", "a"));
  EXPECT_TRUE(matches("?t\xc3\xa9*", "\xc3\xa9t\xc3\xa9"));  // a character, not a byte
  EXPECT_FALSE(matches("?", "\xc3\xa9x"));
}

TEST(EventPolicyTest, HostileGlobsTakeNoExponentialTime) {
  std::string glob;
  for (int i = 0; i < 50; ++i) glob += "a*";
  EXPECT_EQ(judge(policy_of({glob + "b"}), std::string(5'000, 'a')), Verdict(NotAllowed{}));
}

}  // namespace
}  // namespace interconnect
