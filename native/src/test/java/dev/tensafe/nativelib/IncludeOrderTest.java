package dev.tensafe.nativelib;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The order of the native folders holds, and the check of it sees what breaks it. */
class IncludeOrderTest {
  private static final Path SOURCES = Path.of("src/main/cpp");

  @TempDir Path planted;

  private Path plant(String file, String... lines) throws IOException {
    Path path = planted.resolve(file);
    Files.createDirectories(path.getParent());
    return Files.write(path, List.of(lines));
  }

  @Test
  void theNativeSourcesKeepTheirOrder() throws Exception {
    assertEquals(List.of(), IncludeOrder.NATIVE.violations(SOURCES));
    assertTrue(IncludeOrder.NATIVE.read(SOURCES).size() > 60, "the sources were not found");
  }

  @Test
  void aFolderThatIncludesAHigherOneIsRefused() throws Exception {
    plant("ckks/scheme/keys.hpp", "namespace tensafe::ckks {", "}");
    plant(
        "ckks/wire/message.hpp",
        "  #  include \"ckks/scheme/keys.hpp\"",
        "namespace tensafe::ckks {",
        "}");
    assertEquals(
        List.of("ckks/wire/message.hpp includes ckks/scheme/keys.hpp, which is above it"),
        IncludeOrder.NATIVE.violations(planted));
  }

  @Test
  void partsBesideEachOtherDoNotKnowEachOther() throws Exception {
    plant("ckks/ring/words.hpp", "namespace tensafe::ckks {", "}");
    plant("base/memory.hpp", "namespace tensafe::base {", "}");
    plant(
        "lora/adapter.cpp",
        "#include \"base/memory.hpp\"",
        "#include \"ckks/ring/words.hpp\"",
        "namespace tensafe::lora {",
        "}");
    assertEquals(
        List.of("lora/adapter.cpp includes ckks/ring/words.hpp, but lora may not know ckks/ring"),
        IncludeOrder.NATIVE.violations(planted));
  }

  @Test
  void headersThatIncludeEachOtherAreRefused() throws Exception {
    plant("base/a.hpp", "#include \"base/b.hpp\"", "namespace tensafe::base {", "}");
    plant("base/b.hpp", "#include \"base/c.hpp\"", "namespace tensafe::base {", "}");
    plant("base/c.hpp", "#include \"base/a.hpp\"", "namespace tensafe::base {", "}");
    assertEquals(
        List.of("base/a.hpp -> base/b.hpp -> base/c.hpp -> base/a.hpp is a cycle"),
        IncludeOrder.NATIVE.violations(planted));
  }

  @Test
  void whatNobodyDeclaredIsRefused() throws Exception {
    plant("extras/x.cpp", "namespace tensafe::base {", "}");
    plant("base/y.cpp", "#include \"lost.hpp\"", "namespace tensafe::base {", "}");
    plant("base/z.cpp", "namespace tensafe::ckks {", "}");
    assertEquals(
        List.of(
            "base/y.cpp includes lost.hpp, which is not there",
            "base/z.cpp opens namespace tensafe::ckks, not tensafe::base",
            "extras/x.cpp is in a folder without a place in the order"),
        IncludeOrder.NATIVE.violations(planted));
  }
}
