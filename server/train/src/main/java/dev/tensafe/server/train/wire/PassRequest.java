package dev.tensafe.server.train.wire;

import dev.tensafe.tuning.command.Command;
import java.util.OptionalLong;

/** A pass over examples for a model. */
public record PassRequest(String model, OptionalLong sequence, Command.Pass pass) {
  /** Examples of one call. */
  public static final int MOST_DATUMS = 1024;
}
