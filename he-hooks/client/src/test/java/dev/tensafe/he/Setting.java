package dev.tensafe.he;

import dev.tensafe.formats.peft.BaseProjections;
import dev.tensafe.formats.peft.LoraModule;
import dev.tensafe.formats.peft.PeftDirectory;
import dev.tensafe.formats.peft.SyntheticAdapter;
import dev.tensafe.formats.safetensors.Checkpoint;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.he.client.EncryptedAdapters;
import dev.tensafe.he.client.EncryptedHook;
import dev.tensafe.he.client.HeListener;
import dev.tensafe.he.client.LinkConfig;
import dev.tensafe.he.client.PublicPart;
import dev.tensafe.he.client.Routes;
import dev.tensafe.he.host.AdapterHost;
import dev.tensafe.he.host.ClientPolicy;
import dev.tensafe.he.host.HostLimits;
import dev.tensafe.he.host.TokenMeter;
import dev.tensafe.he.host.WrappedHost;
import dev.tensafe.he.transport.Address;
import dev.tensafe.he.transport.FrameChannel;
import dev.tensafe.model.config.ModelConfigReader;
import dev.tensafe.model.exec.ForwardBatch;
import dev.tensafe.model.exec.RowMatrix;
import dev.tensafe.model.exec.SequenceInput;
import dev.tensafe.model.exec.StepRows;
import dev.tensafe.model.shape.ModelConfig;
import dev.tensafe.model.shape.Projection;
import dev.tensafe.model.shape.ProjectionGroup;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.tssp.file.PackageFile;
import dev.tensafe.tssp.keys.RecipientKey;
import dev.tensafe.tssp.keys.SigningKey;
import dev.tensafe.tssp.manifest.Mode;
import dev.tensafe.tssp.manifest.Policy;
import dev.tensafe.tssp.pack.AdapterPacker;
import dev.tensafe.tssp.pack.PackRequest;
import dev.tensafe.tssp.trust.Role;
import dev.tensafe.tssp.trust.SeenVersions;
import dev.tensafe.tssp.trust.TrustDirectory;
import dev.tensafe.tssp.trust.TrustStore;
import dev.tensafe.tssp.trust.TrustedKey;
import dev.tensafe.tssp.verify.PackageVerifier;
import dev.tensafe.tssp.verify.VerifiedPackage;
import dev.tensafe.tssp.verify.VerifyRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A base model, an adapter for it, and both parties on a real socket; steps of the forward pass are
 * played without a model: only what the hook reads and what it adds.
 */
public final class Setting implements AutoCloseable {
  public static final long HANDLE = 7;

  public final ModelConfig model;
  public final BaseProjections base;
  public final SigningKey owner = SigningKey.generate(new SecureRandom());
  public final RecipientKey modelHost = RecipientKey.generate(new SecureRandom());
  public final RecipientKey adapterHost = RecipientKey.generate(new SecureRandom());
  public final AdapterHost host;
  public final WrappedHost server;
  public final Address address;
  public final Recording listener = new Recording();
  public EncryptedAdapters client;
  public PublicPart adapter;
  public EncryptedHook hook;
  private final Options options;
  private final VerifiedPackage verified;
  private final PeftDirectory peft;
  private final Checkpoint checkpoint;
  private final PackageFile file;

  /** What the hook told. */
  public static final class Recording implements HeListener {
    public final List<Exchange> exchanges = new ArrayList<>();
    public final List<String> failures = new ArrayList<>();
    public final List<Double> deviations = new ArrayList<>();
    public final List<String> distrusted = new CopyOnWriteArrayList<>();
    private final Map<LaneEvent, Integer> lanes = new ConcurrentHashMap<>();

    public int lanes(LaneEvent event) {
      return lanes.getOrDefault(event, 0);
    }

    @Override
    public void exchanged(Exchange exchange) {
      exchanges.add(exchange);
    }

    @Override
    public void failed(String adapter, String code) {
      failures.add(code);
    }

    @Override
    public void checked(String adapter, double[] z, int count) {
      for (int i = 0; i < count; i++) {
        deviations.add(z[i]);
      }
    }

    @Override
    public void distrusted(String adapter, String reason) {
      distrusted.add(reason);
    }

    @Override
    public void lanes(String adapter, LaneEvent event, int count) {
      lanes.merge(event, count, Integer::sum);
    }
  }

  /** Changes an adapter host before anybody connects. */
  public interface Meddling {
    void with(AdapterHost host, VerifiedPackage verified);
  }

