#include "adapters/grpc/session/deletion_proof.h"

#include <gtest/gtest.h>

namespace interconnect::next {
namespace {

CallStatus http_500() {
  CallStatus status;
  status.code = kUnknown;
  status.message = "Received http2 header with status: 500";
  return status;
}

StreamPage no_stream() {
  StreamPage page;
  page.stream_exists = false;
  page.end_of_stream = true;
  return page;
}

const StoreError kError{ErrorKind::kUnavailable, "500"};

TEST(DeletionProofTest, IsWantedForAnHttp500OfANameThatNoHeaderTakes) {
  EXPECT_TRUE(DeletionProof::is_wanted(http_500(), "cat-\xc3\xb6"));
  EXPECT_TRUE(DeletionProof::is_wanted(http_500(), "cat-\n"));
  EXPECT_FALSE(DeletionProof::is_wanted(http_500(), "cat-1 ~"));
  CallStatus status = http_500();
  status.message = "Received http2 header with status: 502";
  EXPECT_FALSE(DeletionProof::is_wanted(status, "cat-\xc3\xb6"));
  status.message = "Exception was thrown by handler.";
  EXPECT_FALSE(DeletionProof::is_wanted(status, "cat-\xc3\xb6"));
}

TEST(DeletionProofTest, AsksAboutBothAndBelievesWhatAlwaysFailsForTheOneAlone) {
  DeletionProof proof("s", "o");
  std::string asked = "s";
  while (const auto read = proof.next()) {
    EXPECT_FALSE(proof.is_proven());
    asked += read->stream;
    EXPECT_EQ(read->count, 1);
    EXPECT_EQ(read->from, kStreamEnd);
    if (read->stream == "s") {
      proof.on_answer(http_500(), kError);
    } else {
      proof.on_answer(CallStatus{}, no_stream());
    }
  }
  EXPECT_TRUE(proof.is_proven());
  EXPECT_EQ(asked, DeletionProof::order());
}

// Whatever one answer differs: of the stream, or of the other.
TEST(DeletionProofTest, OneAnswerOfAnotherKindRefutesIt) {
  CallStatus denied;
  denied.code = kPermissionDenied;
  StreamPage exists;
  for (std::size_t differs = 1; differs < DeletionProof::order().size(); ++differs) {
    for (int kind = 0; kind < 4; ++kind) {
      DeletionProof proof("s", "o");
      std::size_t number = 0;
      while (const auto read = proof.next()) {
        const bool is_stream = read->stream == "s";
        if (++number != differs) {
          is_stream ? proof.on_answer(http_500(), kError) : proof.on_answer(CallStatus{}, no_stream());
        } else if (kind == 0) {
          is_stream ? proof.on_answer(CallStatus{}, no_stream()) : proof.on_answer(http_500(), kError);
        } else if (kind == 1) {
          proof.on_answer(denied, StoreError{ErrorKind::kAccessDenied, ""});
        } else if (kind == 2) {
          proof.on_answer(CallStatus{}, exists);
        } else {
          proof.on_answer(CallStatus{}, StoreError{ErrorKind::kUnsupported, "malformed"});
        }
      }
      EXPECT_FALSE(proof.is_proven());
      EXPECT_EQ(number, differs);
    }
  }
}

// Of several nodes behind one address, each of which is asked in its turn, some may always fail.
TEST(DeletionProofTest, TheOrderFitsNoServerThatFailsEverySoManyTimes) {
  const std::string_view order = DeletionProof::order();
  for (std::size_t period = 1; period <= 8; ++period) {
    bool fits = true;
    for (std::size_t i = period; i < order.size(); ++i) fits = fits && order[i] == order[i - period];
    EXPECT_FALSE(fits) << period;
  }
}

}  // namespace
}  // namespace interconnect::next
