// The interconnect with a safety net and a validator of its own: configured, run and stopped as the stock one.
//
//   bazel run //custom_safety_net -- --config "$PWD/FILE"

#include <memory>

#include "app/interconnect.h"
#include "careful_safety_net.h"

int main(int argc, char** argv) {
  interconnect::examples::CarefulSafetyNet safety_net("PaymentReceived");
  interconnect::Extensions extensions;
  extensions.safety_net = &safety_net;
  // In the place of a schema for the type `Picture` of the configuration file.
  extensions.validators["Picture"] = std::make_shared<interconnect::examples::SizeValidator>(512 * 1024);
  return interconnect::run_interconnect(argc, argv, extensions);
}
