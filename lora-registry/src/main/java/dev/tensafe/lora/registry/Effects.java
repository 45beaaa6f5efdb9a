package dev.tensafe.lora.registry;

import java.util.ArrayList;
import java.util.List;

/** Actions decided under a lock and carried out after its release. */
final class Effects {
  private final List<Runnable> actions = new ArrayList<>();

  void add(Runnable action) {
    actions.add(action);
  }

  void run() {
    actions.forEach(Runnable::run);
  }
}
