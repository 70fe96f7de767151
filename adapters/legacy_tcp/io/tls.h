#pragma once

#include <boost/asio/ssl/context.hpp>
#include <boost/system/error_code.hpp>
#include <memory>
#include <string>

#include "ports/store_settings.h"

namespace interconnect::legacy {

// Null, with the reason in `error`, if a file of the settings cannot be used.
std::shared_ptr<boost::asio::ssl::context> make_tls_context(const TlsSettings& settings, std::string& error);

// Makes a client's handshake name the host to the server and, unless the settings say otherwise, check that the
// certificate is the host's.
void expect_host(SSL* tls, const std::string& host, const TlsSettings& settings);

// How the text begins where the server's certificate is refused.
inline constexpr char kCertificateRefused[] = "the server's certificate is refused: ";

// The names that a certificate is for, in quotes; "nobody" if it has none.
std::string names_of(X509* certificate);

// The error's text; where the server refused the client's certificate, or misses one, with what to do. A server of TLS
// 1.3 says so after the handshake only.
std::string tls_error_text(const boost::system::error_code& error);

// What a failed handshake was about, and what to mend; names the certificate's fault if that is why. `names`: those of
// the certificate that was refused.
std::string handshake_error(SSL* tls, const std::string& host, const std::string& names,
                            const boost::system::error_code& error);

}  // namespace interconnect::legacy
