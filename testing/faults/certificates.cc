#include "testing/faults/certificates.h"

#include <fstream>
#include <stdexcept>
#include <utility>
#include <vector>

#include "testing/process/child_process.h"

namespace interconnect::testing {
namespace {

void openssl(std::vector<std::string> arguments) {
  ChildProcess process({"/usr/bin/openssl", std::move(arguments), {}});
  if (process.wait(ChildProcess::Limit{30'000}) != ExitStatus{0, 0}) {
    throw std::runtime_error("openssl: " + process.output());
  }
}

}  // namespace

void make_certificates(const std::string& folder) {
  const auto file = [&folder](const std::string& name) { return folder + "/" + name; };
  openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
           "/CN=authority", "-keyout", file("ca.key"), "-out", file("ca.pem")});
  const auto sign = [&](const std::string& name, const std::string& host, const std::string& days) {
    openssl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + name, "-keyout",
             file(name + ".key"), "-out", file(name + ".csr")});
    std::ofstream(file(name + ".ext")) << "subjectAltName=" << host << "\n";
    openssl({"x509", "-req", "-in", file(name + ".csr"), "-CA", file("ca.pem"), "-CAkey", file("ca.key"),
             "-CAcreateserial", "-days", days, "-extfile", file(name + ".ext"), "-out", file(name + ".pem")});
  };
  sign("right", "IP:127.0.0.1", "2");
  sign("expired", "IP:127.0.0.1", "-1");
  sign("elsewhere", "DNS:elsewhere.test", "2");
  sign("client", "DNS:client.test", "2");
}

}  // namespace interconnect::testing
