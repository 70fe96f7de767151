#include "enricher.h"

#include <memory>
#include <sstream>

#include "data_size_validator.h"
#include "gtest/gtest.h"

namespace enrich_events {
namespace {

const interconnect::EventPolicy& policy() {
  static const interconnect::EventPolicy policy(
      {{.pattern = "Order*", .validator = std::make_shared<DataSizeValidator>(20)}});
  return policy;
}

std::string line(const std::string& type, const std::string& more) {
  return R"({"stream":"order-1","id":"5f9c1e0a-7d9e-4c1b-8a55-0123456789ab","type":")" + type + "\"" + more + "}";
}

TEST(EnricherTest, AddsWhatTheCopyAddsAndKeepsEveryOtherByte) {
  const auto result =
      enrich(line("OrderPlaced", R"(, "data": {"total" : 1.50}, "metadata":{ "user":"ann"})"), policy());
  ASSERT_TRUE(std::holds_alternative<std::string>(result)) << std::get<Refusal>(result).reason;
  EXPECT_EQ(std::get<std::string>(result),
            R"({"stream":"order-1","id":"5f9c1e0a-7d9e-4c1b-8a55-0123456789ab","type":"OrderPlaced",)"
            R"("data":{"total" : 1.50},"metadata":{ "user":"ann","eventStreamId":"order-1",)"
            R"("eventId":"5f9c1e0a-7d9e-4c1b-8a55-0123456789ab","eventType":"OrderPlaced"}})");
}

TEST(EnricherTest, CountsLinesAndNamesTheRefused) {
  std::istringstream in(line("OrderPlaced", R"(,"data":{})") + "\n\n" + line("Other", "") + "\nno JSON\n" +
                        line("OrderPlaced", "") + "\n" + line("OrderPlaced", R"(,"data":"12345678901234567890")") +
                        "\n" + R"({"stream":"order-1","id":"1","type":"OrderPlaced"})" + "\n{\"id\":1}\n");
  std::ostringstream out;
  std::ostringstream refused;
  const Counts counts = enrich_all(in, out, refused, policy());
  EXPECT_EQ(counts.enriched, 1u);
  EXPECT_EQ(counts.refused, 6u);
  EXPECT_EQ(refused.str(),
            "line 3: events of type Other are not allowed\n"
            "line 4: it is no JSON object\n"
            "line 5: it has no data\n"
            "line 6: its data are longer than 20 bytes\n"
            "line 7: its id is no UUID\n"
            "line 8: it needs stream, id and type, all strings\n");
}

}  // namespace
}  // namespace enrich_events
