package dev.tensafe.demo;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One thing the demo can talk about.
 *
 * @param ask patterns of questions
 * @param name patterns of what it is called, for questions about it
 * @param act patterns of what one may want to do, in the infinitive
 * @param answer answers that are equally good
 * @param more what follows when asked for more, or null
 * @param why what follows when asked why, or null
 * @param kind how often it comes up, and where
 */
record Topic(
    String id,
    List<String> ask,
    List<String> name,
    List<String> act,
    List<String> answer,
    @Nullable String more,
    @Nullable String why,
    Kind kind) {
  enum Kind {
    SUBJECT,
    /** Greetings and the like. */
    SOCIAL,
    /** Questions that the demo should refuse. */
    OFF
  }

  Topic {
    ask = List.copyOf(ask);
    name = List.copyOf(name);
    act = List.copyOf(act);
    answer = List.copyOf(answer);
  }
}