  /**
   * What may be otherwise.
   *
   * @param state of the model host, or null
   * @param connections wraps each connection at the adapter host's end
   * @param probes known answers in the package
   * @param connected whether there will be a session
   */
  public record Options(
      LinkConfig config,
      Meddling meddling,
      @Nullable Path state,
      UnaryOperator<FrameChannel> connections,
      ClientPolicy policy,
      int probes,
      boolean connected) {
    public static Options of(LinkConfig config) {
      return new Options(
          config, (host, verified) -> {}, null, c -> c, ClientPolicy.open(), 16, true);
    }

    public Options meddling(Meddling with) {
      return new Options(config, with, state, connections, policy, probes, connected);
    }

    public Options state(Path directory) {
      return new Options(config, meddling, directory, connections, policy, probes, connected);
    }

    public Options connections(UnaryOperator<FrameChannel> wrap) {
      return new Options(config, meddling, state, wrap, policy, probes, connected);
    }

    public Options policy(ClientPolicy of) {
      return new Options(config, meddling, state, connections, of, probes, connected);
    }

    public Options connected(boolean expected) {
      return new Options(config, meddling, state, connections, policy, probes, expected);
    }

    public Options probes(int count) {
      return new Options(config, meddling, state, connections, policy, count, connected);
    }
  }

  public Setting(Path in, LinkConfig config, Meddling meddling) throws IOException {
    this(in, Options.of(config).meddling(meddling));
  }

  public Setting(Path in, Options options) throws IOException {
    this.options = options;
    Path directory = in.resolve("base");
    SyntheticModel.write(
        directory, SyntheticModel.llama(128, 256, 2, 4, 2, 300, 512), DType.F32, 3);
    model = ModelConfigReader.read(directory);
    checkpoint = Checkpoint.open(directory);
    base = BaseProjections.of(checkpoint);
    SyntheticAdapter.write(
        in.resolve("peft"), base, List.of("q_proj", "v_proj", "down_proj"), 8, DType.F32, 11);
    peft = PeftDirectory.open(in.resolve("peft"), base);
    Path trust = in.resolve("trust");
    new TrustDirectory(trust)
        .add(
            new TrustedKey(
                "owner",
                owner.publicKey(),
                Set.of(Role.ISSUER),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                0));
    Path packed = in.resolve("adapter.tssp");
    new AdapterPacker(InstantSource.system(), new SecureRandom())
        .pack(
            new PackRequest(
                in.resolve("peft"),
                directory,
                PackRequest.Binding.WEIGHTS,
                "adapter",
                1,
                Mode.HE,
                List.of(modelHost.publicKey()),
                List.of(adapterHost.publicKey()),
                Optional.empty(),
                Policy.NONE,
                options.probes(),
                Optional.empty(),
                Map.of()),
            owner,
            packed);
    file = PackageFile.open(packed);
    verified =
        new PackageVerifier(TrustStore.open(trust), SeenVersions.none(), InstantSource.system())
            .verify(file, VerifyRequest.anyModel());
    host =
        new AdapterHost(
            adapterHost,
            TokenMeter.open(in.resolve("usage.json"), InstantSource.system(), OptionalLong.empty()),
            options.policy(),
            HostLimits.standard());
    host.add(verified);
    options.meddling().with(host, verified);
    address = new Address.Unix(in.resolve("he.sock"));
    server = new WrappedHost(host, address, options.connections());
    startClient();
    if (options.connected()) {
      await("a session", () -> client.connected() == 1);
    }
    adapter = client.load(verified);
  }

  private void startClient() {
    client =
        EncryptedAdapters.remote(
            modelHost,
            base,
            model.layers(),
            options.config(),
            List.of(address),
            null,
            options.state());
    client.listen(listener);
    hook = new EncryptedHook(handle -> handle == HANDLE ? adapter : null, client, true);
  }

  /** Ends the model host, and starts another one with the same state. */
  public void restartClient() {
    adapter.close();
    client.close();
    startClient();
    adapter = client.load(verified);
  }

  /** The adapter's package. */
  public VerifiedPackage verified() {
    return verified;
  }

  /** Whether the adapter takes requests. */
  public boolean isReady() {
    return Routes.open(client, adapter);
  }

  /** Why the adapter takes no requests; empty if it does. */
  public String problem() {
    return Routes.problem(client, adapter);
  }

  /** Gives the adapter to the adapter host anew, changed or not. */
  public void serveAnew(Meddling meddling) {
    host.withdraw(verified.digest());
    host.add(verified);
    meddling.with(host, verified);
  }

  /** Time-outs that only a hang reaches, on a busy machine too. */
  public static LinkConfig config(Profile profile, long padBytes) {
    return new LinkConfig(
        profile, 60_000, 30_000, 20, 100, 200, padBytes, false, OptionalInt.empty());
  }

  /** What came of a step. */
  public record Step(Map<String, double[][]> deltas, Map<Integer, RuntimeException> failures) {}

