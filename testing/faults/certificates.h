#pragma once

#include <string>

namespace interconnect::testing {

// Makes, with the openssl tool, an authority ca.pem, and signed by it `right` for 127.0.0.1, `expired` for the same,
// `elsewhere` for another host, and `client`; each NAME.pem and NAME.key in the folder. Throws std::runtime_error.
void make_certificates(const std::string& folder);

}  // namespace interconnect::testing
