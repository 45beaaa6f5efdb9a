#include "ckks/random/stream.hpp"

#include <cerrno>
#include <sys/random.h>

#include "ckks/errors.hpp"

namespace tensafe::ckks {

void system_random(void* out, std::size_t bytes) {
  auto* at = static_cast<std::uint8_t*>(out);
  while (bytes > 0) {
    const ssize_t got = getrandom(at, bytes, 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      throw CkksError(ErrorCode::kUnsupportedPlatform, "the operating system gave no random numbers");
    }
    at += got;
    bytes -= static_cast<std::size_t>(got);
  }
}

AesKey RandomSource::system_key() {
  std::uint8_t bytes[32];
  system_random(bytes, sizeof bytes);
  AesKey key(bytes);
  base::secure_wipe(bytes, sizeof bytes);
  return key;
}

RandomSource::RandomSource() : key_(system_key()) {}

}  // namespace tensafe::ckks