  /** A sequence's share of a step. */
  public record Share(long sequence, int rows) {}

  /** Plays one step: rows of one sequence through the groups of the given layers. */
  public Step step(Map<ProjectionGroup, float[][]> inputs, int rows) {
    return step(inputs, List.of(new Share(1, rows)));
  }

  /** As {@link #step(Map, int)}, of several sequences, one below the other. */
  public Step step(Map<ProjectionGroup, float[][]> inputs, List<Share> shares) {
    List<SequenceInput> sequences = new ArrayList<>();
    for (Share share : shares) {
      sequences.add(
          new SequenceInput(
              share.sequence(),
              "",
              HANDLE,
              new int[share.rows()],
              0,
              share.rows(),
              new int[1],
              SequenceInput.LogitRows.NONE));
    }
    int rows = shares.stream().mapToInt(Share::rows).sum();
    int[] order = IntStream.range(0, shares.size()).toArray();
    StepRows step = new StepRows(new ForwardBatch(sequences), order);
    Map<String, double[][]> deltas = new HashMap<>();
    hook.start(step);
    inputs.forEach(
        (group, x) -> {
          if (hook.reads(group)) {
            hook.begin(group, matrix(x), step);
            for (Projection p : group.projections()) {
              RowMatrix y = matrix(new float[rows][p.out()]);
              hook.finish(p, y, step);
              deltas.put(p.name(), rows(y));
            }
          }
        });
    hook.stepped();
    return new Step(deltas, step.failures());
  }

  private static RowMatrix matrix(float[][] values) {
    int columns = values[0].length;
    FloatBuffer buffer =
        ByteBuffer.allocateDirect(4 * values.length * columns)
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer();
    for (float[] row : values) {
      buffer.put(row);
    }
    return new RowMatrix(buffer.flip(), values.length, columns);
  }

  private static double[][] rows(RowMatrix matrix) {
    double[][] out = new double[matrix.rows()][matrix.columns()];
    for (int i = 0; i < matrix.rows() * matrix.columns(); i++) {
      out[i / matrix.columns()][i % matrix.columns()] = matrix.values().get(i);
    }
    return out;
  }

  /** Inputs of all groups that the adapter changes. */
  public Map<ProjectionGroup, float[][]> inputs(int rows, Random random) {
    Map<ProjectionGroup, float[][]> inputs = new LinkedHashMap<>();
    for (int layer = 0; layer < model.layers(); layer++) {
      for (ProjectionGroup group : groups(layer)) {
        inputs.put(group, random(rows, group.in(), random));
      }
    }
    return inputs;
  }

  /** The groups of a layer that the adapter changes. */
  public List<ProjectionGroup> groups(int layer) {
    return ProjectionGroup.ofLayer(model, layer).stream()
        .filter(
            g ->
                g.projections().stream()
                    .anyMatch(
                        p ->
                            peft.adapter().modules().stream()
                                .anyMatch(m -> m.name().equals(p.name()))))
        .toList();
  }

  /** scaling·B·(A·x) in float64, from the adapter as it was trained; null for no module. */
  public double[] exact(String projection, float[] x) {
    LoraModule module =
        peft.adapter().modules().stream()
            .filter(m -> m.name().equals(projection))
            .findFirst()
            .orElse(null);
    if (module == null) {
      return null;
    }
    double[] a = peft.values(module.a());
    double[] b = peft.values(module.b());
    double[] u = new double[module.rank()];
    for (int k = 0; k < u.length; k++) {
      for (int j = 0; j < module.in(); j++) {
        u[k] += a[k * module.in() + j] * x[j];
      }
    }
    double[] y = new double[module.out()];
    for (int i = 0; i < y.length; i++) {
      for (int k = 0; k < u.length; k++) {
        y[i] += module.scaling() * b[i * u.length + k] * u[k];
      }
    }
    return y;
  }

  public static float[][] random(int rows, int columns, Random random) {
    float[][] x = new float[rows][columns];
    for (float[] row : x) {
      double scale = Math.exp(random.nextGaussian());
      for (int j = 0; j < columns; j++) {
        row[j] = (float) (scale * random.nextGaussian());
      }
    }
    return x;
  }

  public static double norm(double[] v) {
    return Math.sqrt(Arrays.stream(v).map(a -> a * a).sum());
  }

  /** Waits, without sleeping, for something that other threads bring about. */
  public static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + 30_000_000_000L;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("timed out waiting for " + what);
      }
      Thread.yield();
    }
  }

  @Override
  public void close() {
    adapter.close();
    client.close();
    server.close();
    host.close();
    file.close();
    peft.close();
    checkpoint.close();
  }
}
