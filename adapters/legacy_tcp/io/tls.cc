#include "adapters/legacy_tcp/io/tls.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <string_view>

#include "domain/excerpt.h"

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

std::string names_of(X509* certificate) {
  std::string names;
  const auto add = [&names](std::string_view name) { names += (names.empty() ? "'" : ", '") + excerpt(name) + "'"; };
  auto* const all =
      certificate == nullptr
          ? nullptr
          : static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(all); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(all, i);
    if (name->type == GEN_DNS) {
      add({reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
           static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName))});
    } else if (name->type == GEN_IPADD) {
      const unsigned char* const bytes = ASN1_STRING_get0_data(name->d.iPAddress);
      boost::asio::ip::address_v6::bytes_type six{};
      boost::asio::ip::address_v4::bytes_type four{};
      const int size = ASN1_STRING_length(name->d.iPAddress);
      if (size == static_cast<int>(four.size())) {
        std::copy_n(bytes, four.size(), four.begin());
        add(boost::asio::ip::make_address_v4(four).to_string());
      } else if (size == static_cast<int>(six.size())) {
        std::copy_n(bytes, six.size(), six.begin());
        add(boost::asio::ip::make_address_v6(six).to_string());
      }
    }
  }
  GENERAL_NAMES_free(all);
  return names.empty() ? "nobody" : names;
}

std::string tls_error_text(const boost::system::error_code& error) {
  std::string text = error.message();
  for (const char* alert :
       {"alert certificate required", "alert bad certificate", "alert unknown ca", "alert handshake failure"}) {
    if (text.find(alert) == std::string::npos) continue;
    text +=
        ": the server wants a certificate of the client, or another one than it is given: tls.certificateFile and "
        "tls.keyFile name it";
    break;
  }
  return text;
}

std::string handshake_error(SSL* tls, const std::string& host, const std::string& names,
                            const boost::system::error_code& error) {
  const long verdict = SSL_get_verify_result(tls);
  if (verdict == X509_V_OK) {
    const bool is_plain = error.message().find("wrong version number") != std::string::npos;
    return "the TLS handshake failed: " + tls_error_text(error) +
           (is_plain ? ": there is no TLS at this port: a server without it is given by http:// and tls.enabled: false"
                     : "");
  }
  const std::string refused = std::string(kCertificateRefused) + X509_verify_cert_error_string(verdict);
  if (verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH) {
    return refused + ": it is for " + names + ", not for '" + host +
           "': connect by a name that is in it (tls.verifyCertificate: false trusts every server)";
  }
  if (verdict == X509_V_ERR_CERT_HAS_EXPIRED) {
    return refused + ": renew the server's certificate (tls.verifyCertificate: false trusts every server)";
  }
  return refused +
         ": let tls.caFile name the certificate of the authority that signed it (tls.verifyCertificate: false trusts "
         "every server)";
}

}  // namespace interconnect::legacy
