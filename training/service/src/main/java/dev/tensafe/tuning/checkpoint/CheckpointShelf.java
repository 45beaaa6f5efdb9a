package dev.tensafe.tuning.checkpoint;

import static java.util.Objects.requireNonNull;

import dev.tensafe.formats.CodedException;
import dev.tensafe.training.TrainingException;
import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import dev.tensafe.tssp.checkpoint.CheckpointHead;
import dev.tensafe.tssp.checkpoint.CheckpointPacker;
import dev.tensafe.tssp.checkpoint.CheckpointReader;
import dev.tensafe.tssp.checkpoint.CheckpointRequest;
import dev.tensafe.tssp.checkpoint.CheckpointSink;
import dev.tensafe.tssp.checkpoint.CheckpointTensor;
import dev.tensafe.tssp.file.PackageFile;
import dev.tensafe.tssp.keys.RecipientPublicKey;
import dev.tensafe.tssp.manifest.AdapterDescription;
import dev.tensafe.tssp.manifest.BaseModelBinding;
import dev.tensafe.tssp.manifest.Manifest;
import dev.tensafe.tssp.manifest.Mode;
import dev.tensafe.tssp.trust.SeenVersions;
import dev.tensafe.tssp.verify.PackageVerifier;
import dev.tensafe.tssp.verify.VerifyRequest;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The newest checkpoints of one model, as files {@code VERSION-NAME.tssp}. Each appears whole or
 * not at all, also across a crash, and older ones go only when a newer one is on disk. What is
 * foreign or damaged is refused when it is used, does not count, and is never deleted unless asked
 * for by name. One process at a time uses a directory. Thread-safe.
 */
public final class CheckpointShelf {
  /** The names of checkpoints. */
  public static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");

  private static final Pattern FILE =
      Pattern.compile("([0-9]{12})-([A-Za-z0-9][A-Za-z0-9._-]{0,127})\\.tssp");
  private static final long MAX_VERSION = 999_999_999_999L;
  private static final String INCOMING = ".incoming-";

  /** The setting that ties a checkpoint to its name, since files can be renamed. */
  private static final String NAME_SETTING = "checkpoint_name";

  private final ShelfConfig config;
  private final InstantSource clock;
  private final CheckpointPacker packer;
  private final VerifyRequest request;

  /** What of a checkpoint is not the shelf's to say. */
  public record Draft(
      CheckpointHead head,
      AdapterDescription adapter,
      List<CheckpointTensor> tensors,
      Optional<Duration> lifetime) {
    public Draft {
      tensors = List.copyOf(tensors);
    }
  }

  /**
   * A shelf. What a crash left half written in its directory is deleted.
   *
   * @throws TrainingException {@code train.checkpoint_storage}
   */
  public CheckpointShelf(ShelfConfig config, InstantSource clock, SecureRandom random) {
    this.config = requireNonNull(config, "config is null");
    this.clock = requireNonNull(clock, "clock is null");
    packer = new CheckpointPacker(clock, random);
    request =
        new VerifyRequest(
            Optional.of(config.base()),
            Set.of(config.reader().publicKey().id()),
            VerifyRequest.ENFORCEABLE);
    try {
      for (Path file : files(INCOMING + "*", "." + INCOMING + "*")) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw storage("cannot be cleared", e);
    }
  }

