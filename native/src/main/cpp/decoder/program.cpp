#include "decoder/program.hpp"

namespace tensafe::decoder {

const char* name_of(Operation::Kind kind) {
  constexpr const char* kNames[kOperationKinds] = {"embed",   "norm",  "shrink",   "linear", "heads", "attend",
                                                   "prepare", "add",   "activate", "last",   "head"};
  return kNames[static_cast<int>(kind)];
}

std::vector<Operation> program_of(const Shape& shape) {
  using Kind = Operation::Kind;
  std::vector<Operation> program{{Kind::kEmbed}};
  for (std::size_t layer = 0; layer < shape.layers; ++layer) {
    const auto add = [&](Kind kind, Group group) { program.push_back({kind, layer, group}); };
    const auto linear = [&](Group group) {
      add(Kind::kShrink, group);
      add(Kind::kLinear, group);
    };
    add(Kind::kNorm, Group::kQkv);
    linear(Group::kQkv);
    add(Kind::kHeads, Group::kQkv);
    add(Kind::kAttend, Group::kO);
    add(Kind::kPrepare, Group::kO);
    linear(Group::kO);
    add(Kind::kAdd, Group::kO);
    add(Kind::kNorm, Group::kGateUp);
    linear(Group::kGateUp);
    add(Kind::kActivate, Group::kGateUp);
    add(Kind::kPrepare, Group::kDown);
    linear(Group::kDown);
    add(Kind::kAdd, Group::kDown);
  }
  program.push_back({Kind::kLast});
  program.push_back({Kind::kHead});
  return program;
}

}  // namespace tensafe::decoder
