#pragma once

#include <filesystem>
#include <string>

namespace rqpp::test {

/// A folder of certificates for one test program, made with the openssl program: an authority, a
/// server certificate for `localhost` and 127.0.0.1, one for another host, one client certificate,
/// and an authority that signed none of them.
class Certificates {
 public:
  /// Throws Error when openssl fails.
  Certificates();
  ~Certificates();
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  std::filesystem::path ca() const { return folder_ / "ca.pem"; }
  std::filesystem::path other_ca() const { return folder_ / "other-ca.pem"; }
  std::filesystem::path certificate(const std::string& name) const {
    return folder_ / (name + ".pem");
  }
  std::filesystem::path key(const std::string& name) const { return folder_ / (name + ".key"); }

 private:
  void make_authority(const std::string& name);
  void make_certificate(const std::string& name, const std::string& alternatives);
  void run(const std::string& arguments);

  std::filesystem::path folder_;
};

}  // namespace rqpp::test
