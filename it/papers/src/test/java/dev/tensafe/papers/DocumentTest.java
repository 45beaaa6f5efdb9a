package dev.tensafe.papers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every document of the repository keeps to {@link DocumentRules}, and the rules find faults. */
class DocumentTest {
  private static final Repository OURS = Repository.ours();
  private static final DocumentRules RULES = new DocumentRules(OURS);

  private static List<String> faults(BiFunction<DocumentRules, Markdown, List<String>> rule) {
    List<Path> documents = OURS.endingWith(".md");
    assertTrue(documents.size() > 10, documents.size() + " documents were found");
    return documents.stream()
        .map(Markdown::read)
        .flatMap(document -> rule.apply(RULES, document).stream())
        .toList();
  }

  @Test
  void linesFitAScreen() {
    assertEquals(List.of(), faults(DocumentRules::longLines));
  }

  @Test
  void linksLeadSomewhere() {
    assertEquals(List.of(), faults(DocumentRules::brokenLinks));
  }

  @Test
  void namedTypesMethodsAndFilesExist() {
    // The change log names what was there at the time.
    assertEquals(
        List.of(),
        faults(DocumentRules::unknownNames).stream()
            .filter(fault -> !fault.startsWith("CHANGELOG.md"))
            .toList());
  }

  @Test
  void longLinesAreFoundOutsideTablesCodeAndUrls(@TempDir Path root) throws IOException {
    String words = "word ".repeat(30);
    Path file = root.resolve("a.md");
    Files.writeString(
        file,
        words
            + "\n\n    "
            + words
            + "\n\n| "
            + words
            + "|\n\n```\n"
            + words
            + "\n```\n\n- item\n\n"
            + "    "
            + words
            + "\n\nhttps://example.org/"
            + "x".repeat(150)
            + "\n");
    DocumentRules rules = new DocumentRules(Repository.at(root));
    assertEquals(
        List.of("a.md:1: 150 characters", "a.md:13: 154 characters"),
        rules.longLines(Markdown.read(file)));
  }

  @Test
  void linksWithoutAFileOrAHeadingAreFound(@TempDir Path root) throws IOException {
    Files.writeString(root.resolve("b.md"), "# One heading, `code` and more\n");
    Path file = root.resolve("a.md");
    Files.writeString(
        file,
        "# Here\n[1](b.md) [2](b.md#one-heading-code-and-more) [3](#here) [4](https://x.org/y)\n"
            + "[5](c.md) [6](b.md#two) [7](#there) `[8](d.md)`\n");
    DocumentRules rules = new DocumentRules(Repository.at(root));
    assertEquals(
        List.of("a.md:3: no file c.md", "a.md:3: no heading b.md#two", "a.md:3: no heading #there"),
        rules.brokenLinks(Markdown.read(file)));
  }

  @Test
  void namesThatDoNotExistAreFound(@TempDir Path root) throws IOException {
    Path sources = Files.createDirectories(root.resolve("it/src"));
    Files.writeString(sources.resolve("Real.java"), "record Real(int size) { class Inner {} }");
    Path file = root.resolve("a.md");
    Files.writeString(
        file,
        "`Real`, `Real.size`, `Inner`, `Real.java`, `it/src`, `config.json`, `FLAG`, `a/b`\n"
            + "`Unreal`, `Real.width`, `Other.java`, `it/gone`, see GONE.md and a.md\n");
    DocumentRules rules = new DocumentRules(Repository.at(root));
    assertEquals(
        List.of(
            "a.md:2: no type Unreal",
            "a.md:2: no member Real.width",
            "a.md:2: no file Other.java",
            "a.md:2: no file it/gone",
            "a.md:2: no file GONE.md"),
        rules.unknownNames(Markdown.read(file)));
  }
}
