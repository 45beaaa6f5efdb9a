package dev.tensafe.nativelib;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Which folder of C++ sources may include which. The folders stand in one order, so there can be no
 * cycle of them; each may include itself and those below it, unless the two are strangers.
 *
 * @param layers the folders, the lowest first, each with its namespace
 * @param strangers per folder the beginnings of names of lower folders that it may not know
 */
record IncludeOrder(List<Layer> layers, Map<String, List<String>> strangers) {
  /** A folder and the namespace that its files open. */
  record Layer(String folder, String namespace) {}

  static final IncludeOrder NATIVE =
      new IncludeOrder(
          List.of(
              new Layer("base", "tensafe::base"),
              new Layer("ckks", "tensafe::ckks"),
              new Layer("ckks/ring", "tensafe::ckks"),
              new Layer("ckks/kernels", "tensafe::ckks"),
              new Layer("ckks/random", "tensafe::ckks"),
              new Layer("ckks/context", "tensafe::ckks"),
              new Layer("ckks/wire", "tensafe::ckks"),
              new Layer("ckks/scheme", "tensafe::ckks"),
              new Layer("ckks/measure", "tensafe::ckks"),
              new Layer("lora", "tensafe::lora"),
              new Layer("decoder/kernels", "tensafe::decoder"),
              new Layer("decoder", "tensafe::decoder"),
              new Layer("decoder/measure", "tensafe::decoder"),
              new Layer("jni", "tensafe::jni")),
          Map.of(
              "lora",
              List.of("ckks"),
              "decoder",
              List.of("ckks"),
              "decoder/kernels",
              List.of("ckks", "lora"),
              "decoder/measure",
              List.of("ckks", "lora")));

  /** Test code: the kernels are compiled with it in place of the processor's instructions. */
  private static final Set<String> OF_THE_TESTS = Set.of("emulated_amx.hpp", "emulated_avx512.hpp");

  private static final Pattern INCLUDE = Pattern.compile("^\\s*#\\s*include\\s*\"([^\"]+)\"");
  private static final Pattern NAMESPACE = Pattern.compile("^namespace (tensafe\\S*) \\{");

  /** What a file includes by a quoted name, and the outer namespaces it opens. */
  record Source(List<String> includes, Set<String> namespaces) {}

  /** Every C++ file below a folder, by its name from there. */
  SortedMap<String, Source> read(Path root) throws IOException {
    SortedMap<String, Source> sources = new TreeMap<>();
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : (Iterable<Path>) paths::iterator) {
        String name = root.relativize(path).toString();
        if (name.endsWith(".cpp") || name.endsWith(".hpp")) {
          sources.put(name, read(Files.readAllLines(path)));
        }
      }
    }
    return sources;
  }

  private static Source read(List<String> lines) {
    List<String> includes = new ArrayList<>();
    Set<String> namespaces = new TreeSet<>();
    for (int i = 0; i < lines.size(); i++) {
      Matcher include = INCLUDE.matcher(lines.get(i));
      if (include.find()) {
        includes.add(include.group(1));
      }
      Matcher namespace = NAMESPACE.matcher(lines.get(i));
      // a declaration of one class of another part, for a reference to it, opens that part's
      boolean forward = i + 1 < lines.size() && lines.get(i + 1).matches("(struct|class) \\w+;");
      if (namespace.find() && !forward) {
        namespaces.add(namespace.group(1));
      }
    }
    return new Source(includes, namespaces);
  }

  /** What breaks the order, a line each, sorted by file. */
  List<String> violations(Path root) throws IOException {
    SortedMap<String, Source> sources = read(root);
    List<String> found = new ArrayList<>();
    sources.forEach((file, source) -> check(file, source, sources.keySet(), found));
    Set<String> done = new TreeSet<>();
    for (String file : sources.keySet()) {
      findCycle(file, sources, new ArrayList<>(), done, found);
    }
    return found;
  }

  private void check(String file, Source source, Set<String> files, List<String> found) {
    int own = place(file);
    if (own < 0) {
      found.add(file + " is in a folder without a place in the order");
      return;
    }
    Layer layer = layers.get(own);
    for (String namespace : source.namespaces()) {
      if (!namespace.equals(layer.namespace())) {
        found.add(file + " opens namespace " + namespace + ", not " + layer.namespace());
      }
    }
    for (String include : source.includes()) {
      if (OF_THE_TESTS.contains(include)) {
        continue;
      }
      int other = place(include);
      if (!files.contains(include)) {
        found.add(file + " includes " + include + ", which is not there");
      } else if (other > own) {
        found.add(file + " includes " + include + ", which is above it");
      } else if (other >= 0 && areStrangers(layer.folder(), layers.get(other).folder())) {
        String known = layers.get(other).folder();
        found.add(
            file + " includes " + include + ", but " + layer.folder() + " may not know " + known);
      }
    }
  }

  private boolean areStrangers(String folder, String lower) {
    return strangers.getOrDefault(folder, List.of()).stream()
        .anyMatch(start -> lower.equals(start) || lower.startsWith(start + "/"));
  }

  /** The place of a file's folder in the order, or −1. */
  private int place(String file) {
    int slash = file.lastIndexOf('/');
    String folder = slash < 0 ? "" : file.substring(0, slash);
    for (int i = 0; i < layers.size(); i++) {
      if (layers.get(i).folder().equals(folder)) {
        return i;
      }
    }
    return -1;
  }

  private static void findCycle(
      String file,
      Map<String, Source> sources,
      List<String> path,
      Set<String> done,
      List<String> found) {
    int seen = path.indexOf(file);
    if (seen >= 0) {
      List<String> cycle = new ArrayList<>(path.subList(seen, path.size()));
      cycle.add(file);
      found.add(String.join(" -> ", cycle) + " is a cycle");
      return;
    }
    Source source = sources.get(file);
    if (source == null || done.contains(file)) {
      return;
    }
    path.add(file);
    for (String include : source.includes()) {
      findCycle(include, sources, path, done, found);
    }
    path.remove(path.size() - 1);
    done.add(file);
  }
}
