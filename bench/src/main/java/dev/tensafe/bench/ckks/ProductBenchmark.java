package dev.tensafe.bench.ckks;

import dev.tensafe.nativelib.ckks.CkksContext;
import dev.tensafe.nativelib.ckks.CkksParameters;
import dev.tensafe.nativelib.ckks.InputShape;
import dev.tensafe.nativelib.ckks.Packing;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** JMH: one whole product A'x through the binding, both parties on one thread. */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class ProductBenchmark {
  /** A session; {@code shape} is "m,d,rows,T,S". */
  @State(Scope.Thread)
  public static class Session {
    @Param({"1,512,16,1,8"})
    public String shape = "";

    private @Nullable CkksContext context;
    private @Nullable EncryptedSession session;

    @Setup(Level.Trial)
    public void open() {
      String[] sizes = shape.split(",", -1);
      CkksContext opened = CkksContext.open(CkksParameters.FAST);
      Packing packing = new Packing(Integer.parseInt(sizes[3]), Integer.parseInt(sizes[4]));
      context = opened;
      session =
          new EncryptedSession(
              opened,
              new InputShape(Integer.parseInt(sizes[0]), Integer.parseInt(sizes[1]), packing),
              Integer.parseInt(sizes[2]));
    }

    @TearDown(Level.Trial)
    public void close() {
      opened().close();
      if (context != null) {
        context.close();
      }
    }

    EncryptedSession opened() {
      if (session == null) {
        throw new IllegalStateException("not set up");
      }
      return session;
    }
  }

  /** A session whose pool is full before every call. */
  @State(Scope.Thread)
  public static class FilledSession extends Session {
    @Setup(Level.Invocation)
    public void fill() {
      opened().refill();
    }
  }

  /** The refill is not timed. */
  @Benchmark
  public double fromPool(FilledSession state) {
    return state.opened().product();
  }

  /** The refill is timed. */
  @Benchmark
  public double allIn(Session state) {
    EncryptedSession session = state.opened();
    session.refill();
    return session.product();
  }
}
