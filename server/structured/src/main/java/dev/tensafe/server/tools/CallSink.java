package dev.tensafe.server.tools;

import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Where calls go that are found in one answer: numbers them, and knows the tools there are. */
final class CallSink {
  private final Map<String, Tool> tools;
  private final Supplier<String> ids;
  private final EventList out;
  private int count;
  private boolean open;

  CallSink(Map<String, Tool> tools, Supplier<String> ids, EventList out) {
    this.tools = tools;
    this.ids = ids;
    this.out = out;
  }

  /** The tool of this name; null where the request has none. */
  @Nullable Tool tool(String name) {
    return tools.get(name);
  }

  void begin(String name) {
    out.begin(count++, ids.get(), name);
    open = true;
  }

  void arguments(char c) {
    out.arguments(c);
  }

  void arguments(CharSequence more) {
    out.arguments(more);
  }

  /** Ends the open call; nothing where none is open. */
  void end() {
    if (open) {
      out.end();
      open = false;
    }
  }

  boolean isOpen() {
    return open;
  }

  /** Calls that began. */
  int count() {
    return count;
  }
}
