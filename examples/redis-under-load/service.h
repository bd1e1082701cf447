#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "plan.h"

namespace load {

/// One client of a service: it takes reports, one after the other. Belongs to one thread.
class Client {
 public:
  Client() = default;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  virtual ~Client() = default;

  /// Takes a report and returns how many of the devices that it names are known.
  virtual int take(const Report& report) = 0;
  /// What a dashboard shows: how many devices there are, and the last ten that measured something.
  struct View {
    std::int64_t devices = 0;
    std::string latest{};
  };
  virtual View look() = 0;
};

/// A service: what its clients share.
class Service {
 public:
  Service() = default;
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  virtual ~Service() = default;

  virtual std::unique_ptr<Client> make_client() = 0;
};

/// As it grew: it asks Redis for everything, each time.
std::unique_ptr<Service> make_careless(const std::string& url);
/// Cured: the ids are in memory, scripts are small, and it reads what it shows.
std::unique_ptr<Service> make_careful(const std::string& url);

}  // namespace load
