#include "signup.h"

#include <iostream>
#include <stdexcept>

#include <rqpp/module.h>

void sign_up(const std::string& address, rqpp::Queue& queue) {
  queue.enqueue(send_mail(address, "Welcome!"));
}

static void send(const std::string& to, const std::string& text) {
  if (to.find('@') == std::string::npos) throw std::invalid_argument("no address: " + to);
  std::cout << to << ": " << text << '\n';
}

RQPP_MODULE(signup) { tasks.add(send_mail, send, {"to", "text"}); }
