#include "domain/event.h"

#include <string>
#include <utility>

#include "gtest/gtest.h"

namespace interconnect {
namespace {

constexpr std::string_view kIdText = "01234567-89ab-cdef-0123-456789abcdef";

TEST(EventIdTest, TextFormKeepsTheOrderOfTheBytes) {
  const EventId id = {{0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef}};
  EXPECT_EQ(to_string(id), kIdText);
  EXPECT_EQ(parse_event_id(kIdText), id);
}

TEST(EventIdTest, TakesUpperCase) {
  EXPECT_EQ(parse_event_id("01234567-89AB-CDEF-0123-456789ABCDEF"), parse_event_id(kIdText));
}

TEST(EventIdTest, TakesNoOtherForm) {
  for (const std::string_view text : {
           "",
           "0123456789abcdef0123456789abcdef",
           "{01234567-89ab-cdef-0123-456789abcdef}",
           "01234567-89ab-cdef-0123-456789abcde",
           "01234567-89ab-cdef-0123-456789abcdeg",
           "0123456-789ab-cdef-0123-456789abcdef",
           "01234567-89ab-cdef-0123-456789abcdef0",
       }) {
    EXPECT_EQ(parse_event_id(text), std::nullopt) << text;
  }
}

EventView sample() {
  return {.stream = "hero-1",
          .revision = 7,
          .id = *parse_event_id(kIdText),
          .type = "Hired",
          .content = ContentKind::kJson,
          .data = std::string_view("{\0}", 3),
          .metadata = "meta"};
}

TEST(EventTest, OwnsWhatTheViewOnlyShowed) {
  std::string data = "data";
  EventView view = sample();
  view.data = data;
  const Event event(view);
  data = "gone";
  EXPECT_EQ(event.data(), "data");
  EXPECT_EQ(event.stream(), "hero-1");
  EXPECT_EQ(event.type(), "Hired");
  EXPECT_EQ(event.metadata(), "meta");
  EXPECT_EQ(event.revision(), 7);
  EXPECT_EQ(event.id(), view.id);
  EXPECT_EQ(event.content(), ContentKind::kJson);
  EXPECT_EQ(event.payload_bytes(), 8u);
}

TEST(EventTest, ViewsOutliveAMove) {
  Event event(sample());
  const EventView view = event.view();
  const Event moved = std::move(event);
  EXPECT_EQ(view.data.data(), moved.data().data());
  EXPECT_EQ(moved.data(), sample().data);
}

TEST(EventTest, KeepsEmptyParts) {
  const Event event(EventView{});
  EXPECT_EQ(event.stream(), "");
  EXPECT_EQ(event.data(), "");
  EXPECT_EQ(event.metadata(), "");
}

}  // namespace
}  // namespace interconnect
