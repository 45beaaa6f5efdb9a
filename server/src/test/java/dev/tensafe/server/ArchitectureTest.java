package dev.tensafe.server;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.Map.entry;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
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
            .importPackages("dev.tensafe");
  }

  /** What each module may know of the others; server knows all. */
  private static final Map<String, Set<String>> MAY_USE =
      Map.ofEntries(
          entry("formats", Set.of()),
          entry("ledger", Set.of("formats")),
          entry("model", Set.of("formats")),
          entry("nativelib", Set.of("formats")),
          entry("tssp", Set.of("formats")),
          entry("lora", Set.of("formats", "ledger", "model", "nativelib", "tssp")),
          entry("he", Set.of("formats", "ledger", "model", "nativelib", "tssp", "lora")),
          entry("batching", Set.of("formats", "model")),
          entry("training", Set.of("formats", "model")),
          entry("bench", Set.of("formats", "model", "nativelib", "tssp", "lora", "he")),
          entry(
              "server",
              Set.of(
                  "formats",
                  "ledger",
                  "model",
                  "nativelib",
                  "tssp",
                  "lora",
                  "he",
                  "batching",
                  "training",
                  "bench")));

  @Test
  void modulesDependOneWay() {
    MAY_USE.forEach(
        (module, others) -> {
          String[] forbidden =
              MAY_USE.keySet().stream()
                  .filter(other -> !other.equals(module) && !others.contains(other))
                  .map(other -> "dev.tensafe." + other + "..")
                  .toArray(String[]::new);
          if (forbidden.length > 0) {
            noClasses()
                .that()
                .resideInAPackage("dev.tensafe." + module + "..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(forbidden)
                .check(ours);
          }
        });
    classes()
        .should()
        .resideInAnyPackage(
            MAY_USE.keySet().stream()
                .map(module -> "dev.tensafe." + module + "..")
                .toArray(String[]::new))
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
        .dependOnClassesThat()
        .resideInAnyPackage("dev.tensafe.model..")
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
        .resideInAPackage("dev.tensafe.model.torch..")
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
        .resideOutsideOfPackages("dev.tensafe.server..", "dev.tensafe.bench..")
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
    slices().matching("dev.tensafe.(*)..").should().beFreeOfCycles().check(ours);
    slices().matching("dev.tensafe.batching.(*)..").should().beFreeOfCycles().check(ours);
    slices().matching("dev.tensafe.tssp.(*)..").should().beFreeOfCycles().check(ours);
    slices().matching("dev.tensafe.he.(*)..").should().beFreeOfCycles().check(ours);
    slices().matching("dev.tensafe.training.(*)..").should().beFreeOfCycles().check(ours);
    classes().that().resideInAPackage("dev.tensafe..").should(new FinalStatics()).check(ours);
  }
}
