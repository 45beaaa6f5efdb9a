package dev.tensafe.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Writes dialogues: questions about topics in many wordings, small talk, questions that go back to
 * the answer before, and questions the demo cannot answer. For one thread.
 */
final class DialogueWriter {
  /** One message. */
  record Turn(String role, String content) {}

  private static final List<String> OPENINGS =
      List.of(
          "Hi, ",
          "Hello, ",
          "Please tell me: ",
          "Quick question: ",
          "Hey, ",
          "So, ",
          "Okay, ",
          "And ",
          "Sorry, but ",
          "Now, ",
          "Well, ",
          "One question: ",
          "I wonder: ",
          "Tell me, ",
          "Good morning, ",
          "Just curious: ",
          "Please, ",
          "Another question: ",
          "Then ");
  private static final List<String> CLOSINGS =
      List.of("", "", "", "", "", "", "", " please", ", please", " exactly", " then", " in short");
  private static final List<String> SYSTEM =
      List.of(
          "You are a helpful assistant.",
          "You are a friendly assistant.",
          "Answer shortly.",
          "You help people who use TenSafe.");
  private static final List<String> MORE =
      List.of(
          "tell me more",
          "can you say more",
          "go on",
          "more details",
          "what else",
          "please explain further",
          "more",
          "anything else about that",
          "can you explain that",
          "and how",
          "how",
          "how does that work",
          "how exactly",
          "how so",
          "tell me a little more",
          "in more detail",
          "what does that mean",
          "I want to know more",
          "could you elaborate",
          "anything else",
          "continue",
          "I do not understand that");
  private static final List<String> WHY =
      List.of(
          "why",
          "why is that",
          "and why",
          "why so",
          "what is the reason",
          "how come",
          "why not",
          "but why",
          "for what reason",
          "why does it do that",
          "what for",
          "ok but why",
          "why is it like that");
  private static final List<String> NEXT =
      List.of(
          "and @",
          "what about @",
          "how about @",
          "and what about @",
          "and how about @",
          "ok, and @",
          "also @",
          "then what about @",
          "is it the same with @");

  private final List<Subject> subjects;
  private final List<Double> weights;
  private final BiFunction<String, RandomGenerator, String> manner;
  private final boolean rough;
  private final RandomGenerator random;
  private final Wording wording;
  private final Set<String> heldOut = Question.heldOut();

  /**
   * @param subjects what is talked about; the first one also gives small talk and off-topic
   *     questions
   * @param weights how often each subject comes up
   * @param manner how an answer is said
   * @param rough whether questions about a subject are worded roughly
   */
  DialogueWriter(
      List<Subject> subjects,
      List<Double> weights,
      BiFunction<String, RandomGenerator, String> manner,
      boolean rough,
      RandomGenerator random) {
    this.subjects = List.copyOf(subjects);
    this.weights = List.copyOf(weights);
    this.manner = manner;
    this.rough = rough;
    this.random = random;
    this.wording = subjects.get(0).wording();
  }

  /** The next dialogue. */
  List<Turn> next() {
    List<Turn> turns = new ArrayList<>();
    if (random.nextDouble() < 0.08) {
      turns.add(new Turn("system", Phrases.pick(SYSTEM, random)));
    }
    double length = random.nextDouble();
    int questions = length < 0.5 ? 1 : length < 0.75 ? 2 : length < 0.9 ? 3 : 4;
    Topic last = null;
    for (int i = 0; i < questions; i++) {
      boolean follows = last != null && last.kind() == Topic.Kind.SUBJECT;
      double draw = random.nextDouble();
      if (follows && draw < 0.12) {
        say(turns, () -> decorated(Phrases.pick(MORE, random), false), more(last));
        last = null;
      } else if (follows && last != null && draw < (last.why() == null ? 0.15 : 0.28)) {
        String why = last.why() == null ? more(last) : last.why();
        say(turns, () -> decorated(Phrases.pick(WHY, random), false), why);
        last = null;
      } else {
        Subject subject = subject();
        Topic topic = topic(subject, i == 0);
        boolean first = i == 0;
        say(turns, () -> asked(subject, topic, first), Phrases.pick(topic.answer(), random));
        last = topic;
      }
    }
    return turns;
  }

