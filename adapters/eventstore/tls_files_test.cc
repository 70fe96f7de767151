#include "adapters/eventstore/tls_files.h"

#include <gtest/gtest.h>

#include "adapters/eventstore/test_pem.h"

namespace interconnect {
namespace {

TEST(TlsFilesTest, WhatIsRightHasNoFault) {
  EXPECT_EQ(fault_of_ca(kTestCertificate), std::nullopt);
  EXPECT_EQ(fault_of_certificate(kTestCertificate), std::nullopt);
  EXPECT_EQ(fault_of_key(kTestKey, kTestCertificate), std::nullopt);
}

TEST(TlsFilesTest, AFileWithoutACertificateHasOne) {
  for (const std::string pem :
       {"", "nothing\n", kTestKey, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}) {
    EXPECT_NE(fault_of_ca(pem).value_or("").find("no certificate"), std::string::npos) << pem;
    EXPECT_NE(fault_of_certificate(pem).value_or("").find("no certificate"), std::string::npos) << pem;
  }
}

TEST(TlsFilesTest, TheKeyMustBeTheCertificates) {
  EXPECT_NE(fault_of_key(kOtherTestKey, kTestCertificate).value_or("").find("another key"), std::string::npos);
  EXPECT_NE(fault_of_key(kTestCertificate, kTestCertificate).value_or("").find("no private key"), std::string::npos);
  EXPECT_NE(fault_of_key(kTestKeyWithPassword, kTestCertificate).value_or("").find("password"), std::string::npos);
}

}  // namespace
}  // namespace interconnect
