package dev.tensafe.runtime.settings;

import dev.tensafe.runtime.Version;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code version}: the name of the program and its version. */
@Command(name = "version", description = "Prints the version.", mixinStandardHelpOptions = true)
public final class VersionCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--json", description = "as JSON")
  private boolean json;

  @Override
  public void run() {
    String version = Version.current();
    spec.commandLine().getOut().println(json ? "{\"version\":\"" + version + "\"}" : line(spec));
  }

  /** The program and its version. */
  private static String line(CommandSpec spec) {
    return spec.root().name() + " " + Version.current();
  }

  /** For {@code --version}. */
  public static final class Provider implements IVersionProvider {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Override
    public String[] getVersion() {
      return new String[] {line(spec)};
    }
  }
}
