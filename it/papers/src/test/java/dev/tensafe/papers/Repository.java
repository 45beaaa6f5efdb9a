package dev.tensafe.papers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The source tree, without what builds and packages put into it. Immutable. */
record Repository(Path root, List<Path> files) {
  private static final Set<String> SKIPPED =
      Set.of("target", "node_modules", ".git", ".cifuzz-corpus", "work");

  /** The tree that this module lies in. */
  static Repository ours() {
    Path directory = Path.of("").toAbsolutePath();
    while (!Files.isRegularFile(directory.resolve("tensafe"))) {
      directory = directory.getParent();
      if (directory == null) {
        throw new IllegalStateException("no directory above this module holds the launcher");
      }
    }
    return at(directory);
  }

  static Repository at(Path root) {
    List<Path> files = new ArrayList<>();
    try {
      Files.walkFileTree(
          root,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes ignored) {
              boolean skip =
                  !directory.equals(root) && SKIPPED.contains(directory.getFileName().toString());
              return skip ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes ignored) {
              files.add(file);
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    files.sort(null);
    return new Repository(root, List.copyOf(files));
  }

  List<Path> endingWith(String... ends) {
    return files.stream()
        .filter(file -> List.of(ends).stream().anyMatch(end -> file.toString().endsWith(end)))
        .toList();
  }

  /** The path from the root, with slashes. */
  String name(Path file) {
    return root.relativize(file).toString();
  }

  static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
