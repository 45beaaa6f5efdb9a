package dev.tensafe.tssp.manifest;

import java.util.Locale;

/** The parts a package may have. */
public enum PartKind {
  /** A PEFT configuration and its tensors; for the model host. */
  WEIGHTS("application/vnd.tensafe.tssp.peft;v=1"),
  /** The basis B', norms and probes; for the model host. */
  PUBLIC("application/vnd.tensafe.tssp.he-public+safetensors;v=1"),
  /** The integer weights A'; for the adapter host. */
  SEALED("application/vnd.tensafe.tssp.he-sealed+safetensors;v=1"),
  /** A training's state: numbers, weights, gradients, moments; for whoever goes on with it. */
  CHECKPOINT("application/vnd.tensafe.tssp.training-checkpoint;v=1");

  private final String mediaType;

  PartKind(String mediaType) {
    this.mediaType = mediaType;
  }

  public String mediaType() {
    return mediaType;
  }

  /** The name in the manifest. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
