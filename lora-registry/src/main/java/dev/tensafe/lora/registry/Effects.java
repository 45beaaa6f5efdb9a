package dev.tensafe.lora.registry;

import java.util.ArrayList;
import java.util.List;

/** What was decided under a lock, to be done once it is free. */
final class Effects {
  private final List<Runnable> actions = new ArrayList<>();

  void add(Runnable action) {
    actions.add(action);
  }

  void run() {
    actions.forEach(Runnable::run);
  }
}
