package dev.tensafe.bench.cli;

import dev.tensafe.bench.he.Relay;
import dev.tensafe.he.transport.Address;
import dev.tensafe.runtime.Signals;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tensafe bench relay}: a network between the two parties, as slow as one likes. */
@Command(
    name = "relay",
    description = "Passes bytes between a model host and its adapter host on, later.",
    mixinStandardHelpOptions = true)
final class RelayCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--listen", required = true, paramLabel = "URI", description = "for model hosts")
  private String listen = "";

  @Option(names = "--to", required = true, paramLabel = "URI", description = "the adapter host")
  private String to = "";

  @Option(
      names = "--round-trip-millis",
      required = true,
      paramLabel = "N",
      description = "what it adds to a message and its answer together")
  private double roundTripMillis;

  @Override
  public Integer call() {
    try (Relay relay =
        Relay.start(Address.parse(listen), Address.parse(to), roundTripMillis, (up, piece) -> {})) {
      Signals signals = new Signals();
      spec.commandLine().getOut().println("listening on " + relay.address());
      spec.commandLine().getOut().flush();
      signals.await();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return 0;
  }
}
