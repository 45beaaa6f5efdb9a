package dev.tensafe.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.Map.entry;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;
import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Modules depend one way, and each library is known to one module only. */
class ArchitectureTest {
  private static JavaClasses ours;

  @BeforeAll
  static void load() {
    ours =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.tensafe")
            .that(not(resideInAPackage("dev.tensafe.testkit..")));
  }

  /**
   * A module: the packages it holds, and the modules it may know.
   *
   * @param packages below {@code dev.tensafe}, each with all packages inside it
   */
  private record Module(Set<String> packages, Set<String> mayUse) {
    private static Module of(String packages, String mayUse) {
      return new Module(words(packages), words(mayUse));
    }

    private static Set<String> words(String text) {
      return Arrays.stream(text.split(" ")).filter(w -> !w.isEmpty()).collect(toSet());
    }

    String[] patterns() {
      return packages.stream().map(p -> "dev.tensafe." + p).toArray(String[]::new);
    }
  }

  private static final Map<String, Module> MODULES =
      Map.ofEntries(
          entry("formats", Module.of("formats..", "")),
          entry("ledger", Module.of("ledger..", "formats")),
          entry("grammar", Module.of("grammar..", "formats")),
          entry("native", Module.of("nativelib..", "formats")),
          entry("tssp", Module.of("tssp..", "formats")),
          entry("shape", Module.of("model.shape..", "formats")),
          entry("exec", Module.of("model.exec..", "formats shape")),
          entry("chat-template", Module.of("model.template..", "formats")),
          entry(
              "checkpoint",
              Module.of(
                  "model.config.. model.tokenizer.. model.synthetic.. model.files..",
                  "formats shape chat-template")),
          entry("executor-native", Module.of("model.nativeexec..", "formats native shape exec")),
          entry("executor-torch", Module.of("model.torch..", "formats shape exec")),
          entry("lora-registry", Module.of("lora..", "formats ledger native tssp shape exec")),
          entry("he-protocol", Module.of("he he.wire.. he.transport..", "formats native tssp")),
          entry("he-host", Module.of("he.host..", "formats ledger native tssp he-protocol")),
          entry(
              "he-client",
              Module.of("he.client..", "formats native tssp shape exec lora-registry he-protocol")),
          entry("batching", Module.of("batching..", "formats native shape exec checkpoint")),
          entry(
              "training",
              Module.of("training..", "formats shape chat-template checkpoint executor-torch")),
          entry("privacy", Module.of("privacy..", "formats")),
          entry(
              "training-service",
              Module.of("tuning..", "formats tssp shape checkpoint training privacy")),
          entry("demo", Module.of("demo..", "formats shape chat-template checkpoint training")),
          entry("runtime", Module.of("runtime..", "formats")),
          entry("tracing", Module.of("tracing..", "runtime formats")),
          entry("owner", Module.of("owner..", "runtime tracing formats tssp he-protocol he-host")),
          entry("tools", Module.of("server.tools..", "formats grammar")),
          entry(
              "structured",
              Module.of("server.structured..", "tools formats grammar batching checkpoint")),
          entry(
              "server",
              Module.of(
                  "server.anthropic.. server.assembly.. server.config.. server.http.. server.message.."
                      + " server.metrics.. server.openai.. server.responses.. server.status.. server.trace.."
                      + " server.wire..",
                  "runtime tracing tools structured grammar formats ledger tssp native shape exec chat-template checkpoint lora-registry"
                      + " executor-native executor-torch he-protocol he-host he-client batching")),
          entry(
              "server-train",
              Module.of(
                  "server.train..",
                  "server runtime formats tssp batching checkpoint exec shape lora-registry training"
                      + " training-service privacy")),
          entry(
              "cli",
              Module.of(
                  "cli..",
                  "runtime tracing owner server server-train training-service tools batching formats native tssp shape exec checkpoint"
                      + " lora-registry he-protocol he-client training demo")),
          entry(
              "bench",
              Module.of(
                  "bench..",
                  "runtime formats grammar native tssp shape exec chat-template checkpoint"
                      + " executor-native executor-torch lora-registry he-protocol training")));

  @Test
  void modulesDependOneWay() {
    MODULES.forEach(
        (name, module) -> {
          String[] forbidden =
              MODULES.entrySet().stream()
                  .filter(other -> !other.getKey().equals(name))
                  .filter(other -> !module.mayUse().contains(other.getKey()))
                  .flatMap(other -> Arrays.stream(other.getValue().patterns()))
                  .toArray(String[]::new);
          noClasses()
              .that()
              .resideInAnyPackage(module.patterns())
              .should()
              .dependOnClassesThat()
              .resideInAnyPackage(forbidden)
              .as(name + " knows only " + module.mayUse())
              .check(ours);
        });
    classes()
        .should()
        .resideInAnyPackage(
            MODULES.values().stream()
                .flatMap(module -> Arrays.stream(module.patterns()))
                .toArray(String[]::new))
        .check(ours);
  }

