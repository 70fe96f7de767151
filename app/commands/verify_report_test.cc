#include "app/commands/verify_report.h"

#include <rapidjson/document.h>

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace interconnect {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

StreamDifference difference(const std::string& stream, std::uint64_t missing) {
  StreamDifference difference;
  difference.stream = stream;
  difference.expected = 12'345;
  difference.present = 12'345 - missing;
  difference[DifferenceKind::kMissing].add(17, missing);
  difference[DifferenceKind::kData].add(3);
  return difference;
}

TEST(VerifyReportTest, ATableForPeople) {
  WorstStreams worst;
  EXPECT_EQ(worst.text(), "");
  worst.add(difference("hero-1", 2));
  worst.add(difference("hero-22", 1'500));
  EXPECT_EQ(worst.text(),
            "  STREAM      EXPECTED      PRESENT  WHAT DIFFERS\n"
            "  hero-22       12,345       10,845  missing 1,500 (first 17), data 1 (first 3)\n"
            "  hero-1        12,345       12,343  missing 2 (first 17), data 1 (first 3)\n");
}

TEST(VerifyReportTest, OfManyStreamsTheWorst) {
  WorstStreams worst;
  for (int i = 1; i <= 25; ++i) worst.add(difference("hero-" + std::to_string(i), static_cast<std::uint64_t>(i)));
  EXPECT_THAT(worst.text(), AllOf(HasSubstr("hero-25 "), HasSubstr("hero-6 "), Not(HasSubstr("hero-5 ")),
                                  HasSubstr("and 5 more streams")));
}

TEST(VerifyReportTest, ALongNameIsCutBetweenCharacters) {
  WorstStreams worst;
  std::string name;
  for (int i = 0; i < 100; ++i) name += "ö";
  worst.add(difference(name, 1));
  EXPECT_THAT(worst.text(), HasSubstr("ö...  "));
}

TEST(VerifyReportTest, SaysHowItEnded) {
  Verifier::Summary summary;
  summary.counts.streams = 2;
  summary.counts.events = 1;
  summary.counts.parked = 3;
  VerifyEnd end;
  end.notes = {"a note"};
  const std::string equal = report_text(summary, end, {}, {});
  EXPECT_EQ(equal,
            "equal: 2 streams and 1 event compared\n"
            "note: a note\n"
            "aside: parked 3 (in the group's parked messages)\n");
  summary.differing = 1;
  summary.not_compared = 1;
  summary.skipped.push_back({"hero-3", Store::kDestination, {ErrorKind::kAccessDenied, "access denied"}});
  end.result = VerifyEnd::Result::kDifferent;
  end.problem = "it was interrupted";
  EXPECT_THAT(report_text(summary, end, {}, {"do this"}),
              AllOf(HasSubstr("different: 1 stream differs; 2 streams and 1 event compared; it was interrupted\n"),
                    HasSubstr("hero-3 (destination): access denied"), HasSubstr("next: do this\n")));
}

TEST(VerifyReportTest, NamesTheNextSteps) {
  Verifier::Summary summary;
  VerifyEnd end;
  EXPECT_TRUE(next_steps(summary, end, "a.yaml").empty());
  summary.kinds[static_cast<std::size_t>(DifferenceKind::kMissing)].add(0);
  EXPECT_THAT(next_steps(summary, end, "a.yaml").at(0), HasSubstr("interconnect status --config a.yaml"));
  summary.is_denied = true;
  EXPECT_THAT(next_steps(summary, end, "a.yaml").at(0), HasSubstr("interconnect check --config a.yaml"));
}

TEST(VerifyReportTest, JsonForPrograms) {
  Verifier::Summary summary;
  summary.differing = 2;
  summary.kinds[0].add(17, 4);
  VerifyEnd end;
  end.result = VerifyEnd::Result::kDifferent;
  end.problem = "a \"problem\"";
  const std::string text = json_begin() + json_stream(difference("hero-1", 2), true) +
                           json_stream(difference("hero-\n2", 2), false) + json_end(summary, end, {"do this"});
  rapidjson::Document json;
  json.Parse(text.c_str());
  ASSERT_FALSE(json.HasParseError()) << text;
  EXPECT_EQ(json["format"].GetInt(), 1);
  ASSERT_EQ(json["streams"].Size(), 2u);
  EXPECT_EQ(json["streams"][0]["differences"]["missing"]["first"].GetInt(), 17);
  EXPECT_STREQ(json["streams"][1]["stream"].GetString(), "hero-\n2");
  EXPECT_STREQ(json["summary"]["result"].GetString(), "different");
  EXPECT_EQ(json["summary"]["differences"]["missing"].GetInt(), 4);
  EXPECT_EQ(json["summary"]["asides"]["parked"].GetInt(), 0);
  EXPECT_STREQ(json["nextSteps"][0].GetString(), "do this");
  const std::string empty = json_begin() + json_end({}, {}, {});
  json.Parse(empty.c_str());
  ASSERT_FALSE(json.HasParseError()) << empty;
  EXPECT_EQ(json["streams"].Size(), 0u);
}

}  // namespace
}  // namespace interconnect
