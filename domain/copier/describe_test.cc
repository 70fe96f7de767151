#include "domain/copier/describe.h"

#include <gtest/gtest.h>

namespace interconnect {
namespace {

TEST(DescribeTest, ANameIsOneLineWhateverTheProducerChose) {
  EventView event;
  event.revision = 3;
  event.type = "T\nE0101 forged";
  event.stream = "s\r\n";
  EXPECT_EQ(name(event),
            "event 00000000-0000-0000-0000-000000000000 (type 'T E0101 forged', revision 3 of stream 's')");
}

}  // namespace
}  // namespace interconnect
