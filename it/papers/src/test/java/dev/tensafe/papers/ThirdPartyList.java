package dev.tensafe.papers;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The two tables of {@code docs/THIRD-PARTY.md}: jars, and libraries in machine code inside them.
 * {@link #faults} holds them against the jars that are shipped. Immutable.
 */
final class ThirdPartyList {
  /** A jar: {@code | `group:artifact` | version | licence taken | remark |}. */
  record Row(String coordinates, String version, String licence, String remark) {}

  /** A library: {@code | `file` | `group:artifact` | licence | what is inside |}. */
  record Library(String file, String coordinates, String licence) {}

  /** Licences that anything shipped may have. */
  static final Set<String> PERMISSIVE =
      Set.of(
          "Apache-2.0",
          "MIT",
          "BSD-2-Clause",
          "BSD-3-Clause",
          "BSL-1.0",
          "CC0-1.0",
          "ISC",
          "Unicode-3.0",
          "blessing",
          "Zlib",
          "Bouncy Castle");

  /**
   * Beyond those, what compiled libraries may contain: run-time libraries of compilers under an
   * exception for whatever is linked with them, and Intel's library of kernels, which may be passed
   * on unchanged.
   */
  private static final Set<String> IN_LIBRARIES =
      Set.of("GPL-3.0-or-later WITH GCC-exception-3.1", "LicenseRef-Intel-Simplified");

  /** What POMs call the licences that we know, by SPDX identifier where there is one. */
  private static final Map<String, String> NAMES =
      Map.ofEntries(
          Map.entry("apache license, version 2.0", "Apache-2.0"),
          Map.entry("the apache license, version 2.0", "Apache-2.0"),
          Map.entry("the apache software license, version 2.0", "Apache-2.0"),
          Map.entry("apache 2.0", "Apache-2.0"),
          Map.entry("apache-2.0", "Apache-2.0"),
          Map.entry("mit", "MIT"),
          Map.entry("the mit license", "MIT"),
          Map.entry("bsd-2-clause", "BSD-2-Clause"),
          Map.entry("public domain, per creative commons cc0", "CC0-1.0"),
          Map.entry("bouncy castle licence", "Bouncy Castle"));

  private static final String UNDECLARED = "POM declares none";

  private final Map<String, Row> rows;
  private final List<Library> libraries;

  private ThirdPartyList(Map<String, Row> rows, List<Library> libraries) {
    this.rows = rows;
    this.libraries = libraries;
  }

  static ThirdPartyList parse(String markdown) {
    Map<String, Row> rows = new LinkedHashMap<>();
    List<Library> libraries = new ArrayList<>();
    for (String line : markdown.split("\n")) {
      if (!line.startsWith("| `")) {
        continue;
      }
      String[] cells = line.split("\\|", -1);
      String first = cells[1].trim().replace("`", "");
      String second = cells[2].trim().replace("`", "");
      if (first.contains(":")) {
        rows.put(first, new Row(first, second, cells[3].trim(), cells[4].trim()));
      } else {
        libraries.add(new Library(first, second, cells[3].trim()));
      }
    }
    return new ThirdPartyList(rows, List.copyOf(libraries));
  }

  /** One sentence per fault; empty when list and jars agree and every licence is allowed. */
  List<String> faults(List<ShippedJar> jars) {
    List<String> faults = new ArrayList<>();
    for (ShippedJar jar : jars) {
      String id = jar.coordinates();
      Row row = rows.get(id);
      if (row == null) {
        faults.add(id + " " + jar.version() + " is shipped and not listed");
        continue;
      }
      if (!row.version().equals(jar.version())) {
        faults.add(id + " is listed as " + row.version() + " and shipped as " + jar.version());
      }
      if (!PERMISSIVE.contains(row.licence())) {
        faults.add(id + ": licence '" + row.licence() + "' is not among those allowed");
      }
      Set<String> declared =
          jar.declared().stream()
              .map(name -> NAMES.getOrDefault(name.toLowerCase(Locale.ROOT), name))
              .collect(Collectors.toCollection(TreeSet::new));
      boolean saysUndeclared = row.remark().contains(UNDECLARED);
      if (declared.isEmpty() != saysUndeclared) {
        faults.add(
            id + ": its POM declares " + declared + ", the remark is '" + row.remark() + "'");
      }
      if (!declared.isEmpty() && !declared.contains(row.licence())) {
        faults.add(id + ": listed under " + row.licence() + ", its POM declares " + declared);
      }
      faults.addAll(libraryFaults(jar));
    }
    Map<String, ShippedJar> shipped =
        jars.stream().collect(Collectors.toMap(ShippedJar::coordinates, Function.identity()));
    for (String id : rows.keySet()) {
      if (!shipped.containsKey(id)) {
        faults.add(id + " is listed and not shipped");
      }
    }
    for (Library library : libraries) {
      ShippedJar jar = shipped.get(library.coordinates());
      if (jar == null || !jar.libraries().contains(library.file())) {
        faults.add(library.file() + " is listed and not in " + library.coordinates());
      }
    }
    return faults;
  }

  private List<String> libraryFaults(ShippedJar jar) {
    List<String> faults = new ArrayList<>();
    for (String file : jar.libraries()) {
      List<Library> listed =
          libraries.stream()
              .filter(l -> l.file().equals(file) && l.coordinates().equals(jar.coordinates()))
              .toList();
      if (listed.isEmpty()) {
        faults.add(file + " in " + jar.coordinates() + " is shipped and not listed");
      }
      for (Library library : listed) {
        for (String licence : library.licence().split(" AND ")) {
          if (!PERMISSIVE.contains(licence) && !IN_LIBRARIES.contains(licence)) {
            faults.add(file + ": licence '" + licence + "' is not among those allowed");
          }
        }
      }
    }
    return faults;
  }
}
