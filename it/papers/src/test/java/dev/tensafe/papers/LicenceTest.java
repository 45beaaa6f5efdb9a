package dev.tensafe.papers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code tensafe serve} is shipped with is listed, under a licence that is allowed. */
class LicenceTest {
  private static final String LIST =
      """
      | `org.example:good` | 1.0 | Apache-2.0 | |
      | `org.example:dual` | 1.0 | MIT | GPL-2.0-only is the other choice |
      | `org.example:silent` | 1.0 | MIT | POM declares none; its LICENSE file is the MIT licence |
      | `libgood.so` | `org.example:good` | MIT AND BSD-3-Clause | |
      """;

  private static final ShippedJar GOOD = jar("good", "Apache 2.0", "libgood.so");
  private static final ShippedJar DUAL =
      new ShippedJar("org.example:dual", "1.0", List.of("GPL-2.0-only", "MIT"), List.of());
  private static final ShippedJar SILENT =
      new ShippedJar("org.example:silent", "1.0", List.of(), List.of());

  private static ShippedJar jar(String artifact, String licence, String... libraries) {
    return new ShippedJar("org.example:" + artifact, "1.0", List.of(licence), List.of(libraries));
  }

  private static List<String> faults(String list, ShippedJar... more) {
    List<ShippedJar> jars = new ArrayList<>(List.of(GOOD, DUAL, SILENT));
    jars.addAll(List.of(more));
    return ThirdPartyList.parse(list).faults(jars);
  }

  @Test
  void everythingShippedIsListedAndAllowed() {
    Repository repository = Repository.ours();
    List<ShippedJar> jars = ShippedJar.of(Repository.text(Path.of("target/shipped-classpath")));
    assertTrue(jars.size() > 20, "the class path of serve has " + jars.size() + " jars");
    Path list = repository.root().resolve("docs/THIRD-PARTY.md");
    assertEquals(List.of(), ThirdPartyList.parse(Repository.text(list)).faults(jars));
  }

  /** The owner's distribution: a part of what serve is shipped with, and nothing of a model. */
  @Test
  void anAdapterOwnerGetsNoTensorLibrary() {
    Path root = Repository.ours().root();
    String classPath = Repository.text(root.resolve("server/owner/target/shipped-classpath"));
    List<ShippedJar> jars = ShippedJar.of(classPath);
    assertTrue(jars.size() > 10, "the class path of the owner's program has " + jars.size());
    List<ShippedJar> listed = ShippedJar.of(Repository.text(Path.of("target/shipped-classpath")));
    assertEquals(List.of(), jars.stream().filter(jar -> !listed.contains(jar)).toList());
    for (ShippedJar jar : jars) {
      assertFalse(
          jar.coordinates().matches("ai\\.djl.*|.*(torch|tokenizer|jmh).*"), jar.coordinates());
    }
    for (String module : List.of("model", "batching", "lora-registry", "training", "bench")) {
      assertFalse(classPath.contains(root.resolve(module) + "/"), module);
    }
  }

  @Test
  void nothingThatMeasuresIsShipped() {
    String classPath = Repository.text(Path.of("target/shipped-classpath"));
    assertFalse(classPath.contains("jmh"), "JMH, under the GPL, is on the class path of serve");
    assertFalse(classPath.contains("tensafe-bench") || classPath.contains("/bench/target"));
  }

  @Test
  void theProjectItselfIsUnderApache() {
    Repository repository = Repository.ours();
    String licence = Repository.text(repository.root().resolve("LICENSE"));
    assertTrue(licence.contains("Version 2.0, January 2004"));
    assertTrue(licence.contains("END OF TERMS AND CONDITIONS"));
    assertTrue(
        Repository.text(repository.root().resolve("NOTICE")).contains("docs/THIRD-PARTY.md"));
    assertTrue(
        Repository.text(repository.root().resolve("pom.xml")).contains("<name>Apache-2.0</name>"));
  }

  @Test
  void aListThatAgreesHasNoFaults() {
    assertEquals(List.of(), faults(LIST));
  }

  @Test
  void aJarThatIsNotListedIsFound() {
    assertEquals(
        List.of("org.example:new 1.0 is shipped and not listed"),
        faults(LIST, jar("new", "Apache-2.0")));
  }

  @Test
  void aLicenceThatIsNotAllowedIsFound() {
    String list = LIST + "| `org.example:copyleft` | 1.0 | GPL-2.0-only | |\n";
    assertEquals(
        List.of("org.example:copyleft: licence 'GPL-2.0-only' is not among those allowed"),
        faults(list, jar("copyleft", "GPL-2.0-only")));
  }

  @Test
  void aListThatSaysOtherThanThePomIsFound() {
    String list = LIST + "| `org.example:copyleft` | 1.0 | MIT | |\n";
    assertEquals(
        List.of("org.example:copyleft: listed under MIT, its POM declares [GPL-2.0-only]"),
        faults(list, jar("copyleft", "GPL-2.0-only")));
  }

  @Test
  void aPomThatDeclaresNothingMustBeRemarkedOn() {
    String list = LIST.replace("POM declares none; its", "Its");
    assertEquals(1, faults(list).size());
    assertTrue(faults(list).get(0).startsWith("org.example:silent: its POM declares []"));
  }

  @Test
  void anotherVersionAndARowTooManyAreFound() {
    assertEquals(
        List.of(
            "org.example:good is listed as 0.9 and shipped as 1.0",
            "org.example:gone is listed and not shipped"),
        faults(
            LIST.replace("good` | 1.0", "good` | 0.9") + "| `org.example:gone` | 1.0 | MIT | |\n"));
  }

  @Test
  void aLibraryInMachineCodeMustBeListedToo() {
    assertEquals(
        List.of("libgood.so in org.example:good is shipped and not listed"),
        faults(LIST.replaceAll("(?m)^\\| `libgood.*\n", "")));
    assertEquals(
        List.of("libgood.so: licence 'AGPL-3.0-only' is not among those allowed"),
        faults(LIST.replace("MIT AND BSD-3-Clause", "MIT AND AGPL-3.0-only")));
    assertEquals(
        List.of("libgone.so is listed and not in org.example:good"),
        faults(LIST + "| `libgone.so` | `org.example:good` | MIT | |\n"));
  }

  @Test
  void licencesAreReadFromTheParentThatDeclaresThem(@TempDir Path local) throws IOException {
    Path parent = Files.createDirectories(local.resolve("org/example/parent/7"));
    Files.writeString(
        parent.resolve("parent-7.pom"),
        "<project><groupId>org.example</groupId><artifactId>parent</artifactId>"
            + "<version>7</version><licenses><license><name>GPL-2.0-only</name></license>"
            + "</licenses></project>");
    Path child = Files.createDirectories(local.resolve("org/example/child/1.0"));
    Files.writeString(
        child.resolve("child-1.0.pom"),
        "<project><parent><groupId>org.example</groupId><artifactId>parent</artifactId>"
            + "<version>7</version></parent><artifactId>child</artifactId></project>");
    Path jar = child.resolve("child-1.0-linux-x86_64.jar");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(jar))) {
      zip.putNextEntry(new ZipEntry("lib/linux/libx.so.2"));
      zip.closeEntry();
      zip.putNextEntry(new ZipEntry("lib/notes.txt"));
      zip.closeEntry();
    }
    assertEquals(
        List.of(
            new ShippedJar(
                "org.example:child", "1.0", List.of("GPL-2.0-only"), List.of("libx.so.2"))),
        ShippedJar.of(jar.toString()));
  }
}
