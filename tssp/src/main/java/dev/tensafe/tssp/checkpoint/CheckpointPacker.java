package dev.tensafe.tssp.checkpoint;

import static java.util.Objects.requireNonNull;

import dev.tensafe.formats.floats.FloatElements;
import dev.tensafe.formats.peft.LoraTarget;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.formats.safetensors.SafetensorsWriter;
import dev.tensafe.formats.safetensors.SafetensorsWriter.Entry;
import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import dev.tensafe.tssp.checkpoint.CheckpointHead.Lora;
import dev.tensafe.tssp.file.PackageWriter;
import dev.tensafe.tssp.keys.RecipientPublicKey;
import dev.tensafe.tssp.keys.SigningKey;
import dev.tensafe.tssp.manifest.AdapterDescription;
import dev.tensafe.tssp.manifest.AdapterModule;
import dev.tensafe.tssp.manifest.Manifest;
import dev.tensafe.tssp.manifest.Mode;
import dev.tensafe.tssp.manifest.Part;
import dev.tensafe.tssp.manifest.PartKind;
import dev.tensafe.tssp.manifest.Policy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes a signed package of a training's state. The tensors go through memory only, one at a time.
 * Given the same random bytes and the same clock, the package is the same. Thread-safe as its
 * source of random bytes is.
 */
public final class CheckpointPacker {
  private static final Pattern MODULE =
      Pattern.compile("model\\.layers\\.[0-9]+\\.(?:self_attn|mlp)\\.[a-z]+_proj");
  private static final int PIECE = 1 << 16;

  private final InstantSource clock;
  private final SecureRandom random;

  public CheckpointPacker(InstantSource clock, SecureRandom random) {
    this.clock = requireNonNull(clock, "clock is null");
    this.random = requireNonNull(random, "random is null");
  }

  /**
   * The public description of an adapter that is trained.
   *
   * @param trained its matrices with their shapes, by names that hold that of their projection
   * @throws TsspException {@code tssp.invalid_request} for a name without one
   */
  public static AdapterDescription describe(Lora lora, Map<String, List<Long>> trained) {
    Map<LoraTarget, AdapterModule> modules = new TreeMap<>(CheckpointPacker::byLayer);
    long parameters = 0;
    for (Map.Entry<String, List<Long>> matrix : trained.entrySet()) {
      Matcher matcher = MODULE.matcher(matrix.getKey());
      LoraTarget target = matcher.find() ? LoraTarget.parse(matcher.group()) : null;
      require(target != null, "'" + matrix.getKey() + "' is no matrix of a projection");
      modules.put(
          requireNonNull(target), new AdapterModule(target.module(), lora.rank(), lora.alpha()));
      parameters += CheckpointReader.elements(matrix.getValue());
    }
    return new AdapterDescription(
        lora.rank(),
        lora.alpha(),
        lora.rslora(),
        DType.F32.name(),
        parameters,
        List.copyOf(modules.values()));
  }

  private static int byLayer(LoraTarget a, LoraTarget b) {
    int layers = Integer.compare(a.layer(), b.layer());
    return layers != 0 ? layers : a.module().compareTo(b.module());
  }

  /**
   * Packs a checkpoint.
   *
   * @param target replaced whole, or left as it was
   * @return the manifest as signed
   * @throws TsspException {@code tssp.invalid_request}, also for a tensor that is not finite or has
   *     not as many values as its shape; {@code tssp.io}
   */
  public Manifest pack(CheckpointRequest request, SigningKey key, Path target) {
    List<RecipientPublicKey> recipients = request.recipients();
    require(
        !recipients.isEmpty() && recipients.size() <= Part.MAX_RECIPIENTS,
        "1 to " + Part.MAX_RECIPIENTS + " recipients are needed");
    require(
        new HashSet<>(recipients).size() == recipients.size(), "one of the recipients is twice");
    require(
        request.lifetime().map(t -> t.toSeconds() > 0).orElse(true),
        "a checkpoint must be valid for some time");
    require(
        CheckpointReader.fits(request.head().lora(), request.adapter()),
        "the head has another adapter than the package");
    byte[] packageId = new byte[16];
    random.nextBytes(packageId);
    Instant created = Instant.ofEpochSecond(clock.instant().getEpochSecond());
    return PackageWriter.write(
        target,
        packageId,
        parts ->
            new Manifest(
                HexFormat.of().formatHex(packageId),
                request.name(),
                request.version(),
                key.publicKey().id(),
                created,
                request.lifetime().map(created::plus),
                request.baseModel(),
                request.adapter(),
                Mode.CHECKPOINT,
                parts,
                Policy.NONE,
                OptionalInt.empty(),
                Optional.empty(),
                Map.of()),
        List.of(source(request)),
        key,
        random);
  }

  private static PackageWriter.Source source(CheckpointRequest request) {
    byte[] head = CheckpointHeadJson.write(request.head());
    List<Entry> entries = entries(request.tensors());
    try {
      return new PackageWriter.Source(
          PartKind.CHECKPOINT,
          Math.addExact(4L + head.length, SafetensorsWriter.length(Map.of(), entries)),
          request.recipients(),
          out -> {
            out.write(ByteBuffer.allocate(4).putInt(head.length).array());
            out.write(head);
            SafetensorsWriter.write(Channels.newChannel(out), Map.of(), entries);
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Entry> entries(List<CheckpointTensor> tensors) {
    require(
        !tensors.isEmpty() && tensors.size() <= CheckpointReader.MAX_TENSORS,
        "a checkpoint has 1 to " + CheckpointReader.MAX_TENSORS + " tensors");
    Set<String> names = new HashSet<>();
    List<Entry> entries = new ArrayList<>();
    for (CheckpointTensor tensor : tensors) {
      require(
          CheckpointReader.NAME.matcher(tensor.name()).matches() && names.add(tensor.name()),
          "a tensor's name is like " + CheckpointReader.NAME.pattern() + " and there once");
      require(
          CheckpointReader.elements(tensor.shape()) > 0,
          "tensor " + tensor.name() + " of shape " + tensor.shape() + " cannot be in a checkpoint");
      entries.add(
          new Entry(tensor.name(), DType.F32, tensor.shape(), channel -> write(tensor, channel)));
    }
    return entries;
  }

  private static void write(CheckpointTensor tensor, WritableByteChannel out) throws IOException {
    float[] values = tensor.values().get();
    require(
        values.length == CheckpointReader.elements(tensor.shape()),
        "tensor " + tensor.name() + " has " + values.length + " values for " + tensor.shape());
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.min(PIECE, Float.BYTES * values.length))
            .order(ByteOrder.LITTLE_ENDIAN);
    try {
      for (int from = 0; from < values.length; from += PIECE / Float.BYTES) {
        bytes.clear();
        for (int i = from; i < values.length && bytes.hasRemaining(); i++) {
          bytes.putFloat(values[i]);
        }
        bytes.flip();
        require(
            FloatElements.allFinite(DType.F32, bytes),
            "tensor " + tensor.name() + " holds a NaN or an infinity");
        while (bytes.hasRemaining()) {
          out.write(bytes);
        }
      }
    } finally {
      Arrays.fill(bytes.array(), (byte) 0);
    }
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new TsspException(Reason.INVALID_REQUEST, message);
    }
  }
}
