package dev.tensafe.papers;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/**
 * A jar of somebody else on a runtime class path, as a local Maven repository keeps it: {@code
 * group/path/artifact/version/artifact-version[-classifier].jar} with the POM beside it.
 *
 * @param coordinates {@code group:artifact}
 * @param declared names of the licences its POM, or the nearest parent that names any, declares;
 *     empty if none does
 * @param libraries file names of the libraries in machine code inside it, for any platform
 */
record ShippedJar(
    String coordinates, String version, List<String> declared, List<String> libraries) {
  private static final Pattern LIBRARY = Pattern.compile(".*\\.(so(\\.[0-9]+)*|dll|dylib|jnilib)");

  /** Every jar of a class path; directories of classes, which are our own modules, are left out. */
  static List<ShippedJar> of(String classPath) {
    return List.of(classPath.trim().split(File.pathSeparator)).stream()
        .filter(entry -> entry.endsWith(".jar"))
        .map(Path::of)
        .filter(jar -> !jar.getFileName().toString().startsWith("tensafe-"))
        .map(ShippedJar::read)
        .toList();
  }

  static ShippedJar read(Path jar) {
    Path versionDirectory = jar.toAbsolutePath().getParent();
    String version = versionDirectory.getFileName().toString();
    String artifact = versionDirectory.getParent().getFileName().toString();
    Path pom = versionDirectory.resolve(artifact + "-" + version + ".pom");
    Element project = parse(pom);
    String group =
        text(project, "groupId")
            .or(() -> child(project, "parent").flatMap(parent -> text(parent, "groupId")))
            .orElseThrow(() -> new IllegalStateException(pom + " has no groupId"));
    Path local = versionDirectory.getParent().getParent();
    for (int i = 0; i < group.split("\\.").length; i++) {
      local = local.getParent();
    }
    return new ShippedJar(group + ":" + artifact, version, licences(local, project), natives(jar));
  }

  private static List<String> licences(Path local, Element project) {
    List<String> names = new ArrayList<>();
    child(project, "licenses")
        .ifPresent(
            all -> {
              for (Element licence : children(all)) {
                names.add(text(licence, "name").orElse("(without a name)"));
              }
            });
    Optional<Element> parent = child(project, "parent");
    if (!names.isEmpty() || parent.isEmpty()) {
      return List.copyOf(names);
    }
    String group = text(parent.get(), "groupId").orElseThrow();
    String artifact = text(parent.get(), "artifactId").orElseThrow();
    String version = text(parent.get(), "version").orElseThrow();
    Path pom =
        local
            .resolve(group.replace('.', '/'))
            .resolve(artifact)
            .resolve(version)
            .resolve(artifact + "-" + version + ".pom");
    return licences(local, parse(pom));
  }

  private static List<String> natives(Path jar) {
    try (ZipFile zip = new ZipFile(jar.toFile())) {
      TreeSet<String> names = new TreeSet<>();
      zip.stream()
          .map(ZipEntry::getName)
          .map(name -> name.substring(name.lastIndexOf('/') + 1))
          .filter(name -> LIBRARY.matcher(name).matches())
          .forEach(names::add);
      return List.copyOf(names);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Element parse(Path pom) {
    try (var in = Files.newInputStream(pom)) {
      DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
      factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
      return factory.newDocumentBuilder().parse(in).getDocumentElement();
    } catch (IOException | SAXException | ParserConfigurationException e) {
      throw new IllegalStateException("cannot read " + pom, e);
    }
  }

  private static List<Element> children(Element element) {
    List<Element> elements = new ArrayList<>();
    NodeList nodes = element.getChildNodes();
    for (int i = 0; i < nodes.getLength(); i++) {
      Node node = nodes.item(i);
      if (node instanceof Element) {
        elements.add((Element) node);
      }
    }
    return elements;
  }

  private static Optional<Element> child(Element element, String name) {
    return children(element).stream().filter(c -> c.getTagName().equals(name)).findFirst();
  }

  private static Optional<String> text(Element element, String name) {
    return child(element, name).map(c -> c.getTextContent().trim());
  }
}
