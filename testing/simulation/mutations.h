#pragma once

#include "testing/simulation/process.h"

namespace interconnect::simulation {

// Each breaks one rule of the copy, between the copier and its ports: the simulator must notice.

Hooks acknowledge_at_delivery();
Hooks answer_without_writing();  // now and then, an append is confirmed and dropped
Hooks expect_any_revision();     // every append is sent with whatever the current revision is
Hooks forget_the_look_up();      // every read of the destination finds no stream
Hooks reverse_retries();         // an append that is sent again has its events in another order
Hooks claim_an_order();          // the sink says that it keeps the order of appends, and does not
Hooks never_acknowledge();
Hooks never_exit();
Hooks tamper_with_data();

}  // namespace interconnect::simulation
