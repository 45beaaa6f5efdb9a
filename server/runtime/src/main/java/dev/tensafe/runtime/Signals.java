package dev.tensafe.runtime;

import java.lang.reflect.Proxy;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns SIGTERM and SIGINT into a request to stop; the second one aborts the process. The JDK's
 * signal class is reached by reflection: the compiler refuses its name, no other way lets a process
 * exit with 0 after SIGTERM.
 */
public final class Signals {
  private static final Logger LOG = LoggerFactory.getLogger(Signals.class);

  private final CountDownLatch first = new CountDownLatch(1);
  private final AtomicInteger count = new AtomicInteger();

  /** Takes both signals over. */
  public Signals() {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
      Object handler =
          Proxy.newProxyInstance(
              Signals.class.getClassLoader(),
              new Class<?>[] {handlerType},
              (proxy, method, arguments) -> {
                if (method.getName().equals("handle")) {
                  receive();
                }
                return null;
              });
      for (String name : new String[] {"TERM", "INT"}) {
        signal
            .getMethod("handle", signal, handlerType)
            .invoke(null, signal.getConstructor(String.class).newInstance(name), handler);
      }
    } catch (ReflectiveOperationException e) {
      LOG.warn("signals are not handled on this platform: SIGTERM stops without draining");
    }
  }

  private void receive() {
    if (count.incrementAndGet() == 1) {
      first.countDown();
    } else {
      Runtime.getRuntime().halt(1);
    }
  }

  /** Waits for the first signal. */
  public void await() {
    try {
      first.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether there was one. */
  public boolean received() {
    return count.get() > 0;
  }
}
