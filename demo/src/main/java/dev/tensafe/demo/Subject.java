package dev.tensafe.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Topics with the words their questions are made of. */
record Subject(Phrases phrases, Wording wording, List<Topic> topics) {
  Subject {
    topics = List.copyOf(topics);
  }

  /** Reads one of this package's resources. */
  static Subject load(String resource) {
    JsonNode root = yaml(resource);
    Map<String, List<String>> words = new HashMap<>();
    root.path("words").properties().forEach(e -> words.put(e.getKey(), texts(e.getValue())));
    List<Topic> topics = new ArrayList<>();
    for (JsonNode node : root.path("topics")) {
      Topic.Kind kind =
          node.path("off").asBoolean()
              ? Topic.Kind.OFF
              : node.path("social").asBoolean() ? Topic.Kind.SOCIAL : Topic.Kind.SUBJECT;
      topics.add(
          new Topic(
              node.path("id").asText(),
              texts(node.path("ask")),
              texts(node.path("name")),
              texts(node.path("do")),
              texts(node.path("answer")),
              node.path("more").textValue(),
              node.path("why").textValue(),
              kind));
    }
    List<List<String>> alike = new ArrayList<>();
    root.path("alike").forEach(group -> alike.add(texts(group)));
    Wording wording = new Wording(alike, texts(root.path("prefaces")), texts(root.path("fillers")));
    return new Subject(new Phrases(words), wording, topics);
  }

  List<Topic> of(Topic.Kind kind) {
    return topics.stream().filter(topic -> topic.kind() == kind).toList();
  }

  static JsonNode yaml(String resource) {
    try (InputStream in = Subject.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("the jar lacks " + resource);
      }
      return new YAMLMapper().readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> texts(JsonNode node) {
    List<String> out = new ArrayList<>();
    node.forEach(entry -> out.add(entry.asText()));
    return out;
  }
}