  private static String more(@Nullable Topic topic) {
    String more = topic == null ? null : topic.more();
    return more == null ? "That is all I know about it." : more;
  }

  private void say(List<Turn> turns, Supplier<String> question, @Nullable String answer) {
    String asked = question.get();
    while (heldOut.contains(Question.bare(asked))) {
      asked = question.get();
    }
    turns.add(new Turn("user", asked));
    turns.add(new Turn("assistant", manner.apply(answer == null ? "" : answer, random)));
  }

  private String asked(Subject subject, Topic topic, boolean first) {
    if (!first && !topic.name().isEmpty() && random.nextDouble() < 0.2) {
      String name = subject.phrases().draw(Phrases.pick(topic.name(), random), random);
      return decorated(Phrases.pick(NEXT, random).replace("@", name), true);
    }
    String question = question(subject.phrases(), topic);
    if (!first && random.nextDouble() < 0.2) {
      question = question.replaceFirst("\\b(TenSafe|tensafe|this server)\\b", "it");
    }
    return decorated(question, topic.kind() != Topic.Kind.SOCIAL);
  }

  /** A question of its own, or a frame that all topics share around its name or an act. */
  private String question(Phrases phrases, Topic topic) {
    double draw = random.nextDouble();
    if (draw < 0.25 && !topic.name().isEmpty()) {
      return framed("{noun-frames}", phrases.draw(Phrases.pick(topic.name(), random), random));
    }
    if (draw > 0.7 && !topic.act().isEmpty()) {
      return framed("{verb-frames}", phrases.draw(Phrases.pick(topic.act(), random), random));
    }
    return phrases.draw(Phrases.pick(topic.ask(), random), random);
  }

  private String framed(String frames, String inside) {
    return subjects.get(0).phrases().draw(frames, random).replace("@", inside);
  }

  private Subject subject() {
    double left = random.nextDouble() * weights.stream().mapToDouble(Double::doubleValue).sum();
    for (int i = 0; i < subjects.size(); i++) {
      left -= weights.get(i);
      if (left < 0) {
        return subjects.get(i);
      }
    }
    return subjects.get(0);
  }

  private Topic topic(Subject subject, boolean first) {
    double draw = random.nextDouble();
    if (subject.equals(subjects.get(0))) {
      if (draw < (first ? 0.07 : 0.05)) {
        return Phrases.pick(subject.of(Topic.Kind.SOCIAL), random);
      }
      if (draw < 0.19) {
        return Phrases.pick(subject.of(Topic.Kind.OFF), random);
      }
    }
    return Phrases.pick(subject.of(Topic.Kind.SUBJECT), random);
  }

  /** As people type: with or without greeting, capital and question mark. */
  private String decorated(String question, boolean framed) {
    String text = framed ? wording.vary(question, random) : question;
    if (framed && rough && random.nextDouble() < 0.65) {
      text = wording.roughen(text, random);
    }
    boolean opened = framed && random.nextDouble() < 0.22;
    if (framed && random.nextDouble() < 0.2) {
      text += Phrases.pick(CLOSINGS, random);
    }
    if (opened) {
      text = Phrases.pick(OPENINGS, random) + text;
    }
    String preface = framed ? wording.preface(random) : "";
    double style = random.nextDouble();
    if (style < 0.68) {
      text = text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
    } else if (style > 0.9) {
      text = text.toLowerCase(Locale.ROOT);
    }
    text = preface + text;
    double mark = random.nextDouble();
    return framed ? text + (mark < 0.8 ? "?" : mark < 0.87 ? "." : "") : text + end(mark);
  }

  private static String end(double mark) {
    return mark < 0.4 ? "?" : mark < 0.6 ? "." : mark < 0.7 ? "!" : "";
  }
}
