#pragma once

#include <string>

#include <rqpp/queue.h>
#include <rqpp/task.h>

inline constexpr rqpp::Task<void(std::string, std::string)> send_mail{"signup.send_mail"};

/// Welcomes a new user by mail, in the background.
void sign_up(const std::string& address, rqpp::Queue& queue);