  /**
   * Writes a checkpoint, and deletes the oldest usable ones that are too many, and those whose time
   * is over.
   *
   * @param overwrite whether it may take the place of one of its name
   * @return the checkpoint as it is kept
   * @throws TrainingException {@code train.checkpoint_exists}, {@code train.checkpoint_name},
   *     {@code train.checkpoint_storage}
   * @throws TsspException {@code tssp.invalid_request} for a draft that makes no package; {@code
   *     tssp.io}
   */
  public synchronized KeptCheckpoint save(String name, Draft draft, boolean overwrite) {
    if (!NAME.matcher(name).matches()) {
      throw new TrainingException(
          "train.checkpoint_name", "a checkpoint's name looks like " + NAME.pattern());
    }
    List<Found> before = find();
    Optional<Found> same = before.stream().filter(f -> f.name().equals(name)).findFirst();
    if (same.isPresent() && !overwrite) {
      throw new TrainingException(
          "train.checkpoint_exists", "there is a checkpoint '" + name + "' already");
    }
    long version = before.isEmpty() ? 1 : before.get(0).version() + 1;
    if (version > MAX_VERSION) {
      throw new TrainingException(
          "train.checkpoint_storage",
          before.get(0).file() + " has the last version there is; delete it");
    }
    Path file =
        config.directory().resolve(String.format(Locale.ROOT, "%012d-%s.tssp", version, name));
    Path incoming = config.directory().resolve(INCOMING + UUID.randomUUID());
    try {
      Files.createDirectories(config.directory());
      try {
        packer.pack(request(name, version, draft), config.signer(), incoming);
        Files.move(incoming, file, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(incoming);
      }
      force(config.directory());
      if (same.isPresent()) {
        Files.deleteIfExists(same.get().file());
      }
      prune();
    } catch (IOException e) {
      throw storage("cannot take a checkpoint", e);
    }
    return kept(new Found(file, version, name));
  }

  private CheckpointRequest request(String name, long version, Draft draft) {
    CheckpointHead head = draft.head();
    Map<String, String> settings = new HashMap<>(head.settings());
    settings.put(NAME_SETTING, name);
    List<RecipientPublicKey> recipients = new ArrayList<>(List.of(config.reader().publicKey()));
    recipients.addAll(config.others());
    return new CheckpointRequest(
        config.model(),
        version,
        new BaseModelBinding(
            config.baseName(),
            Optional.of(config.base().configSha256()),
            Optional.of(config.base().weightsSha256())),
        draft.adapter(),
        recipients,
        draft.lifetime(),
        new CheckpointHead(
            head.step(),
            head.optimizer(),
            head.schedule(),
            head.lora(),
            head.random(),
            head.ledger(),
            head.metrics(),
            settings,
            head.metadata()),
        draft.tensors());
  }

  private void prune() throws IOException {
    int usable = 0;
    for (Found found : find()) {
      Optional<CodedException> refusal = kept(found).refusal();
      // that it is over is said only of what the signer here did sign
      boolean over = refusal.map(r -> r.code().equals(Reason.EXPIRED.code())).orElse(false);
      if (refusal.isEmpty()) {
        usable++;
      }
      if (over || (refusal.isEmpty() && usable > config.kept())) {
        Files.deleteIfExists(found.file());
      }
    }
  }

  /**
   * All files of the shelf, newest first, also those that cannot be used. They are read whole, and
   * nothing is decrypted.
   *
   * @throws TrainingException {@code train.checkpoint_storage}
   */
  public synchronized List<KeptCheckpoint> list() {
    return find().stream().map(this::kept).toList();
  }

  /**
   * Reads a checkpoint. The sink keeps nothing for good before this returns.
   *
   * @throws TrainingException {@code train.checkpoint_unknown}; {@code train.checkpoint_foreign}
   *     for one of another model or name
   * @throws TsspException when it is damaged, by somebody else, for another base model, or not what
   *     the sink says is due
   */
  public synchronized CheckpointHead load(String name, CheckpointSink sink) {
    return load(named(name), sink);
  }

  /**
   * Reads the newest checkpoint; one that cannot be used is refused, and no older one taken for it.
   *
   * @throws TrainingException as {@link #load}
   * @throws TsspException as {@link #load}
   */
  public synchronized CheckpointHead loadNewest(CheckpointSink sink) {
    List<Found> all = find();
    if (all.isEmpty()) {
      throw unknown("there is no checkpoint of '" + config.model() + "'");
    }
    return load(all.get(0), sink);
  }

  /**
   * Deletes a checkpoint, also one that cannot be used.
   *
   * @throws TrainingException {@code train.checkpoint_unknown}, {@code train.checkpoint_storage}
   */
  public synchronized void delete(String name) {
    try {
      Files.deleteIfExists(named(name).file());
    } catch (IOException e) {
      throw storage("cannot lose a checkpoint", e);
    }
  }

  private CheckpointHead load(Found found, CheckpointSink sink) {
    try (PackageFile file = PackageFile.open(found.file())) {
      var verified = verifier().verify(file, request);
      requireOurs(found, verified.manifest());
      return CheckpointReader.read(
          verified,
          config.reader(),
          new CheckpointSink() {
            @Override
            public Map<String, List<Long>> due(CheckpointHead head) {
              if (!found.name().equals(head.settings().get(NAME_SETTING))) {
                throw foreign(found);
              }
              return sink.due(head);
            }

            @Override
            public void accept(String tensor, float[] values) {
              sink.accept(tensor, values);
            }
          });
    }
  }

  private void requireOurs(Found found, Manifest manifest) {
    if (manifest.mode() != Mode.CHECKPOINT
        || !manifest.issuer().equals(config.signer().publicKey().id())
        || !manifest.name().equals(config.model())
        || manifest.version() != found.version()) {
      throw foreign(found);
    }
  }

  private static TrainingException foreign(Found found) {
    return new TrainingException(
        "train.checkpoint_foreign",
        found.file().getFileName() + " holds another model's checkpoint, or another one of this");
  }

  private PackageVerifier verifier() {
    return new PackageVerifier(config.trust(), SeenVersions.none(), clock);
  }

  private KeptCheckpoint kept(Found found) {
    Optional<Instant> created = Optional.empty();
    Optional<CodedException> refusal = Optional.empty();
    long bytes = 0;
    try (PackageFile file = PackageFile.open(found.file())) {
      bytes = Files.size(found.file());
      Manifest manifest = verifier().verify(file, request).manifest();
      requireOurs(found, manifest);
      created = Optional.of(manifest.created());
    } catch (CodedException e) {
      refusal = Optional.of(e);
    } catch (IOException e) {
      refusal = Optional.of(storage("cannot be read", e));
    }
    return new KeptCheckpoint(found.name(), found.version(), created, bytes, refusal);
  }

  private record Found(Path file, long version, String name) {}

  private Found named(String name) {
    return find().stream()
        .filter(f -> f.name().equals(name))
        .findFirst()
        .orElseThrow(() -> unknown("there is no checkpoint of that name"));
  }

  private static TrainingException unknown(String message) {
    return new TrainingException("train.checkpoint_unknown", message);
  }

  /** Newest first. */
  private List<Found> find() {
    List<Found> found = new ArrayList<>();
    try {
      for (Path file : files("*.tssp")) {
        Matcher matcher = FILE.matcher(file.getFileName().toString());
        if (matcher.matches()) {
          found.add(new Found(file, Long.parseLong(matcher.group(1)), matcher.group(2)));
        }
      }
    } catch (IOException e) {
      throw storage("cannot be read", e);
    }
    found.sort(Comparator.comparingLong(Found::version).reversed().thenComparing(Found::name));
    return found;
  }

  private List<Path> files(String... globs) throws IOException {
    List<Path> files = new ArrayList<>();
    if (Files.isDirectory(config.directory())) {
      for (String glob : globs) {
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(config.directory(), glob)) {
          stream.forEach(files::add);
        }
      }
    }
    return files;
  }

  private TrainingException storage(String problem, IOException e) {
    return new TrainingException(
        "train.checkpoint_storage", config.directory() + " " + problem + ": " + e.getMessage(), e);
  }

  private static void force(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