  /** A simple name says which class is meant; only every program's {@code Main} is called alike. */
  @Test
  void noTwoClassesShareTheirSimpleName() {
    Map<String, List<String>> byName =
        ours.stream()
            .filter(JavaClass::isTopLevelClass)
            .filter(c -> !c.getSimpleName().equals("package-info"))
            .filter(c -> !c.getSimpleName().equals("Main"))
            .collect(groupingBy(JavaClass::getSimpleName, mapping(JavaClass::getName, toList())));
    byName.values().removeIf(names -> names.size() == 1);
    assertEquals(Map.of(), byName);
  }

  /** The trust boundary is a module boundary. */
  @Test
  void theTwoPartiesOfTheEncryptedPathDoNotKnowEachOther() {
    noClasses()
        .that()
        .resideInAPackage("dev.tensafe.he.client..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("dev.tensafe.he.host..")
        .check(ours);
    noClasses()
        .that()
        .resideInAnyPackage("dev.tensafe.he.host..", "dev.tensafe.he.wire..", "dev.tensafe.owner..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "dev.tensafe.model..",
            "dev.tensafe.batching..",
            "dev.tensafe.lora..",
            "dev.tensafe.he.client..",
            "ai.djl..")
        .check(ours);
  }

  /** An adapter host in the server's own process is known to the one place that puts it there. */
  @Test
  void ofTheServerOnlyItsAssemblyKnowsImplementations() {
    noClasses()
        .that()
        .resideInAPackage("dev.tensafe.server..")
        .and()
        .resideOutsideOfPackage("dev.tensafe.server.assembly..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "dev.tensafe.he.host..", "dev.tensafe.model.torch..", "dev.tensafe.model.nativeexec..")
        .check(ours);
  }

  @Test
  void nothingThatServesKnowsTheBenchmarks() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.tensafe.bench..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.tensafe.bench..", "org.openjdk.jmh..")
        .check(ours);
  }

  @Test
  void theTestsOfTheProductStayOutOfIt() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.tensafe.testkit..", "org.junit..")
        .check(ours);
  }

  @Test
  void schedulingKnowsNoModel() {
    noClasses()
        .that()
        .resideInAnyPackage(
            "dev.tensafe.batching.schedule..",
            "dev.tensafe.batching.cache..",
            "dev.tensafe.batching.sample..")
        .should()
        .dependOnClassesThat(
            resideInAPackage("dev.tensafe.model..")
                // what an adapter adds to a step, as a number
                .and(not(nameMatching("dev.tensafe.model.exec.AdapterLoad(\\$.*)?"))))
        .check(ours);
    noClasses()
        .that()
        .resideInAnyPackage(
            "dev.tensafe.batching.schedule..",
            "dev.tensafe.batching.cache..",
            "dev.tensafe.batching.sample..",
            "dev.tensafe.batching.text..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.tensafe.batching.engine..")
        .check(ours);
    noClasses()
        .that()
        .resideInAPackage("dev.tensafe.batching..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.tensafe.model.torch..", "dev.tensafe.model.nativeexec..")
        .check(ours);
  }

  @Test
  void eachLibraryIsKnownToOneModule() {
    noClasses()
        .that()
        .resideOutsideOfPackages(
            "dev.tensafe.model.torch..",
            "dev.tensafe.model.tokenizer..",
            "dev.tensafe.training.torch..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("ai.djl..")
        .check(ours);
    noClasses()
        .that()
        .resideOutsideOfPackages(
            "dev.tensafe.server..",
            "dev.tensafe.runtime..",
            "dev.tensafe.owner..",
            "dev.tensafe.cli..",
            "dev.tensafe.bench..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.vertx..", "io.micrometer..", "picocli..")
        .check(ours);
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.tensafe.tssp..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.bouncycastle..")
        .check(ours);
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.tensafe.formats.split..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.ejml..")
        .check(ours);
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.tensafe.tuning.queue..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.sqlite..", "java.sql..")
        .check(ours);
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.tensafe.server.train.proto..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("com.google.protobuf..")
        .check(ours);
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.tensafe.tracing.otel..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.opentelemetry..")
        .check(ours);
  }

  @Test
  void onlyTheNativeModuleKnowsPointers() {
    noMethods()
        .that()
        .areDeclaredInClassesThat()
        .resideOutsideOfPackage("dev.tensafe.nativelib..")
        .should()
        .haveModifier(JavaModifier.NATIVE)
        .check(ours);
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.tensafe.nativelib..")
        .should()
        .callMethod(System.class, "load", String.class)
        .orShould()
        .callMethod(System.class, "loadLibrary", String.class)
        .check(ours);
  }

  @Test
  void packagesHaveNoCyclesAndClassesNoMutableStatics() {
    slices().matching("dev.tensafe.(**)").should().beFreeOfCycles().check(ours);
    classes().that().resideInAPackage("dev.tensafe..").should(new FinalStatics()).check(ours);
  }
}
