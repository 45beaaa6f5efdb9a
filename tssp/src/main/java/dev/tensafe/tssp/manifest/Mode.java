package dev.tensafe.tssp.manifest;

import java.util.List;
import java.util.Locale;

/** What a package is for: the way its adapter is served, or training. */
public enum Mode {
  /** Its weights are added in the clear, by the model host. */
  PLAIN,
  /** Its deltas are computed under encryption, by an adapter host. */
  HE,
  /** Not served: the state of a training, to go on from. */
  CHECKPOINT;

  /** The modes that an adapter can be served in. */
  public static final List<Mode> SERVED = List.of(PLAIN, HE);

  /** The parts of such a package, in order. */
  public List<PartKind> parts() {
    return switch (this) {
      case PLAIN -> List.of(PartKind.WEIGHTS);
      case HE -> List.of(PartKind.PUBLIC, PartKind.SEALED);
      case CHECKPOINT -> List.of(PartKind.CHECKPOINT);
    };
  }

  /** The name in the manifest. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
