package dev.tensafe.runtime;

import java.lang.reflect.Proxy;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * SIGINT and SIGTERM. The JDK's signal class is reached by reflection: the compiler refuses its
 * name, and no other way lets a process go on, or exit with 0, after a signal.
 */
public final class Interrupts {
  private static final Logger LOG = LoggerFactory.getLogger(Interrupts.class);

  /** What a shell says of a program that SIGINT ended. */
  private static final int ENDED = 130;

  private Interrupts() {}

  /**
   * Takes SIGINT over.
   *
   * @param first asked on a thread of the JVM; false ends the process
   */
  public static void handle(BooleanSupplier first) {
    take(
        signal -> {
          if (!first.getAsBoolean()) {
            Runtime.getRuntime().halt(ENDED);
          }
        },
        "INT");
  }

  /** Takes signals over, by their names without SIG. */
  static void take(Consumer<String> handler, String... names) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
      Object proxy =
          Proxy.newProxyInstance(
              Interrupts.class.getClassLoader(),
              new Class<?>[] {handlerType},
              (self, method, arguments) -> {
                if (method.getName().equals("handle")) {
                  handler.accept(String.valueOf(arguments[0]));
                }
                return null;
              });
      for (String name : names) {
        signal
            .getMethod("handle", signal, handlerType)
            .invoke(null, signal.getConstructor(String.class).newInstance(name), proxy);
      }
    } catch (ReflectiveOperationException e) {
      LOG.warn(
          "signals are not handled on this platform: {} end at once", String.join(", ", names));
    }
  }
}
