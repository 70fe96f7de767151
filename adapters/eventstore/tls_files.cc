#include "adapters/eventstore/tls_files.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>

namespace interconnect {
namespace {

template <auto free>
struct Free {
  template <typename T>
  void operator()(T* object) const {
    free(object);
  }
};
using Bio = std::unique_ptr<BIO, Free<BIO_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;

// Never the terminal's: a key with a password cannot be used.
int no_password(char*, int, int, void*) { return -1; }

Bio open(std::string_view pem) { return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))); }

Certificate read_certificate(std::string_view pem) {
  const Bio bio = open(pem);
  Certificate certificate(PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr));
  ERR_clear_error();
  return certificate;
}

constexpr char kNoCertificate[] = "holds no certificate: PEM is expected, -----BEGIN CERTIFICATE-----";

}  // namespace

std::optional<std::string> fault_of_certificate(std::string_view pem) {
  if (read_certificate(pem)) return std::nullopt;
  return kNoCertificate;
}

std::optional<std::string> fault_of_ca(std::string_view pem) { return fault_of_certificate(pem); }

std::optional<std::string> fault_of_key(std::string_view pem, std::string_view certificate) {
  const Bio bio = open(pem);
  const Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  ERR_clear_error();
  if (!key) return "holds no private key, or one with a password: PEM without a password is expected";
  const Certificate its = read_certificate(certificate);
  if (!its) return std::nullopt;
  const bool is_its_key = X509_check_private_key(its.get(), key.get()) == 1;
  ERR_clear_error();
  if (is_its_key) return std::nullopt;
  return "holds another key than that of the certificate";
}

}  // namespace interconnect
