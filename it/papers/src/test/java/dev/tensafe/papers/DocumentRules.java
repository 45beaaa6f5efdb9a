package dev.tensafe.papers;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What a document must keep to: lines that fit a screen, links that lead somewhere, and names of
 * types, methods and files that exist. Holds an index of the sources; immutable.
 */
final class DocumentRules {
  static final int LONGEST_LINE = 140;

  private static final Pattern TYPE =
      Pattern.compile("\\b(?:class|interface|record|enum|struct|union)\\s+([A-Z]\\w*)");
  private static final Pattern TYPE_NAME =
      Pattern.compile("([A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*)(?:[.#]([a-z]\\w*)(?:\\(.*\\))?)?");
  private static final Pattern SOURCE_NAME =
      Pattern.compile("[\\w./-]+\\.(?:java|cpp|hpp|js|md|proto)");

  private static final Pattern DOCUMENT_NAME = Pattern.compile("([\\w./-]+\\.md)\\b");

  /** Capitalised words in code spans that are not types of ours. */
  private static final Set<String> FOREIGN = Set.of("Content-Type", "TxS");

  private final Repository repository;
  private final Map<String, Set<Path>> types = new HashMap<>();
  private final Set<String> names;
  private final Set<String> topLevel;

  DocumentRules(Repository repository) {
    this.repository = repository;
    for (Path source : repository.endingWith(".java", ".hpp", ".cpp")) {
      Matcher matcher = TYPE.matcher(Repository.text(source));
      while (matcher.find()) {
        types.computeIfAbsent(matcher.group(1), name -> new HashSet<>()).add(source);
      }
    }
    names = repository.files().stream().map(repository::name).collect(Collectors.toSet());
    topLevel =
        names.stream()
            .filter(name -> name.contains("/"))
            .map(name -> name.substring(0, name.indexOf('/') + 1))
            .collect(Collectors.toSet());
  }

  /** Lines over the limit, outside tables and code; one that only a URL makes long is let pass. */
  List<String> longLines(Markdown document) {
    return document.lines().stream()
        .filter(line -> !line.code() && !line.table())
        .filter(line -> line.text().replaceAll("https?://\\S+", "").length() > LONGEST_LINE)
        .map(line -> at(document, line.number()) + line.text().length() + " characters")
        .toList();
  }

  /** Relative links without a file, or to a heading that the file does not have. */
  List<String> brokenLinks(Markdown document) {
    List<String> faults = new ArrayList<>();
    for (Markdown.Found link : document.links()) {
      if (link.text().matches("[a-z]+:.*")) {
        continue;
      }
      String[] parts = link.text().split("#", 2);
      Path target =
          parts[0].isEmpty()
              ? document.file()
              : document.file().resolveSibling(parts[0]).normalize();
      if (!Files.exists(target)) {
        faults.add(at(document, link.line()) + "no file " + link.text());
      } else if (parts.length == 2 && !Markdown.read(target).anchors().contains(parts[1])) {
        faults.add(at(document, link.line()) + "no heading " + link.text());
      }
    }
    return faults;
  }

  /**
   * Code spans that look like a type, a method of one, or a file of ours and are none; documents
   * that running text names and that are not there.
   */
  List<String> unknownNames(Markdown document) {
    List<String> faults = new ArrayList<>();
    for (Markdown.Found span : document.spans()) {
      Matcher type = TYPE_NAME.matcher(span.text());
      if (isPath(span.text())) {
        if (!exists(document, span.text())) {
          faults.add(at(document, span.line()) + "no file " + span.text());
        }
      } else if (type.matches() && !FOREIGN.contains(type.group(1))) {
        Set<Path> sources = types.get(type.group(1));
        if (sources == null) {
          faults.add(at(document, span.line()) + "no type " + type.group(1));
        } else if (type.group(2) != null && !anyMentions(sources, type.group(2))) {
          faults.add(at(document, span.line()) + "no member " + span.text());
        }
      }
    }
    for (Markdown.Found word : document.words(DOCUMENT_NAME)) {
      if (!exists(document, word.text())) {
        faults.add(at(document, word.line()) + "no file " + word.text());
      }
    }
    return faults;
  }

  private static boolean anyMentions(Set<Path> sources, String member) {
    Pattern word = Pattern.compile("\\b" + member + "\\b");
    return sources.stream().anyMatch(source -> word.matcher(Repository.text(source)).find());
  }

  private boolean isPath(String span) {
    return SOURCE_NAME.matcher(span).matches()
        || (span.matches("[\\w./-]+") && topLevel.stream().anyMatch(span::startsWith));
  }

  private boolean exists(Markdown document, String span) {
    return Files.exists(repository.root().resolve(span))
        || Files.exists(document.file().resolveSibling(span))
        || names.stream().anyMatch(name -> name.endsWith("/" + span));
  }

  private String at(Markdown document, int line) {
    return repository.name(document.file()) + ":" + line + ": ";
  }
}
