package dev.tensafe.tssp.manifest;

import java.util.List;
import java.util.Locale;

/** The way an adapter is served. */
public enum Mode {
  /** Its weights are added in the clear, by the model host. */
  PLAIN,
  /** Its deltas are computed under encryption, by an adapter host. */
  HE;

  /** The parts of such a package, in order. */
  public List<PartKind> parts() {
    return switch (this) {
      case PLAIN -> List.of(PartKind.WEIGHTS);
      case HE -> List.of(PartKind.PUBLIC, PartKind.SEALED);
    };
  }

  /** The name in the manifest. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
