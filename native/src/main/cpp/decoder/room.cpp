#include "decoder/room.hpp"

#include <new>
#include <string>

#include "decoder/errors.hpp"

namespace tensafe::decoder {

base::HugeMemory room_for(const char* what, std::size_t bytes) {
  try {
    return base::HugeMemory(bytes);
  } catch (const std::bad_alloc&) {
    throw DecoderError(ErrorCode::kNoMemory, "the system has no room for " + std::string(what) + " of " +
                                                 std::to_string(bytes >> 20) + " MiB");
  }
}

}  // namespace tensafe::decoder
