#include "support/certificates.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "rqpp/error.h"

namespace rqpp::test {

Certificates::Certificates() {
  std::string name = "/tmp/rqpp-certificates-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) throw Error("cannot make a folder for certificates");
  folder_ = name;
  make_authority("ca");
  make_authority("other-ca");
  make_certificate("server", "DNS:localhost,IP:127.0.0.1");
  make_certificate("stranger", "DNS:somewhere.example");
  make_certificate("client", "DNS:client");
}

Certificates::~Certificates() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void Certificates::make_authority(const std::string& name) {
  run("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj '/CN=" +
      name + "' -keyout " + name + ".key -out " + name + ".pem");
}

void Certificates::make_certificate(const std::string& name, const std::string& alternatives) {
  std::ofstream(folder_ / (name + ".ext")) << "subjectAltName=" << alternatives << '\n';
  run("req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj '/CN=" + name +
      "' -keyout " + name + ".key -out " + name + ".csr");
  run("x509 -req -days 2 -in " + name + ".csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile " +
      name + ".ext -out " + name + ".pem");
}

void Certificates::run(const std::string& arguments) {
  const std::string command =
      "cd '" + folder_.string() + "' && openssl " + arguments + " >openssl.log 2>&1";
  if (std::system(command.c_str()) != 0) throw Error("openssl failed: " + command);
}

}  // namespace rqpp::test
