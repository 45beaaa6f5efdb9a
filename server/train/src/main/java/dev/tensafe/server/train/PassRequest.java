package dev.tensafe.server.train;

import dev.tensafe.tuning.command.Command;
import java.util.OptionalLong;

/** A pass over examples for a model. */
public record PassRequest(String model, OptionalLong sequence, Command.Pass pass) {}
