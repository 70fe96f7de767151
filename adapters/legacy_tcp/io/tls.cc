#include "adapters/legacy_tcp/io/tls.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <boost/asio/ip/address.hpp>

namespace interconnect::legacy {

namespace ssl = boost::asio::ssl;

std::shared_ptr<ssl::context> make_tls_context(const TlsSettings& settings, std::string& error) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
  boost::system::error_code failure;
  const auto failed = [&](const std::string& what) {
    if (failure) error = what + ": " + failure.message();
    return static_cast<bool>(failure);
  };
  context->set_options(ssl::context::default_workarounds | ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1, failure);
  if (settings.ca_file.empty()) {
    context->set_default_verify_paths(failure);
    if (failed("cannot use the system's certificate authorities")) return nullptr;
  } else {
    context->load_verify_file(settings.ca_file, failure);
    if (failed("cannot use the CA file '" + settings.ca_file + "'")) return nullptr;
  }
  if (!settings.certificate_file.empty()) {
    context->use_certificate_chain_file(settings.certificate_file, failure);
    if (failed("cannot use the certificate file '" + settings.certificate_file + "'")) return nullptr;
    context->use_private_key_file(settings.key_file, ssl::context::pem, failure);
    if (failed("cannot use the key file '" + settings.key_file + "'")) return nullptr;
  }
  return context;
}

void expect_host(SSL* tls, const std::string& host, const TlsSettings& settings) {
  boost::system::error_code no_address;
  boost::asio::ip::make_address(host, no_address);
  if (no_address) SSL_set_tlsext_host_name(tls, host.c_str());
  if (!settings.verify_certificate) {
    SSL_set_verify(tls, SSL_VERIFY_NONE, nullptr);
    return;
  }
  SSL_set_verify(tls, SSL_VERIFY_PEER, nullptr);
  if (no_address) {
    SSL_set1_host(tls, host.c_str());
  } else {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), host.c_str());
  }
}

std::string handshake_error(SSL* tls, const boost::system::error_code& error) {
  const long verdict = SSL_get_verify_result(tls);
  if (verdict == X509_V_OK) return "the TLS handshake failed: " + error.message();
  return std::string("the server's certificate is refused: ") + X509_verify_cert_error_string(verdict);
}

}  // namespace interconnect::legacy
